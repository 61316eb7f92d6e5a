// Code points in UTF-8, lone surrogates included: JSON can write those, and a secret of theirs must be replaced too.
#pragma once

#include <cstddef>
#include <string_view>

namespace tracerec::record {

// Bytes of the code point at the start of `text` (not empty): 1 to 4. Also 1 for a byte that begins none.
[[nodiscard]] inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
  if (byte(0) < 0xC2 || byte(0) > 0xF4 || text.size() < length) return 1;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 1;
  }
  const bool overlong = (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool too_high = byte(0) == 0xF4 && byte(1) > 0x8F;
  return overlong || too_high ? 1 : length;
}

// What stands there; `length` is from utf8_length().
[[nodiscard]] inline char32_t read_utf8(std::string_view text, std::size_t length) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  if (length == 1) return byte(0);
  char32_t point = byte(0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte(i) & 0x3F);
  return point;
}

// Writes `point`, at most 4 bytes, and gives their number.
inline std::size_t write_utf8(char32_t point, char* out) {
  const std::size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  if (length == 1) {
    out[0] = static_cast<char>(point);
    return 1;
  }
  for (std::size_t i = length - 1; i > 0; --i, point >>= 6) out[i] = static_cast<char>(0x80 | (point & 0x3F));
  out[0] = static_cast<char>((0xF00U >> length & 0xF0U) | point);
  return length;
}

}  // namespace tracerec::record
