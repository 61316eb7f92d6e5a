// Any body under any codings decodes to something within the limit, or to an error; and a chunked body that the
// recorder found complete loses its framing. Input: field lines, an empty line, the body.
#include "http/decode.h"

#include <string>

#include "fuzz.h"
#include "http/parser.h"

namespace tracerec::fuzz {
namespace {

constexpr std::size_t kLimitBytes = 1 << 20;
constexpr std::string_view kStatusLine = "HTTP/1.1 200 OK\r\n";

void check_limits(const http::HeaderList& headers, std::string_view body) {
  const auto content = http::decode_body(headers, body, kLimitBytes);
  if (!content) return FUZZ_CHECK(!content.error().message.empty());
  FUZZ_CHECK(content->size() <= kLimitBytes);
  const auto less = http::decode_body(headers, body, kLimitBytes / 64);
  FUZZ_CHECK(!less || *less == *content);
  if (less) FUZZ_CHECK(less->size() <= kLimitBytes / 64);
}

void check_chunked(std::string_view body) {
  const std::string message = std::string(kStatusLine) + "Transfer-Encoding: chunked\r\n\r\n" + std::string(body);
  http::ResponseParser parser;
  std::string_view rest = message;
  std::string wire_body;
  for (;;) {
    const http::Step step = parser.next(rest);
    if (step.part == http::Part::kBody) wire_body += rest.substr(0, step.consumed);
    rest.remove_prefix(step.consumed);
    if (step.part == http::Part::kNeedMore || step.part == http::Part::kError) return;
    if (step.part == http::Part::kEnd) break;
  }
  http::HeaderList headers;
  headers.add("Transfer-Encoding", "chunked");
  FUZZ_CHECK(http::decode_transfer(headers, wire_body).has_value());
}

}  // namespace

void fuzz_one(std::string_view input) {
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return;
  const std::string_view body = input.substr(end + 4);
  check_chunked(body);
  const auto head = http::parse_response_head(std::string(kStatusLine) + std::string(input.substr(0, end + 4)));
  if (head) check_limits(head->headers, body);
}

}  // namespace tracerec::fuzz
