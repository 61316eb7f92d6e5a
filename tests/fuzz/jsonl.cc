// What `export jsonl` writes of an exchange is one line of JSON that gives back every byte of heads and bodies.
// Input: a request and, after a zero byte, a response; the bodies are what stands after the empty lines.
#include <nlohmann/json.hpp>
#include <string>

#include "base/base64.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cli/exchange_view.h"
#include "fuzz.h"
#include "http/decode.h"
#include "http/message.h"
#include "sample_trace.h"

namespace tracerec::fuzz {
namespace {

using Json = nlohmann::json;

schema::StoredBody body_of(std::string_view text) {
  schema::StoredBody body;
  body.bytes = text;
  body.wire_bytes = body.captured_bytes = text.size();
  return body;
}

// Cuts the head, with its empty line, off the front.
std::string take_head(std::string_view& text) {
  const std::size_t end = text.find("\r\n\r\n");
  const std::string_view head = text.substr(0, end == std::string_view::npos ? end : end + 4);
  text.remove_prefix(head.size());
  return std::string(head);
}

schema::StoredExchange read_exchange(std::string_view input) {
  schema::StoredExchange exchange;
  exchange.id = exchange.recording_id = exchange.connection_id = 1;
  exchange.complete = true;
  std::string_view request = take_until(input, '\0');
  exchange.request_head = take_head(request);
  exchange.request_body = body_of(request);
  exchange.response_head = take_head(input);
  exchange.response_body = body_of(input);
  exchange.method = exchange.request_head.substr(0, exchange.request_head.find(' '));
  exchange.target = exchange.notes = exchange.request_head.substr(0, 40);
  exchange.status = 200;
  return exchange;
}

std::string bytes_of(const std::string& text) {
  constexpr std::string_view kMark = "base64:";
  if (!text.starts_with(kMark)) return text;
  const auto bytes = decode_base64(std::string_view(text).substr(kMark.size()));
  FUZZ_CHECK(bytes.has_value());
  return *bytes;
}

void check_headers(const Json& message, const http::HeaderList& headers) {
  FUZZ_CHECK(message.at("headers").size() == headers.size());
  std::size_t at = 0;
  for (const http::Header& header : headers) {
    const Json& pair = message.at("headers").at(at++);
    FUZZ_CHECK(bytes_of(pair.at(0)) == header.name && bytes_of(pair.at(1)) == header.value);
  }
}

void check_body(const Json& message, const http::HeaderList& headers, const schema::StoredBody& body) {
  const auto payload = http::decode_transfer(headers, body.bytes);
  FUZZ_CHECK(message.at("body").is_null() == !payload.has_value());
  if (!payload) return;
  const std::string text = message.at("body");
  const bool is_text = message.at("body_encoding") == "utf8";
  FUZZ_CHECK(is_text || message.at("body_encoding") == "base64");
  FUZZ_CHECK((is_text ? text : decode_base64(text).value()) == *payload);
}

template <class Head>
void check_message(const Json& line, const char* which, const Result<Head>& head, const schema::StoredBody& body) {
  const Json& message = line.at(which);
  FUZZ_CHECK(message.is_null() == !head.has_value());
  if (!head) return;
  check_headers(message, head->headers);
  check_body(message, head->headers, body);
}

}  // namespace

void fuzz_one(std::string_view input) {
  static const MemoryFolder folder;
  static const auto reader = [] {
    SampleTrace made(folder.file("t.db"));
    return std::move(schema::Reader::open(folder.file("t.db")).value());
  }();
  const schema::StoredExchange exchange = read_exchange(input);
  const auto json = cli::to_json(*reader, exchange);
  FUZZ_CHECK(json.has_value());
  const std::string line = json->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  FUZZ_CHECK(line.find('\n') == std::string::npos);
  const Json read = Json::parse(line, nullptr, false);
  FUZZ_CHECK(!read.is_discarded());
  check_message(read, "request", http::parse_request_head(exchange.request_head), exchange.request_body);
  check_message(read, "response", http::parse_response_head(exchange.response_head), exchange.response_body);
}

}  // namespace tracerec::fuzz
