// What the recorder accepted as a head can be read again from the trace, with the same facts; and a head that was
// brought into strict form stays as it is. Input: q or r, then a head.
#include <string>

#include "fuzz.h"
#include "http/message.h"
#include "http/normalize.h"
#include "http/parser.h"

namespace tracerec::fuzz {
namespace {

void check_headers(const http::HeaderList& headers) {
  for (const http::Header& header : headers) {
    FUZZ_CHECK(!header.name.empty());
    FUZZ_CHECK(header.name.find_first_of("\r\n: ") == std::string::npos);
    FUZZ_CHECK(header.value.find_first_of("\r\n") == std::string::npos);
    FUZZ_CHECK(headers.find(header.name) != nullptr);
  }
}

void check_request(std::string_view raw) {
  const auto read = http::parse_request_head(raw);
  if (read) check_headers(read->headers);
  http::RequestParser parser;
  if (parser.next(raw).part != http::Part::kHead) return;
  const auto again = http::parse_request_head(parser.head_bytes());
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(again->method == parser.facts().method);
  FUZZ_CHECK(again->target == parser.facts().target);
}

void check_response(std::string_view raw) {
  const auto read = http::parse_response_head(raw);
  if (read) check_headers(read->headers);
  http::ResponseParser parser;
  if (parser.next(raw).part != http::Part::kHead) return;
  const auto again = http::parse_response_head(parser.head_bytes());
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(again->status == parser.facts().status);
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty() || (input[0] != 'q' && input[0] != 'r')) return;
  const bool is_request = input[0] == 'q';
  const std::string_view raw = input.substr(1);
  const std::string strict = http::normalize_head(raw, is_request);
  FUZZ_CHECK(http::normalize_head(strict, is_request) == strict);
  is_request ? check_request(raw) : check_response(raw);
}

}  // namespace tracerec::fuzz
