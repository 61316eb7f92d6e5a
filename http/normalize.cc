#include "http/normalize.h"

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "base/text.h"
#include "http/token.h"

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
  out += without_control_bytes(value);
  out += "\r\n";
}

void append_start_line(std::string& out, std::string_view line, bool is_request) {
  out += line;
  constexpr std::size_t kVersionAndCode = 12;  // "HTTP/1.1 200"
  if (!is_request && line.size() == kVersionAndCode) out += ' ';
  out += "\r\n";
}

// A line of a head: a line without a colon is a name without a value.
struct Field {
  std::string_view name, value;
};

Field field_of(std::string_view line) {
  const std::size_t colon = std::min(line.find(':'), line.size());
  return {trim(line.substr(0, colon)), trim(line.substr(std::min(colon + 1, line.size())))};
}

bool is_transfer_encoding(const Field& field) {
  return equals_ignoring_case(field.name, "Transfer-Encoding");
}

bool has_transfer_encoding(std::string_view fields) {
  while (!fields.empty()) {
    const std::string_view line = take_line(fields);
    if (line.empty()) return false;
    if (is_continuation(line)) continue;
    const Field field = field_of(line);
    if (is_transfer_encoding(field) && !without_identity(field.value).empty()) return true;
  }
  return false;
}

// What no name may have becomes an underscore: no field that means something to a parser has one. nginx ignores such a
// line, others take it as it is.
void append_name(std::string& out, std::string_view name) {
  for (const char c : name) out += is_token_char(c) ? c : '_';
  out += name.empty() ? "_:" : ":";
}

}  // namespace

std::string without_identity(std::string_view codings) {
  std::string out;
  while (!codings.empty()) {
    const std::size_t comma = std::min(codings.find(','), codings.size());
    const std::string_view coding = trim(codings.substr(0, comma));
    codings.remove_prefix(std::min(comma + 1, codings.size()));
    if (coding.empty() || equals_ignoring_case(coding, "identity")) continue;
    out.append(out.empty() ? "" : ", ").append(coding);
  }
  return out;
}

bool is_read_as(std::string_view written, std::string_view name) {
  if (written.empty()) return name == "_";
  const auto same = [](char a, char b) {
    return equals_ignoring_case({&a, 1}, {&b, 1}) || (b == '_' && !is_token_char(a));
  };
  return std::equal(written.begin(), written.end(), name.begin(), name.end(), same);
}

std::string without_control_bytes(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    const bool control = (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    if (!control) {
      out += c;
      continue;
    }
    out += "\\x";
    append_hex(out, 2, static_cast<unsigned char>(c));
  }
  return out;
}

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
    const auto [name, value] = field_of(line);
    const bool codes = is_transfer_encoding({name, value});
    const std::string codings = codes ? without_identity(value) : std::string();
    const bool is_length = equals_ignoring_case(name, "Content-Length");
    dropped = (is_length && (chunked_wins || length == value)) || (codes && codings.empty());
    if (dropped) continue;
    if (is_length) length = value;
    append_name(out, name);
    append_value(out, codes ? codings : value);
  }
  out += "\r\n";
  return out;
}

}  // namespace tracerec::http
