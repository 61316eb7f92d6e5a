#include "record/trace_sink.h"

#include <algorithm>
#include <utility>

namespace tracerec::record {
namespace {

// A body that was held back and one event's worth of bytes may be longer than that.
constexpr std::size_t kLongestPartBytes = 1 << 20;

}  // namespace

TraceSink::TraceSink(schema::Store& store, Options options)
    : store_(store), options_(std::move(options)), redaction_(options_.redactor), budget_(options_.memory_bytes) {}

PendingExchange TraceSink::begin(std::string_view method, std::string_view target, std::string_view head) {
  PendingExchange pending;
  pending.row.recording_id = options_.recording_id;
  pending.row.method = method;
  pending.row.target = target;
  pending.taken_bytes = head.size();
  if (!options_.filter.accepts(method, target)) {
    pending.dropped = Skip::kFiltered;
    return pending;
  }
  pending.row.request_head = head;
  redaction_.on_request_head(pending);
  return pending;
}

void TraceSink::add_response_head(PendingExchange& pending, std::string_view head) {
  pending.taken_bytes += head.size();
  if (pending.dropped != Skip::kNone) return;
  pending.row.response_head = head;
  redaction_.on_response_head(pending);
}

void TraceSink::add_interim_head(PendingExchange& pending, std::string_view head) {
  pending.taken_bytes += head.size();
  if (pending.dropped != Skip::kNone) return;
  pending.row.interim.append(head);
  redaction_.on_interim_head(pending, head.size());
}

void TraceSink::append(PendingExchange& pending, schema::BodyIn& body, std::string_view bytes) {
  const std::uint64_t room = options_.max_body_bytes - std::min(options_.max_body_bytes, body.wire_bytes);
  body.wire_bytes += bytes.size();
  if (bytes.size() > room) {
    skip(Skip::kMaxBody, bytes.size() - room, pending.cut ? 0 : 1);
    pending.cut = true;
    bytes = bytes.substr(0, room);
  }
  pending.taken_bytes += bytes.size();
  if (pending.dropped != Skip::kNone) return;
  if (pending.starved(body)) return starve(pending, body, bytes.size());
  redact::BodyGuard* guard = pending.guard_of(body);
  const std::size_t before = body.bytes.size();
  if (guard == nullptr) {
    body.bytes.append(bytes);
  } else {
    guard->append(bytes, body.bytes);
  }
  budget_.change(pending.held_bytes, before, body.bytes.size());
  if (guard != nullptr && guard->holding()) return;
  if (body.bytes.size() >= budget_.part_bytes()) submit_parts(pending, body, 0);
}

// The queue has no room for these bytes of a body, nor may any that follow them be stored: what there is stays its
// beginning. The exchange is incomplete.
void TraceSink::starve(PendingExchange& pending, const schema::BodyIn& body, std::uint64_t bytes) {
  pending.starved(body) = true;
  skip(Skip::kQueueFull, bytes, 0);  // its exchange is among the incomplete ones
  pending.taken_bytes -= bytes;
}

// Hands over what there is of a body, less the last bytes when they are no more than `keep_bytes`.
void TraceSink::submit_parts(PendingExchange& pending, schema::BodyIn& body, std::size_t keep_bytes) {
  if (body.bytes.size() <= keep_bytes) return;
  budget_.release(pending.held_bytes, std::min<std::uint64_t>(pending.held_bytes, body.bytes.size()));
  const std::uint64_t key = body.stream_key == 0 ? next_stream_key_++ : body.stream_key;
  std::string bytes = std::exchange(body.bytes, {});
  const std::size_t all = bytes.size();
  for (std::size_t at = 0; at < all; at += kLongestPartBytes) {
    const std::size_t size = std::min(kLongestPartBytes, all - at);
    std::string part = size == all ? std::exchange(bytes, {}) : bytes.substr(at, size);
    if (!store_.submit(schema::BodyPart{key, std::move(part)})) return starve(pending, body, all - at);
    body.stream_key = key;
    pending.parted_bytes += size;
  }
}

bool TraceSink::wants_port(std::uint16_t port) const {
  return options_.ports.empty() ||
         std::find(options_.ports.begin(), options_.ports.end(), port) != options_.ports.end();
}

// From here on the exchange is only counted: it shall be missing as a whole rather than in pieces.
void TraceSink::drop(PendingExchange& pending, Skip reason) {
  pending.dropped = reason;
  budget_.release(pending.held_bytes, pending.held_bytes);
  discard_parts(pending);
  pending.request_guard.reset();
  pending.response_guard.reset();
  pending.row.request_body.bytes.clear();
  pending.row.response_body.bytes.clear();
}

void TraceSink::discard_parts(PendingExchange& pending) {
  for (const std::uint64_t key : {pending.row.request_body.stream_key, pending.row.response_body.stream_key}) {
    if (key != 0) discards_.push_back(key);
  }
  while (!discards_.empty() && store_.submit(schema::BodyDiscard{discards_.back()})) discards_.pop_back();
}

bool TraceSink::submit_connection(schema::Connection& connection, bool& stored) {
  if (stored) return true;
  connection.recording_id = options_.recording_id;
  stored = store_.submit(connection);
  if (stored) rows_.add(WrittenRows::Kind::kConnection, 0);
  return stored;
}

void TraceSink::finish(PendingExchange&& pending, schema::Connection& connection, bool& connection_stored) {
  if (pending.dropped == Skip::kNone && limit_reached()) drop(pending, Skip::kLimit);
  if (pending.dropped != Skip::kNone) return skip(pending.dropped, pending.taken_bytes);
  budget_.release(pending.held_bytes, pending.held_bytes);
  redaction_.finish(pending);
  pending.row.connection_id = connection.id;
  pending.row.id = options_.next.exchange;
  for (schema::BodyIn* body : {&pending.row.request_body, &pending.row.response_body}) {
    if (!pending.starved(*body)) submit_parts(pending, *body, body->stream_key == 0 ? BodyBudget::kPartBytes : 0);
  }
  if (pending.request_starved || pending.response_starved) {
    pending.notes.add(Note::kQueueFull);
    pending.row.complete = false;
  }
  pending.row.notes = pending.notes.text();
  const std::uint64_t bytes = pending.stored_bytes();
  const bool complete = pending.row.complete;
  const schema::RowId id = pending.row.id;
  const bool is_open_ended = pending.notes.has(Note::kOpenEnded);
  if (keeps_last_request_)
    last_request_ = pending.row.method + " " + pending.row.target.substr(0, pending.row.target.find_first_of("?#"));
  if (!submit_connection(connection, connection_stored) || !store_.submit(std::move(pending.row))) {
    drop(pending, Skip::kQueueFull);
    return skip(pending.dropped, pending.taken_bytes);
  }
  ++options_.next.exchange;
  count_stored(pending, bytes);
  using Kind = WrittenRows::Kind;
  rows_.add(complete ? Kind::kComplete : is_open_ended ? Kind::kOpenEnded : Kind::kIncomplete, bytes);
  if (complete) return;
  (is_open_ended ? counts_.open_ended : counts_.incomplete).add(bytes);
  if (pending.notes.has(Note::kSplice)) counts_.spliced.add(id);
}

// `bytes` were measured on the row; what was taken from the connection is counted apart (imbalance() in ledger.cc).
void TraceSink::count_stored(const PendingExchange& pending, std::uint64_t bytes) {
  counts_.stored.add(bytes);
  const RedactionCounts& redaction = pending.redaction;
  counts_.redacted.count += redaction.replaced.values;
  counts_.redacted.bytes += redaction.replaced.bytes;
  if (redaction.withheld_bytes > 0) skip(Skip::kWithheld, redaction.withheld_bytes);
  counts_.reencoded_before.count += redaction.reencoded;
  counts_.reencoded_before.bytes += redaction.reencoded_before_bytes;
  counts_.reencoded_after.count += redaction.reencoded;
  counts_.reencoded_after.bytes += redaction.reencoded_after_bytes;
}

void TraceSink::store_opaque(schema::Opaque&& row, redact::LinesState& lines, schema::Connection& connection,
                             bool& connection_stored) {
  const std::uint64_t taken = row.bytes.size();
  const redact::Replaced replaced = redaction_.on_opaque(row, lines);
  const std::uint64_t bytes = row.bytes.size();
  row.recording_id = options_.recording_id;
  row.connection_id = connection.id;
  if (!submit_connection(connection, connection_stored) || !store_.submit(std::move(row))) {
    return skip(Skip::kQueueFull, taken);
  }
  rows_.add(WrittenRows::Kind::kOpaque, bytes);
  counts_.opaque.add(bytes);
  counts_.redacted.count += replaced.values;
  counts_.redacted.bytes += replaced.bytes;
  if (bytes < taken) skip(Skip::kWithheld, taken - bytes);
}

}  // namespace tracerec::record
