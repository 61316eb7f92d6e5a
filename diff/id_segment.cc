#include "diff/id_segment.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/uuid.h"

namespace tracerec::diff {
namespace {

bool is_hex(char c) {
  return hex_value(c) >= 0;
}

// Crockford's base 32: no I, L, O, U.
bool is_ulid_char(char c) {
  return is_digit(c) || (is_upper(c) && c != 'I' && c != 'L' && c != 'O' && c != 'U');
}

// 128 bits in 26 characters of 5: the first is at most 7.
bool is_ulid(std::string_view s) {
  return s.size() == 26 && s.front() >= '0' && s.front() <= '7' && std::all_of(s.begin(), s.end(), is_ulid_char);
}

// Long enough not to be a word; "deadbeef" and "facade" stay.
bool is_long_hex(std::string_view s) {
  return s.size() >= 16 && std::all_of(s.begin(), s.end(), is_hex) && std::any_of(s.begin(), s.end(), is_digit);
}

}  // namespace

bool is_id_segment(std::string_view segment) {
  if (segment.empty()) return false;
  return std::all_of(segment.begin(), segment.end(), is_digit) || is_uuid(segment) || is_ulid(segment) ||
         is_long_hex(segment);
}

}  // namespace tracerec::diff
