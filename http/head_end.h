// Where a head ends.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace tracerec::http {

// How many bytes of empty lines stand before a request line, which they do not end (RFC 9112 §2.2).
[[nodiscard]] inline std::size_t blank_prefix(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && (bytes[at] == '\r' || bytes[at] == '\n')) ++at;
  return at;
}

// One past the empty line that ends a head, or npos. `from` is where an earlier search of the same bytes left off, of a
// request blank_prefix() at least.
[[nodiscard]] inline std::size_t find_head_end(std::string_view bytes, std::size_t from) {
  std::size_t at = from;
  while (at < bytes.size()) {
    const void* found = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
    if (found == nullptr) return std::string_view::npos;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) + 1;
    if (at < bytes.size() && bytes[at] == '\n') return at + 1;
    if (at + 1 < bytes.size() && bytes[at] == '\r' && bytes[at + 1] == '\n') return at + 2;
  }
  return std::string_view::npos;
}

}  // namespace tracerec::http
