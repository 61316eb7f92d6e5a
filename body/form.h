// Bodies of application/x-www-form-urlencoded and the queries of URLs (WHATWG URL §5.1). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tracerec::body {

// One field as it is written, by offsets into the text.
struct FormField {
  std::size_t begin = 0;
  std::size_t name_end = 0;     // the '=', or the end
  std::size_t value_begin = 0;  // after the '=', or the end
  std::size_t end = 0;          // the '&', or the end of the text

  [[nodiscard]] bool has_value() const { return name_end < end; }  // an empty one too
  [[nodiscard]] std::string_view name(std::string_view text) const { return text.substr(begin, name_end - begin); }
  [[nodiscard]] std::string_view value(std::string_view text) const {
    return text.substr(value_begin, end - value_begin);
  }
};

// The field that begins at `at`, which moves on to the next one. Nothing at the end; fields may be empty.
[[nodiscard]] std::optional<FormField> next_form_field(std::string_view text, std::size_t& at);

// An object of the fields, decoded; a name that comes twice is there twice. Empty fields are left out.
[[nodiscard]] std::string form_as_json(std::string_view text);

}  // namespace tracerec::body
