// Lines of text, whatever ends them: CRLF, LF, a lone CR.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "base/ascii.h"
#include "redact/replacer.h"

namespace tracerec::redact {

// Without white space around it.
[[nodiscard]] inline Bytes trimmed(Bytes value) {
  while (!value.empty() && is_space(value.front())) value = value.subspan(1);
  while (!value.empty() && is_space(value.back())) value = value.first(value.size() - 1);
  return value;
}

// One past the end of the line that begins at `at`.
[[nodiscard]] inline std::size_t find_line_end(std::string_view text, std::size_t at) {
  const char* begin = text.data() + at;
  const auto* lf = static_cast<const char*>(std::memchr(begin, '\n', text.size() - at));
  const std::size_t length = lf == nullptr ? text.size() - at : static_cast<std::size_t>(lf - begin);
  const auto* cr = static_cast<const char*>(std::memchr(begin, '\r', length));
  if (cr != nullptr && cr + 1 != lf) return static_cast<std::size_t>(cr - text.data()) + 1;
  return at + length + (lf == nullptr ? 0 : 1);
}

// Whether the line at `at` goes on with the one before it (RFC 9112 §5.2).
[[nodiscard]] inline bool is_folded(std::string_view text, std::size_t at) {
  return at < text.size() && (text[at] == ' ' || text[at] == '\t');
}

}  // namespace tracerec::redact
