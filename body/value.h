// A value in a body, whatever form the body has.
#pragma once

#include <cstdint>
#include <string_view>

namespace tracerec::body {

enum class ValueType : std::uint8_t { kNone, kNull, kBool, kInteger, kDecimal, kString, kArray, kObject, kBytes };

// "nothing", "null", … for people. kInteger and kDecimal are both "number", as in JSON.
[[nodiscard]] std::string_view name_of(ValueType type);

// One side of a difference. Views into the messages compared; valid during the call only.
struct Value {
  ValueType type = ValueType::kNone;
  std::string_view text;   // strings: what they mean, escapes resolved; numbers: as written; whole, whatever its size
  std::string_view shown;  // for people: JSON as written, the line of a text that differs
};

}  // namespace tracerec::body
