#include "record/trace_sink.h"

#include <algorithm>
#include <utility>

namespace tracerec::record {
namespace {

// A body longer than this leaves memory in pieces of this size; of the smaller size when many wait at a time.
constexpr std::size_t kPartBytes = 128 << 10;
constexpr std::size_t kSmallPartBytes = 8 << 10;

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

void Draft::note(std::string_view word) {
  if (row.notes.find(word) != std::string::npos) return;
  if (!row.notes.empty()) row.notes += ',';
  row.notes += word;
}

TraceSink::TraceSink(schema::Store& store, Options options) : store_(store), options_(std::move(options)) {}

Draft TraceSink::begin(std::string_view method, std::string_view target, std::string_view head) {
  Draft draft;
  draft.row.recording_id = options_.recording_id;
  draft.row.method = method;
  draft.row.target = target;
  draft.taken_bytes = head.size();
  if (!options_.filter.accepts(method, target)) {
    draft.dropped = Skip::kFiltered;
  } else {
    draft.row.request_head = head;
  }
  return draft;
}

void TraceSink::append(Draft& draft, schema::BodyIn& body, std::string_view bytes) {
  const std::uint64_t room = options_.max_body_bytes - std::min(options_.max_body_bytes, body.wire_bytes);
  body.wire_bytes += bytes.size();
  if (bytes.size() > room) {
    skip(Skip::kMaxBody, bytes.size() - room, draft.cut ? 0 : 1);
    draft.cut = true;
    bytes = bytes.substr(0, room);
  }
  draft.taken_bytes += bytes.size();
  if (draft.dropped != Skip::kNone) return;
  body.bytes.append(bytes);
  draft.held_bytes += bytes.size();
  held_bytes_ += bytes.size();
  if (body.bytes.size() < part_bytes()) return;
  if (body.stream_key == 0) body.stream_key = next_stream_key_++;
  release(draft, body.bytes.size());
  if (!store_.submit(schema::BodyPart{body.stream_key, std::exchange(body.bytes, {})})) drop(draft, Skip::kQueueFull);
}

std::size_t TraceSink::part_bytes() const {
  return held_bytes_ > options_.memory_bytes ? kSmallPartBytes : kPartBytes;
}

void TraceSink::release(Draft& draft, std::uint64_t bytes) {
  draft.held_bytes -= bytes;
  held_bytes_ -= bytes;
}

bool TraceSink::wants_port(std::uint16_t port) const {
  return options_.ports.empty() ||
         std::find(options_.ports.begin(), options_.ports.end(), port) != options_.ports.end();
}

// From here on the exchange is only counted: it shall be missing as a whole rather than in pieces.
void TraceSink::drop(Draft& draft, Skip reason) {
  draft.dropped = reason;
  release(draft, draft.held_bytes);
  discard_parts(draft);
  draft.row.request_body.bytes.clear();
  draft.row.response_body.bytes.clear();
}

void TraceSink::discard_parts(Draft& draft) {
  for (const std::uint64_t key : {draft.row.request_body.stream_key, draft.row.response_body.stream_key}) {
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

void TraceSink::finish(Draft&& draft, schema::Connection& connection, bool& connection_stored) {
  if (draft.dropped == Skip::kNone && limit_reached()) drop(draft, Skip::kLimit);
  if (draft.dropped != Skip::kNone) return skip(draft.dropped, draft.taken_bytes);
  release(draft, draft.held_bytes);
  draft.row.connection_id = connection.id;
  draft.row.id = options_.next.exchange;
  for (schema::BodyIn* body : {&draft.row.request_body, &draft.row.response_body}) {
    if (body->stream_key == 0 || body->bytes.empty()) continue;
    if (!store_.submit(schema::BodyPart{body->stream_key, std::move(body->bytes)})) {
      drop(draft, Skip::kQueueFull);
      return skip(draft.dropped, draft.taken_bytes);
    }
  }
  const bool complete = draft.row.complete;
  if (!submit_connection(connection, connection_stored) || !store_.submit(std::move(draft.row))) {
    drop(draft, Skip::kQueueFull);
    return skip(draft.dropped, draft.taken_bytes);
  }
  ++options_.next.exchange;
  ++counts_.stored.count;
  counts_.stored.bytes += draft.taken_bytes;
  if (complete) return;
  ++counts_.incomplete.count;
  counts_.incomplete.bytes += draft.taken_bytes;
}

void TraceSink::store_opaque(schema::Opaque&& row, schema::Connection& connection, bool& connection_stored) {
  const std::uint64_t bytes = row.bytes.size();
  row.recording_id = options_.recording_id;
  row.connection_id = connection.id;
  if (!submit_connection(connection, connection_stored) || !store_.submit(std::move(row))) {
    return skip(Skip::kQueueFull, bytes);
  }
  ++counts_.opaque.count;
  counts_.opaque.bytes += bytes;
}

void TraceSink::skip(Skip reason, std::uint64_t bytes, std::uint64_t count) {
  SinkCounts::Pair& pair = counts_.skipped[static_cast<std::size_t>(reason)];
  pair.count += count;
  pair.bytes += bytes;
}

}  // namespace tracerec::record
