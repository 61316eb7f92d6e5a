#include "evaluate/pair_source.h"

#include <utility>

#include "evaluate/message.h"
#include "evaluate/operation.h"
#include "evaluate/redacted_values.h"
#include "http/request_traits.h"
#include "replay/target.h"
#include "replay/values.h"

namespace tracerec::evaluate {
namespace {

// Empty for a Unix socket, which has no name that a server would repeat.
Origin origin_of(const schema::Run& run) {
  const auto target = replay::Target::parse(run.target);
  if (!target || !target->unix_path.empty()) return {};
  return {target->authority(), target->tls};
}

bool makes_things(const diff::Pair& pair) {
  const bool succeeded = pair.recorded.status / 100 == 2 || pair.recorded.status / 100 == 3;
  return (pair.method == "POST" || pair.method == "PUT") && succeeded && pair.recorded.status == pair.replayed.status;
}

}  // namespace

PairSource::PairSource(schema::Reader& rows, schema::Reader& bodies, const schema::Run& run,
                       const std::optional<schema::Run>& against)
    : rows_(rows), bodies_(bodies), run_(run), against_(against), mapping_(counterparts_) {}

Result<void> PairSource::load(bool has_writes) {
  has_writes_ = has_writes;
  if (auto loaded = mapping_.load(rows_, bodies_, run_, against_ ? against_->id : 0); !loaded) return loaded;
  target_ = origin_of(run_);
  if (against_) against_target_ = origin_of(*against_);
  const auto recording = rows_.recording(run_.recording_id);
  if (!recording) return recording.error();
  recording_is_replaced_ = *recording && (*recording)->secrets == schema::Secrets::kReplaced;
  rules_ = redact::rules_in_options(*recording ? (*recording)->options : std::string(), redact::Kept::kStays);
  auto unresolved = find_unresolved(rows_, run_);
  if (!unresolved) return unresolved.error();
  unresolved_ = std::move(*unresolved);
  return {};
}

Result<diff::Pair> PairSource::pair_of(const schema::StoredExchange& exchange, const schema::StoredResponse& response) {
  diff::Pair pair;
  pair.exchange_id = exchange.id;
  pair.method = exchange.method;
  pair.target = exchange.target;
  auto operation = operation_of(bodies_, exchange);
  if (!operation) return operation.error();
  pair.operation = std::move(operation->name);
  const bool open_ended = schema::is_open_ended(exchange);
  pair.recorded_complete = exchange.complete || open_ended;
  note_secrets(exchange, pair);
  pair.failure = response.failure;
  pair.needs_exchange = response.failure.empty() ? 0 : unresolved_.root_of(exchange.id);
  pair.is_needed = unresolved_.root_ids.contains(exchange.id);
  auto recorded = read_message(bodies_, exchange.response_head, exchange.response_body, exchange.started_unix_ns);
  if (!recorded) return recorded.error();
  pair.recorded = std::move(*recorded);
  pair.recorded.interim = interim_codes(exchange.interim);
  if (schema::has_note(exchange.notes, "as_http1")) pair.recorded.version.clear();  // which one it was, the file hides
  pair.recorded.open_ended = open_ended;
  std::string baseline_head = exchange.response_head;
  if (auto taken = take_against(exchange.id, pair, baseline_head); !taken) return taken.error();
  if (!pair.failure.empty()) return pair;
  const std::int64_t at_unix_ns = run_.started_unix_ns + response.sent_ns;
  auto replayed = read_message(bodies_, response.response_head, response.response_body, at_unix_ns);
  if (!replayed) return replayed.error();
  pair.replayed = std::move(*replayed);
  pair.replayed.interim = interim_codes_of_run(response.interim);
  pair.replayed.open_ended = open_ended;
  if (http::may_write(pair.method)) {
    auto request = request_of(exchange);
    if (!request) return request.error();
    pair.request = std::move(*request);
  }
  shared_cookies_.check(exchange, pair);
  if (makes_things(pair)) mapping_.learn_made_ids(baseline_head, response.response_head, pair);
  if (has_writes_) mapping_.learn_same_ids(baseline_head, response.response_head, pair);
  mapping_.apply(baseline_head, response.response_head, pair.recorded, pair.replayed);
  map_names(exchange, pair);
  if (pair.recorded_is_redacted) pair.redacted_values = redacted_values(pair.recorded, rules_);
  return pair;
}

// Runs of one command have one key: their pseudonyms are compared like the secrets themselves.
void PairSource::note_secrets(const schema::StoredExchange& exchange, diff::Pair& pair) const {
  const bool replaced = run_.secrets == schema::Secrets::kReplaced;
  if (against_) {
    const bool together = run_.baseline_run_id == against_->id || run_.recheck_of == against_->id ||
                          (run_.recheck_of != 0 && run_.recheck_of == against_->recheck_of);
    const bool both = replaced && against_->secrets == schema::Secrets::kReplaced;
    pair.both_are_redacted = both && !together;
    pair.recorded_is_redacted =
        pair.both_are_redacted || (replaced != (against_->secrets == schema::Secrets::kReplaced));
    return;
  }
  pair.recorded_is_redacted = replaced || schema::has_note(exchange.notes, "redacted");
  pair.both_are_redacted = replaced && recording_is_replaced_;
}

// Its content, without codings. Empty when it is long, cannot be decoded or was not captured whole.
Result<std::string> PairSource::request_of(const schema::StoredExchange& exchange) {
  constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 10;
  if (!exchange.request_body.whole() || exchange.request_body.captured_bytes > kMostBytes) return std::string();
  auto wire = bodies_.load_body(exchange.request_body, kMostBytes);
  if (!wire) return wire.error();
  std::string buffer;
  const auto content = replay::content_of(exchange.request_head, *wire, true, buffer);
  return content ? std::string(*content) : std::string();
}

void PairSource::map_names(const schema::StoredExchange& exchange, diff::Pair& pair) const {
  if (target_.authority.empty()) return;
  const std::vector<std::string> of_baseline =
      against_ ? std::vector{against_target_.authority} : authorities_of(exchange.request_head);
  map_own_authority(of_baseline, target_, pair.recorded, pair.replayed);
}

// The response of the other run takes the place of the recorded one; where that run has none, there is no baseline.
Result<void> PairSource::take_against(schema::RowId exchange_id, diff::Pair& pair, std::string& head) {
  if (!against_) return {};
  against_times_ = {};
  auto other = bodies_.response(against_->id, exchange_id);
  if (!other) return other.error();
  pair.baseline_failed = !other->has_value() || !(*other)->failure.empty();
  if (pair.baseline_failed) return {};
  against_times_ = times_of(**other);
  const std::int64_t at_unix_ns = against_->started_unix_ns + (*other)->sent_ns;
  auto message = read_message(bodies_, (*other)->response_head, (*other)->response_body, at_unix_ns);
  if (!message) return message.error();
  const bool open_ended = pair.recorded.open_ended;
  pair.recorded = std::move(*message);
  pair.recorded.open_ended = open_ended;
  pair.recorded.interim = interim_codes_of_run((*other)->interim);
  pair.recorded_complete = true;
  head = std::move((*other)->response_head);
  return {};
}

gate::Times times_of(const schema::StoredResponse& response) {
  return {response.duration_ns, response.ttfb_ns, response.sent_ns - response.intended_ns};
}

}  // namespace tracerec::evaluate
