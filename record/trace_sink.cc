#include "record/trace_sink.h"

#include <algorithm>
#include <utility>

namespace tracerec::record {
namespace {

// A body longer than this leaves memory in pieces of this size; of the smaller size when many wait at a time.
constexpr std::size_t kPartBytes = 128 << 10;
constexpr std::size_t kSmallPartBytes = 8 << 10;
// A body that was held back and one event's worth of bytes may be longer than that.
constexpr std::size_t kLongestPartBytes = 1 << 20;

}  // namespace

const char* skip_key(Skip reason) {
  switch (reason) {
    case Skip::kOutgoing:
      return "skipped.outgoing";
    case Skip::kUnsynced:
      return "skipped.unsynced";
    case Skip::kDuplicate:
      return "skipped.duplicate";
    case Skip::kFiltered:
      return "skipped.filtered";
    case Skip::kLimit:
      return "skipped.limit";
    case Skip::kMaxBody:
      return "skipped.max_body";
    case Skip::kOpaqueLimit:
      return "skipped.opaque_limit";
    case Skip::kWithheld:
      return "skipped.withheld";
    case Skip::kCiphertext:
      return "skipped.ciphertext";
    case Skip::kQueueFull:
      return "lost.queue_full";
    case Skip::kWriteError:
      return "lost.write_error";
    case Skip::kNone:
    case Skip::kCount:
      break;
  }
  return "skipped.none";
}

void PendingExchange::note(std::string_view word) {
  if (row.notes.find(word) != std::string::npos) return;
  if (!row.notes.empty()) row.notes += ',';
  row.notes += word;
}

std::uint64_t PendingExchange::stored_bytes() const {
  return row.request_head.size() + row.interim.size() + row.response_head.size() + row.request_body.bytes.size() +
         row.response_body.bytes.size() + parted_bytes;
}

TraceSink::TraceSink(schema::Store& store, Options options) : store_(store), options_(std::move(options)) {}

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
  if (options_.redactor != nullptr) {
    pending.request_guard = options_.redactor->redact_request_head(pending.row.request_head, pending.row.target);
    pending.replaced += options_.redactor->take_replaced();
  }
  return pending;
}

void TraceSink::add_response_head(PendingExchange& pending, std::string_view head) {
  pending.taken_bytes += head.size();
  if (pending.dropped != Skip::kNone) return;
  pending.row.response_head = head;
  if (options_.redactor == nullptr) return;
  pending.response_guard = options_.redactor->redact_response_head(pending.row.response_head);
  pending.replaced += options_.redactor->take_replaced();
}

void TraceSink::add_interim_head(PendingExchange& pending, std::string_view head) {
  pending.taken_bytes += head.size();
  if (pending.dropped != Skip::kNone) return;
  pending.row.interim.append(head);
  if (options_.redactor == nullptr) return;
  options_.redactor->redact_interim_head(Bytes(pending.row.interim).last(head.size()));
  pending.replaced += options_.redactor->take_replaced();
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
  BodyGuard* guard = (&body == &pending.row.request_body ? pending.request_guard : pending.response_guard).get();
  const std::size_t before = body.bytes.size();
  if (guard == nullptr) {
    body.bytes.append(bytes);
  } else {
    guard->append(bytes, body.bytes);
  }
  hold(pending, before, body.bytes.size());
  if (guard != nullptr && guard->holding()) return;
  if (body.bytes.size() >= part_bytes() && !submit_parts(pending, body, 0)) drop(pending, Skip::kQueueFull);
}

// Hands over what there is of a body, less the last bytes when they are no more than `keep_bytes`.
bool TraceSink::submit_parts(PendingExchange& pending, schema::BodyIn& body, std::size_t keep_bytes) {
  if (body.bytes.size() <= keep_bytes) return true;
  release(pending, std::min<std::uint64_t>(pending.held_bytes, body.bytes.size()));
  if (body.stream_key == 0) body.stream_key = next_stream_key_++;
  for (std::size_t at = 0; at < body.bytes.size(); at += kLongestPartBytes) {
    const bool all = at == 0 && body.bytes.size() <= kLongestPartBytes;
    std::string part = all ? std::move(body.bytes) : body.bytes.substr(at, kLongestPartBytes);
    const std::size_t size = part.size();
    if (!store_.submit(schema::BodyPart{body.stream_key, std::move(part)})) return false;
    pending.parted_bytes += size;
    if (all) break;
  }
  body.bytes.clear();
  return true;
}

std::size_t TraceSink::part_bytes() const {
  return held_bytes_ > options_.memory_bytes ? kSmallPartBytes : kPartBytes;
}

// What is in memory of a body has changed; a guard may also have let go of it.
void TraceSink::hold(PendingExchange& pending, std::uint64_t bytes_before, std::uint64_t bytes_now) {
  pending.held_bytes = pending.held_bytes + bytes_now - bytes_before;
  held_bytes_ = held_bytes_ + bytes_now - bytes_before;
}

void TraceSink::release(PendingExchange& pending, std::uint64_t bytes) {
  pending.held_bytes -= bytes;
  held_bytes_ -= bytes;
}

bool TraceSink::wants_port(std::uint16_t port) const {
  return options_.ports.empty() ||
         std::find(options_.ports.begin(), options_.ports.end(), port) != options_.ports.end();
}

