// JSON in lines, for people.
#pragma once

#include <string>
#include <string_view>

namespace tracerec::body {

// `json` with one member or element in a line, two spaces for each level. Every token stays as it is written: numbers
// keep their digits, strings their escapes. Empty containers stay in one line. `json` must be valid (JsonDocument);
// otherwise the result is its text in some layout. Linear; the result is at most (depth + 2) times as long. Pure.
[[nodiscard]] std::string lay_out_json(std::string_view json);

}  // namespace tracerec::body
