// What the samples of a finding say about its values. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gate/finding.h"

namespace tracerec::gate {

struct ValueChange {
  std::string before;
  std::string after;
};

// The change that all samples have; nothing when they have several, or a rule hides them.
[[nodiscard]] std::optional<ValueChange> single_change(const Finding& finding);

// The part of the values that differs, when it is the same in all of them (AllValues) and says what it is about: words
// of at least kMinPartBytes on both sides. "http://old.example/a" → "http://new.example/a": "old.example" →
// "new.example".
[[nodiscard]] std::optional<ValueChange> changed_part(const Finding& finding);
constexpr std::size_t kMinPartBytes = 4;

// The JSON type of a value as a sample shows it: "string", "number", "boolean", "null", "object", "array"; "text" of
// what is no JSON. Strings have quotes.
[[nodiscard]] std::string_view json_type_of(std::string_view shown);

// "number → string", of the first sample; of what is missing or was added, the type that there is.
[[nodiscard]] std::string types_of(const Finding& finding);

}  // namespace tracerec::gate
