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

// An object of this name has fields of a header as its members ("headers", "request_headers", "httpHeaders"); any case.
[[nodiscard]] bool names_headers(std::string_view member);

// Whether the text of a label names a secret: as it is, or as a path with it as a step ("/user/token/0" of JSON Patch,
// RFC 6902, and of stores of parameters).
template <class IsSecret>
[[nodiscard]] bool label_names(std::string_view text, const IsSecret& is_secret) {
  if (is_secret(text)) return true;
  while (text.starts_with('/')) {
    text.remove_prefix(1);
    const std::string_view step = text.substr(0, text.find('/'));
    if (is_secret(step)) return true;
    text.remove_prefix(step.size());
  }
  return false;
}

}  // namespace tracerec::redact
