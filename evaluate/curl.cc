#include "evaluate/curl.h"

#include <cstdio>

#include "base/base64.h"
#include "base/text.h"
#include "http/decode.h"
#include "http/message.h"

namespace tracerec::evaluate {

std::string shell_quote(std::string_view text) {
  std::string quoted = "$'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\'' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", byte);
      quoted += escape;
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

Result<std::string> to_curl(schema::Reader& reader, const schema::StoredExchange& exchange, const std::string& target) {
  const auto head = http::parse_request_head(exchange.request_head);
  if (!head) return head.error();
  auto wire = reader.load_body(exchange.request_body, http::kDefaultDecodeLimitBytes);
  if (!wire) return wire.error();
  auto payload = http::decode_transfer(head->headers, *wire);
  if (!payload) return payload.error();
  const std::string* host = head->headers.find("Host");
  const bool absolute = head->target.rfind("http://", 0) == 0 || head->target.rfind("https://", 0) == 0;
  const std::string base = target.empty() ? "http://" + (host != nullptr ? *host : "localhost") : target;
  const std::string url = absolute ? head->target : base + head->target;
  std::string command = head->method == "HEAD" ? "curl -sS --head" : "curl -sS -i -X " + shell_quote(head->method);
  command += " --path-as-is --globoff " + shell_quote(url);
  for (const http::Header& header : head->headers) {
    // curl computes these from the body and the URL.
    if (equals_ignoring_case(header.name, "Content-Length") || equals_ignoring_case(header.name, "Transfer-Encoding") ||
        (!target.empty() && equals_ignoring_case(header.name, "Host")))
      continue;
    command += " -H " + shell_quote(header.name + (header.value.empty() ? ";" : ": " + header.value));
  }
  if (payload->empty()) return command;
  // bash cannot hold a NUL byte in an argument; base64 can carry anything.
  if (payload->find('\0') == std::string::npos) return command + " --data-binary " + shell_quote(*payload);
  return "base64 -d <<<" + encode_base64(*payload) + " | " + command + " --data-binary @-";
}

}  // namespace tracerec::evaluate
