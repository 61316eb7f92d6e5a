#include "base/hex.h"

namespace tracerec {

int read_hex(std::string_view text, std::size_t at, std::size_t count) {
  if (at > text.size() || count > text.size() - at) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    const int digit = hex_value(c);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

void write_hex(char* out, std::size_t count, unsigned value, HexCase letters) {
  const char* digits = letters == HexCase::kLower ? "0123456789abcdef" : "0123456789ABCDEF";
  for (std::size_t i = count; i > 0; --i, value >>= 4) out[i - 1] = digits[value & 15];
}

void append_hex(std::string& text, std::size_t count, unsigned value, HexCase letters) {
  text.resize(text.size() + count);
  write_hex(text.data() + text.size() - count, count, value, letters);
}

std::string to_hex(const std::uint8_t* bytes, std::size_t count) {
  std::string text(count * 2, '\0');
  for (std::size_t i = 0; i < count; ++i) write_hex(&text[i * 2], 2, bytes[i]);
  return text;
}

std::string to_hex(std::string_view bytes) {
  return to_hex(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace tracerec
