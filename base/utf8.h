// UTF-8 (RFC 3629): what is well-formed, and code points read and written. Pure; nothing allocates but append.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tracerec {

// U+FFFD, for what cannot be read.
constexpr char32_t kReplacementCharacter = 0xFFFD;

// True when `bytes` is well-formed: no overlong forms, no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes);

// Bytes of the well-formed sequence at the start of `bytes`: 1 to 4, or 0 when there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view bytes);

// The same where a lone surrogate is a code point of three bytes like any other ("generalized UTF-8", WTF-8): JSON can
// write those as \ud83d, and what stands there must neither get lost nor be taken for something else.
[[nodiscard]] std::size_t wtf8_length(std::string_view bytes);

// The code point in the first `length` bytes; `length` is from utf8_length() or wtf8_length(), and not 0.
[[nodiscard]] char32_t read_code_point(std::string_view bytes, std::size_t length);

// Writes `point` (at most 0x10FFFF; surrogates as three bytes) to `out`, which has room for 4, and gives the length.
std::size_t write_code_point(char32_t point, char* out);

// Appends `point` as write_code_point() writes it.
void append_code_point(std::string& text, char32_t point);

// The halves of a pair in UTF-16 (RFC 2781 §2), and what the two stand for.
[[nodiscard]] constexpr bool is_high_surrogate(char32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
[[nodiscard]] constexpr bool is_low_surrogate(char32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}
[[nodiscard]] constexpr char32_t from_surrogates(char32_t high, char32_t low) {
  return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

// A byte that continues a sequence and begins none.
[[nodiscard]] constexpr bool is_utf8_tail(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// The longest start of `text` of at most `max_bytes` that ends between two sequences; `text` is taken for UTF-8.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes);

}  // namespace tracerec