// From here on the exchange is only counted: it shall be missing as a whole rather than in pieces.
void TraceSink::drop(PendingExchange& pending, Skip reason) {
  pending.dropped = reason;
  release(pending, pending.held_bytes);
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
  if (stored) ++counts_.connections;
  return stored;
}

BodyGuard::Outcome TraceSink::finish_body(PendingExchange& pending, bool is_request) {
  BodyGuard* guard = (is_request ? pending.request_guard : pending.response_guard).get();
  if (guard == nullptr) return {};
  schema::BodyIn& body = is_request ? pending.row.request_body : pending.row.response_body;
  std::string& head = is_request ? pending.row.request_head : pending.row.response_head;
  const bool whole = is_request ? pending.request_done : pending.response_done;
  const BodyGuard::Outcome outcome = guard->finish(whole, head, is_request, body);
  if (outcome.withheld_bytes > 0) {
    pending.note("withheld");
    pending.row.complete = false;
  }
  if (outcome.reencoded_before > 0) pending.note("reencoded");
  return outcome;
}

void TraceSink::finish_redaction(PendingExchange& pending) {
  for (const bool is_request : {true, false}) {
    const BodyGuard::Outcome outcome = finish_body(pending, is_request);
    pending.withheld_bytes += outcome.withheld_bytes;
    pending.reencoded += outcome.reencoded_before > 0 ? 1U : 0U;
    pending.reencoded_before_bytes += outcome.reencoded_before;
    pending.reencoded_after_bytes += outcome.reencoded_after;
  }
  pending.request_guard.reset();
  pending.response_guard.reset();
  pending.replaced += options_.redactor->take_replaced();
  if (pending.replaced.values > 0) pending.note("redacted");
}

void TraceSink::finish(PendingExchange&& pending, schema::Connection& connection, bool& connection_stored) {
  if (pending.dropped == Skip::kNone && limit_reached()) drop(pending, Skip::kLimit);
  if (pending.dropped != Skip::kNone) return skip(pending.dropped, pending.taken_bytes);
  release(pending, pending.held_bytes);
  if (options_.redactor != nullptr) finish_redaction(pending);
  pending.row.connection_id = connection.id;
  pending.row.id = options_.next.exchange;
  bool taken = true;
  for (schema::BodyIn* body : {&pending.row.request_body, &pending.row.response_body}) {
    taken = taken && submit_parts(pending, *body, body->stream_key == 0 ? kPartBytes : 0);
  }
  const std::uint64_t bytes = pending.stored_bytes();
  const bool complete = pending.row.complete;
  if (!taken || !submit_connection(connection, connection_stored) || !store_.submit(std::move(pending.row))) {
    drop(pending, Skip::kQueueFull);
    return skip(pending.dropped, pending.taken_bytes);
  }
  ++options_.next.exchange;
  count_stored(pending, bytes);
  if (complete) return;
  ++counts_.incomplete.count;
  counts_.incomplete.bytes += bytes;
}

// `bytes` were measured on the row; what was taken from the connection is counted apart (imbalance() in ledger.cc).
void TraceSink::count_stored(const PendingExchange& pending, std::uint64_t bytes) {
  ++counts_.stored.count;
  counts_.stored.bytes += bytes;
  counts_.redacted.count += pending.replaced.values;
  counts_.redacted.bytes += pending.replaced.bytes;
  if (pending.withheld_bytes > 0) skip(Skip::kWithheld, pending.withheld_bytes);
  counts_.reencoded_before.count += pending.reencoded;
  counts_.reencoded_before.bytes += pending.reencoded_before_bytes;
  counts_.reencoded_after.count += pending.reencoded;
  counts_.reencoded_after.bytes += pending.reencoded_after_bytes;
}

std::size_t TraceSink::opaque_row_bytes(std::string_view gathered) const {
  return options_.redactor == nullptr ? gathered.size() : whole_lines(gathered);
}

void TraceSink::store_opaque(schema::Opaque&& row, LinesState& lines, schema::Connection& connection,
                             bool& connection_stored) {
  const std::uint64_t taken = row.bytes.size();
  Replaced replaced;
  if (options_.redactor != nullptr) {
    if (!options_.redactor->redact_opaque(row.bytes, row.reason, lines)) row.bytes.clear();
    replaced = options_.redactor->take_replaced();
  }
  const std::uint64_t bytes = row.bytes.size();
  row.recording_id = options_.recording_id;
  row.connection_id = connection.id;
  if (!submit_connection(connection, connection_stored) || !store_.submit(std::move(row))) {
    return skip(Skip::kQueueFull, taken);
  }
  ++counts_.opaque.count;
  counts_.opaque.bytes += bytes;
  counts_.redacted.count += replaced.values;
  counts_.redacted.bytes += replaced.bytes;
  if (bytes < taken) skip(Skip::kWithheld, taken - bytes);
}

void TraceSink::skip(Skip reason, std::uint64_t bytes, std::uint64_t count) {
  SinkCounts::Pair& pair = counts_.skipped[static_cast<std::size_t>(reason)];
  pair.count += count;
  pair.bytes += bytes;
}

}  // namespace tracerec::record
