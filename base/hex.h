// Hexadecimal digits (RFC 4648 §8). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tracerec {

// What a digit of either case is worth; -1 for anything else.
[[nodiscard]] constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The number that `count` digits at `at` write, at most 7 of them; -1 when one of them is not there or not a digit.
[[nodiscard]] int read_hex(std::string_view text, std::size_t at, std::size_t count);

enum class HexCase { kLower, kUpper };

// Writes the last `count` digits of `value` to `out`.
void write_hex(char* out, std::size_t count, unsigned value, HexCase letters = HexCase::kLower);

// Appends them.
void append_hex(std::string& text, std::size_t count, unsigned value, HexCase letters = HexCase::kLower);

// Two lower-case digits a byte.
[[nodiscard]] std::string to_hex(const std::uint8_t* bytes, std::size_t count);
[[nodiscard]] std::string to_hex(std::string_view bytes);

}  // namespace tracerec
