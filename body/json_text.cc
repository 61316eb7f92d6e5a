#include "body/json_text.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/utf8.h"

namespace tracerec::body {
namespace {

// What the character after a backslash stands for; 0 when it is none of the short escapes.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

// The code unit of the \uXXXX at `at`; -1 when none stands there.
int code_unit(std::string_view text, std::size_t at) {
  return at + 1 < text.size() && text[at] == '\\' && text[at + 1] == 'u' ? read_hex(text, at + 2, 4) : -1;
}

void append_escaped(std::string& out, char c) {
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else {
    out += "\\u";
    append_hex(out, 4, static_cast<unsigned char>(c));
  }
}

bool is_escaped(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

}  // namespace

JsonEscape json_escape(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return {};
  if (text[at + 1] != 'u') {
    const char meant = short_escape(text[at + 1]);
    return meant == 0 ? JsonEscape{} : JsonEscape{2, static_cast<unsigned char>(meant)};
  }
  const int first = code_unit(text, at);
  if (first < 0) return {};
  const auto point = static_cast<char32_t>(first);
  if (!is_high_surrogate(point)) return {6, point};
  const int second = code_unit(text, at + 6);
  if (second < 0 || !is_low_surrogate(static_cast<char32_t>(second))) return {6, point};
  return {12, from_surrogates(point, static_cast<char32_t>(second))};
}

bool append_json_unescaped(std::string& out, std::string_view inside) {
  for (std::size_t at = 0; at < inside.size();) {
    const std::size_t plain = std::min(inside.find('\\', at), inside.size());
    out += inside.substr(at, plain - at);
    if (plain == inside.size()) break;
    const JsonEscape escape = json_escape(inside, plain);
    if (escape.length == 0) return false;
    append_code_point(out, escape.point);
    at = plain + escape.length;
  }
  return true;
}

void append_json_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (is_escaped(c)) {
      append_escaped(out, c);
    } else {
      out += c;
    }
  }
}

void append_json_string(std::string& json, std::string_view text) {
  const bool utf8 = is_utf8(text);
  json += '"';
  for (const char c : text) {
    if (is_escaped(c) || c == 0x7F) {
      append_escaped(json, c);
    } else if (!utf8 && !is_ascii(c)) {
      append_code_point(json, kReplacementCharacter);
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace tracerec::body
