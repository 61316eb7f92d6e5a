// What the words in an exchange's notes mean, for people (docs/trace-format.md).
#pragma once

#include <string>
#include <string_view>

namespace tracerec::evaluate {

// One line per word that says something about the exchange: "  hole_in_response: …". Words that are not known (of a
// newer version, or of hostile input) are printed as they are, made safe for a terminal.
[[nodiscard]] std::string explain_notes(std::string_view notes);

}  // namespace tracerec::evaluate
