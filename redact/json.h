// JSON documents: the values that rules name, in place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// One document, or several with white space between them (newline-delimited JSON). Strings and numbers named by a rule,
// or standing anywhere inside an object or array named by one, are replaced; true, false and null stay. The result is
// as valid as the text was. False: not JSON, or nested deeper than 512; nothing was changed.
[[nodiscard]] bool redact_json(Bytes text, const std::vector<JsonRule>& rules, Replacer& replacer);

// What redact_json() would replace, without escapes, in the order of the text. Empty: nothing, or not JSON.
[[nodiscard]] std::vector<std::string> secrets_in_json(std::string_view text, const std::vector<JsonRule>& rules);

}  // namespace tracerec::redact
