// What somebody meant who mistyped a word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tracerec {

// The one of `known` that becomes `word` by the fewest letters typed wrong, twice, not at all or in another order
// (optimal string alignment); the first of equals. Empty: none is near, a third of its letters being wrong.
// Words of more than 64 bytes are near to nothing.
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

// " (did you mean NAME?)", or nothing. `known` has the names as messages list them: "one, two, three".
[[nodiscard]] std::string did_you_mean(std::string_view word, std::string_view known);

}  // namespace tracerec
