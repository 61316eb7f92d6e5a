// The characters of methods, field names and other tokens (RFC 9110 §5.6.2). Pure.
#pragma once

#include <string_view>

#include "base/ascii.h"

namespace tracerec::http {

[[nodiscard]] constexpr bool is_token_char(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return is_letter_or_digit(c) || kOthers.find(c) != std::string_view::npos;
}

}  // namespace tracerec::http
