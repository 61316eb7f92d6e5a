// Numbers compared as they are written, without going through binary floating point.
#pragma once

#include <cstdint>
#include <string_view>

namespace tracerec::diff {

enum class NumberRelation : std::uint8_t {
  kSame,            // written alike
  kRepresentation,  // one value, two spellings: 1, 1.0 and 10e-1; 0 and -0
  kDifferent,
};

// Relation of two numbers in JSON's grammar (RFC 8259 §6). Exact for every length and every exponent: digits are
// compared as text and exponents are never expanded. An exponent of more than 18 digits is compared as written. Pure.
[[nodiscard]] NumberRelation compare_numbers(std::string_view a, std::string_view b);

}  // namespace tracerec::diff
