#include "evaluate/message.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "http/message.h"

namespace tracerec::evaluate {

std::vector<int> interim_codes(std::string_view heads) {
  std::vector<int> codes;
  while (!heads.empty()) {
    std::size_t end = heads.find("\r\n\r\n");
    end = end == std::string_view::npos ? heads.size() : end + 4;
    if (const auto head = http::parse_response_head(heads.substr(0, end))) codes.push_back(head->status);
    heads.remove_prefix(end);
  }
  return codes;
}

std::vector<int> interim_codes_of_run(std::string_view codes) {
  std::vector<int> found;
  while (!codes.empty() && found.size() < schema::kMaxInterimCodes) {
    const std::string_view word = codes.substr(0, codes.find(' '));
    int code = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), code).ec == std::errc{}) found.push_back(code);
    codes.remove_prefix(std::min(codes.size(), word.size() + 1));
  }
  return found;
}

Result<diff::Message> read_message(schema::Reader& bodies, const std::string& raw_head, const schema::StoredBody& body,
                                   std::int64_t at_unix_ns) {
  auto head = http::parse_response_head(raw_head);
  if (!head) return head.error();
  diff::Message message;
  message.status = head->status;
  message.version = "HTTP/1." + std::to_string(head->minor_version);
  message.reason = std::move(head->reason);
  message.at_unix_ns = at_unix_ns;
  message.headers = std::move(head->headers);
  message.body_whole = body.whole() && body.captured_bytes <= kMaxBodyBytes;
  if (!message.body_whole) return message;
  auto bytes = bodies.load_body(body, kMaxBodyBytes);
  if (!bytes) return bytes.error();
  message.body = std::move(*bytes);
  return message;
}

}  // namespace tracerec::evaluate
