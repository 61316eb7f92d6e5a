#include "schema/request_check.h"

#include <string>

#include "http/request_framing.h"

// Tests: tests/schema/damaged_requests_test.cc.

namespace tracerec::schema {
namespace {

Error damaged(const StoredExchange& exchange, const std::string& what) {
  return Error{"exchange " + std::to_string(exchange.id) + ": its request " + what +
               ": the file is damaged or was changed; record again, or use -d for another file"};
}

Result<void> check_chunks(const StoredExchange& exchange, const ReadBody& read) {
  http::ChunkedBody chunks;
  bool sound = true;
  const auto add = [&](std::string_view piece) { return sound = chunks.add(piece); };
  const StoredBody& body = exchange.request_body;
  if (body.body_id == 0) {
    add(body.bytes);
  } else if (!read) {
    return {};
  } else if (auto done = read(body, add); !done) {
    return done;
  }
  if (sound && chunks.at_end()) return {};
  return damaged(exchange,
                 sound ? "has a chunked body without its end" : "has a body that is not chunked as announced");
}

}  // namespace

Result<void> check_request(const StoredExchange& exchange, const ReadBody& read) {
  if (!exchange.complete && !is_open_ended(exchange)) return {};
  const auto framing = http::check_request(exchange.request_head, exchange.request_body.wire_bytes);
  if (!framing) return damaged(exchange, framing.error().message);
  return *framing == http::BodyFraming::kChunked ? check_chunks(exchange, read) : Result<void>();
}

}  // namespace tracerec::schema
