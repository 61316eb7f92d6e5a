#include "evaluate/operation.h"

#include <string>

#include "http/message.h"
#include "replay/values.h"

namespace tracerec::evaluate {
namespace {

// Most requests say all in their target.
bool may_name_one(const schema::StoredExchange& exchange) {
  if (exchange.method == "POST") return true;
  return exchange.method == "GET" && (exchange.target.find("query=") != std::string::npos ||
                                      exchange.target.find("operationName=") != std::string::npos);
}

}  // namespace

Result<gate::Operation> operation_of(schema::Reader& bodies, const schema::StoredExchange& exchange) {
  if (!may_name_one(exchange)) return gate::Operation{};
  const auto head = http::parse_request_head(exchange.request_head);
  if (!head) return gate::Operation{};
  const schema::StoredBody& body = exchange.request_body;
  if (!body.whole() || body.captured_bytes > gate::kMaxOperationContent)
    return gate::operation_of(exchange.method, exchange.target, head->headers, {});
  std::string loaded;
  if (body.body_id != 0) {
    auto bytes = bodies.load_body(body, gate::kMaxOperationContent);
    if (!bytes) return bytes.error();
    loaded = std::move(*bytes);
  }
  const std::string_view wire = body.body_id != 0 ? std::string_view(loaded) : std::string_view(body.bytes);
  std::string buffer;
  const auto content = replay::content_of(exchange.request_head, wire, true, buffer);
  return gate::operation_of(exchange.method, exchange.target, head->headers, content ? *content : std::string_view{});
}

}  // namespace tracerec::evaluate
