#include "evaluate/evidence.h"

#include <utility>
#include <vector>

#include "evaluate/equal_requests.h"
#include "evaluate/message.h"
#include "evaluate/operation.h"
#include "http/request_traits.h"

namespace tracerec::evaluate {
namespace {

bool is_outgoing(const schema::StoredExchange& exchange) {
  return schema::has_note(exchange.notes, "outgoing");
}

}  // namespace

Evidence::Evidence(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run, const diff::Rules& rules)
    : rows_(rows),
      bodies_(bodies),
      run_(run),
      endpoints_(rules.endpoints),
      noise_(&endpoints_, &rules),
      state_(&endpoints_, &rules) {}

Result<void> Evidence::learn() {
  if (auto learned = learn_endpoints(); !learned) return learned;
  if (auto learned = learn_duplicates(); !learned) return learned;
  return learn_rechecks();
}

Result<void> Evidence::learn_endpoints() {
  return rows_.for_each_exchange(run_.recording_id, [&](const schema::StoredExchange& exchange) {
    if (is_outgoing(exchange)) return true;
    endpoints_.learn(exchange.method, exchange.target);
    has_writes_ = has_writes_ || http::may_write(exchange.method);
    return true;
  });
}

// Equal requests that met the same state show what varies on its own. What the first members of two groups show besides
// is what writes changed.
Result<void> Evidence::learn_duplicates() {
  EqualRequests equal(bodies_);
  Result<void> outcome;
  std::string fields;  // of the first exchange of the request
  std::int64_t request = -1, group = -1;
  const auto learn_one = [&](const schema::Duplicate& one) {
    const std::string own = selecting_fields(one.exchange.request_head);
    const bool new_request = static_cast<std::int64_t>(one.request) != request;
    if (new_request) fields = own;
    request = static_cast<std::int64_t>(one.request);
    if (own != fields) return true;  // has its hash only
    const bool new_group = static_cast<std::int64_t>(one.group) != group;
    group = static_cast<std::int64_t>(one.group);
    outcome = learn_recorded(one, new_group);
    return outcome.has_value();
  };
  auto visited = rows_.for_each_duplicate(
      run_.recording_id, {}, [&](const schema::RequestEvent& event) { return equal.key_of(event); }, learn_one);
  if (!equal.outcome()) return equal.outcome();
  return visited ? outcome : visited;
}

Result<void> Evidence::learn_recorded(const schema::Duplicate& one, bool is_first) {
  const schema::StoredExchange& exchange = one.exchange;
  auto message = read_message(bodies_, exchange.response_head, exchange.response_body, exchange.started_unix_ns);
  if (!message) return message.error();
  auto operation = operation_of(bodies_, exchange);
  if (!operation) return operation.error();
  diff::DuplicateMember member;
  member.group_id = static_cast<std::int64_t>(one.group);
  member.method = exchange.method;
  member.target = exchange.target;
  member.operation = std::move(operation->name);
  member.response = std::move(*message);
  if (is_first) {
    diff::DuplicateMember across = member;
    across.group_id = static_cast<std::int64_t>(one.request);
    state_.learn(std::move(across));
  }
  noise_.learn(std::move(member));
  return {};
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
  message->open_ended = schema::is_open_ended(exchange);
  auto operation = operation_of(bodies_, exchange);
  if (!operation) return operation.error();
  // Ids below 0: groups of the recording count from there.
  noise_.learn({-exchange.id, exchange.method, exchange.target, std::move(*message), run_.baseline_run_id == 0,
                std::move(operation->name)});
  return {};
}

}  // namespace tracerec::evaluate
