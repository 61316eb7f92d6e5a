#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace tracerec {
namespace {

constexpr unsigned kTailBits = 0x3F;

unsigned byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
}

// What the second byte of a sequence may be: RFC 3629 §4 narrows it after four of the lead bytes.
struct Range {
  unsigned low = 0x80, high = 0xBF;
};

Range second_byte_after(unsigned lead, bool surrogates) {
  switch (lead) {
    case 0xE0:
      return {0xA0, 0xBF};
    case 0xED:
      return {0x80, surrogates ? 0xBFU : 0x9FU};
    case 0xF0:
      return {0x90, 0xBF};
    case 0xF4:
      return {0x80, 0x8F};
    default:
      return {};
  }
}

std::size_t sequence_length(std::string_view bytes, bool surrogates) {
  const unsigned lead = byte_at(bytes, 0);
  if (lead < 0x80) return bytes.empty() ? 0 : 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  const Range second = second_byte_after(lead, surrogates);
  if (byte_at(bytes, 1) < second.low || byte_at(bytes, 1) > second.high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (i >= bytes.size() || !is_utf8_tail(bytes[i])) return 0;
  }
  return length;
}

// How many bytes at the start are ASCII for sure, by eight.
std::size_t ascii_length(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t length = 0;
  for (std::uint64_t word = 0; length + sizeof word <= bytes.size(); length += sizeof word) {
    std::memcpy(&word, bytes.data() + length, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  return length;
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    bytes.remove_prefix(ascii_length(bytes));
    if (bytes.empty()) break;
    const std::size_t length = sequence_length(bytes, false);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::size_t utf8_length(std::string_view bytes) {
  return sequence_length(bytes, false);
}

std::size_t wtf8_length(std::string_view bytes) {
  return sequence_length(bytes, true);
}

char32_t read_code_point(std::string_view bytes, std::size_t length) {
  if (length == 1) return byte_at(bytes, 0);
  char32_t point = byte_at(bytes, 0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte_at(bytes, i) & kTailBits);
  return point;
}

std::size_t write_code_point(char32_t point, char* out) {
  if (point < 0x80) {
    out[0] = static_cast<char>(point);
    return 1;
  }
  const std::size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (std::size_t i = length - 1; i > 0; --i, point >>= 6) out[i] = static_cast<char>(0x80 | (point & kTailBits));
  out[0] = static_cast<char>((0xF00U >> length & 0xF0U) | point);
  return length;
}

void append_code_point(std::string& text, char32_t point) {
  char bytes[4];
  text.append(bytes, write_code_point(point, bytes));
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && is_utf8_tail(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace tracerec
