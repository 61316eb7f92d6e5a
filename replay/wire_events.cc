#include "replay/wire_events.h"

#include <string>

#include "base/text.h"
#include "body/media_type.h"
#include "http/decode.h"
#include "http/message.h"

// Tests: tests/replay/open_ended_test.cc.

namespace tracerec::replay {

WireEvents::WireEvents(std::string_view head) {
  const auto parsed = http::parse_response_head(head);
  const std::string* const type = parsed ? parsed->headers.find("Content-Type") : nullptr;
  if (type == nullptr || !body::is_event_stream_type(body::type_of(*type))) return;
  countable_ = http::decode_beginning(parsed->headers, {}).has_value();
  for (const std::string_view codings : parsed->headers.values("Transfer-Encoding"))
    chunked_ = chunked_ || to_lower(codings).find("chunked") != std::string::npos;
}

void WireEvents::add(std::string_view wire_bytes) {
  if (!countable_) return;
  if (!chunked_) return events_.add(wire_bytes);
  while (!wire_bytes.empty()) {
    const http::ChunkWalker::Piece piece = chunks_.next(wire_bytes);
    if (piece.bytes == 0) return;
    if (piece.part == http::ChunkWalker::Part::kData) events_.add(wire_bytes.substr(0, piece.bytes));
    wire_bytes.remove_prefix(piece.bytes);
  }
}

std::optional<std::uint64_t> WireEvents::count() const {
  return countable_ ? std::optional(events_.count()) : std::nullopt;
}

Result<std::uint64_t> recorded_events(schema::Reader& bodies, schema::RowId exchange_id) {
  const auto exchange = bodies.exchange(exchange_id);
  if (!exchange) return exchange.error();
  if (!*exchange) return std::uint64_t{0};
  WireEvents events((*exchange)->response_head);
  const auto add = [&events](std::string_view piece) {
    events.add(piece);
    return true;
  };
  if (auto read = bodies.read_body((*exchange)->response_body, add); !read) return read.error();
  return events.count().value_or(0);
}

}  // namespace tracerec::replay
