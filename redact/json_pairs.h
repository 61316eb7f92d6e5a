// Members that name a value beside them: {"name": "password", "value": "…"}, as in lists of headers (HAR), variables
// of an environment, parameters and settings.
#pragma once

#include <cstdint>
#include <string_view>

namespace tracerec::redact {

enum class PairRole : std::uint8_t {
  kNone,
  kLabel,  // "name", "key", "k" and the like: its text says what the value is
  kValue,  // "value", "v" and the like
};

// Of a member, by its name without escapes; any case.
[[nodiscard]] PairRole pair_role_of(std::string_view member);

// A member that describes a payment card, or several; any case. Their `number` is a secret.
[[nodiscard]] bool names_a_card(std::string_view member);

}  // namespace tracerec::redact
