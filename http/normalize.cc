#include "http/normalize.h"

#include <optional>

#include "base/text.h"

namespace tracerec::http {
namespace {

// Cuts the next line, without its LF or CRLF, off the front of `rest`.
std::string_view take_line(std::string_view& rest) {
  const std::size_t lf = rest.find('\n');
  std::string_view line = rest.substr(0, lf);
  rest.remove_prefix(lf == std::string_view::npos ? rest.size() : lf + 1);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool is_continuation(std::string_view line) {
  return !line.empty() && (line.front() == ' ' || line.front() == '\t');
}

void append_value(std::string& out, std::string_view value) {
  for (const char c : value) {
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    out += control ? '?' : c;
  }
  out += "\r\n";
}

void append_start_line(std::string& out, std::string_view line, bool is_request) {
  out += line;
  constexpr std::size_t kVersionAndCode = 12;  // "HTTP/1.1 200"
  if (!is_request && line.size() == kVersionAndCode) out += ' ';
  out += "\r\n";
}

bool has_transfer_encoding(std::string_view fields) {
  while (!fields.empty()) {
    const std::string_view line = take_line(fields);
    if (line.empty()) return false;
    if (is_continuation(line)) continue;
    const std::string_view name = line.substr(0, line.find(':'));
    if (equals_ignoring_case(trim(name), "Transfer-Encoding")) return true;
  }
  return false;
}

}  // namespace

std::string normalize_head(std::string_view head, bool is_request) {
  std::string out;
  out.reserve(head.size() + 16);
  std::string_view line = take_line(head);
  while (is_request && line.empty() && !head.empty()) line = take_line(head);
  append_start_line(out, line, is_request);

  const bool chunked_wins = has_transfer_encoding(head);
  std::optional<std::string_view> length;
  bool dropped = false;  // the continuation lines of a dropped field go with it
  while (!head.empty()) {
    line = take_line(head);
    if (line.empty()) break;
    if (is_continuation(line)) {
      if (!dropped) append_value(out, line);
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = trim(line.substr(0, colon));
    const std::string_view value = colon == std::string_view::npos ? std::string_view{} : trim(line.substr(colon + 1));
    dropped = equals_ignoring_case(name, "Content-Length") && (chunked_wins || length == value);
    if (dropped) continue;
    if (equals_ignoring_case(name, "Content-Length")) length = value;
    out += name;
    if (colon != std::string_view::npos) out += ':';
    append_value(out, value);
  }
  out += "\r\n";
  return out;
}

}  // namespace tracerec::http
