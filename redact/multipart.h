// multipart/form-data (RFC 7578): the parts that rules name, in place.
#pragma once

#include <string_view>

#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// The content of parts whose name a form rule has, and JSON rules in parts that say they are JSON. False: not
// multipart with this boundary to its end, or a JSON part that is not JSON; then something may have been changed.
[[nodiscard]] bool redact_multipart(Bytes content, std::string_view boundary, const RedactionRules& rules,
                                    Replacer& replacer);

}  // namespace tracerec::redact
