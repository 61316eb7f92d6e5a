#include "evaluate/evidence.h"

#include <utility>
#include <vector>

#include "evaluate/message.h"

namespace tracerec::evaluate {
namespace {

// Enough evidence to learn noise from, at a bounded price.
constexpr std::size_t kDuplicateGroups = 500;
constexpr std::size_t kDuplicatesPerGroup = 5;

bool is_outgoing(const schema::StoredExchange& exchange) {
  return schema::has_note(exchange.notes, "outgoing");
}

}  // namespace

Evidence::Evidence(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run, const diff::Rules& rules)
    : rows_(rows), bodies_(bodies), run_(run), endpoints_(rules.endpoints), noise_(&endpoints_, &rules) {}

Result<void> Evidence::learn() {
  if (auto learned = learn_endpoints(); !learned) return learned;
  if (auto learned = learn_duplicates(); !learned) return learned;
  return learn_rechecks();
}

Result<void> Evidence::learn_endpoints() {
  return rows_.for_each_exchange(run_.recording_id, [&](const schema::StoredExchange& exchange) {
    if (!is_outgoing(exchange)) endpoints_.learn(exchange.method, exchange.target);
    return true;
  });
}

Result<void> Evidence::learn_duplicates() {
  Result<void> outcome;
  const auto learn_one = [&](std::size_t group, const schema::StoredExchange& exchange) {
    if (is_outgoing(exchange)) return true;
    auto message = read_message(bodies_, exchange.response_head, exchange.response_body, exchange.started_unix_ns);
    if (!message) {
      outcome = message.error();
    } else {
      noise_.learn({static_cast<std::int64_t>(group), exchange.method, exchange.target, std::move(*message)});
    }
    return outcome.has_value();
  };
  auto visited = rows_.for_each_duplicate(run_.recording_id, kDuplicateGroups, kDuplicatesPerGroup, learn_one);
  return visited ? outcome : visited;
}

// What was re-sent after the run, twice: both responses met the same state.
Result<void> Evidence::learn_rechecks() {
  const auto runs = rows_.rechecks_of(run_.id);
  if (!runs) return runs.error();
  for (std::size_t i = 0; i + 1 < runs->size(); i += 2) {
    if (auto learned = learn_twins((*runs)[i], (*runs)[i + 1]); !learned) return learned;
  }
  return {};
}

Result<void> Evidence::learn_twins(const schema::Run& first, const schema::Run& second) {
  Result<void> outcome;
  const auto learn_both = [&](const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
    auto twin = bodies_.response(second.id, exchange.id);
    outcome = twin ? Result<void>() : twin.error();
    if (!outcome || !twin->has_value()) return outcome.has_value();
    ++rechecked_.exchanges;
    if (!response.failure.empty() || !(*twin)->failure.empty()) return true;
    ++rechecked_.answered;
    outcome = learn_resent(exchange, first, response);
    if (outcome) outcome = learn_resent(exchange, second, **twin);
    return outcome.has_value();
  };
  auto visited = rows_.for_each_response(first.id, learn_both);
  return visited ? outcome : visited;
}

Result<void> Evidence::learn_resent(const schema::StoredExchange& exchange, const schema::Run& run,
                                    const schema::StoredResponse& response) {
  const std::int64_t at_unix_ns = run.started_unix_ns + response.sent_ns;
  auto message = read_message(bodies_, response.response_head, response.response_body, at_unix_ns);
  if (!message) return message.error();
  // Ids below 0: groups of the recording count from there.
  noise_.learn({-exchange.id, exchange.method, exchange.target, std::move(*message), run_.baseline_run_id == 0});
  return {};
}

}  // namespace tracerec::evaluate
