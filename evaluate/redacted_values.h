// Which values of a response the recording's own rules replaced: the gate knows the built-in names only.
#pragma once

#include <string>
#include <vector>

#include "diff/input.h"
#include "redact/rules.h"

namespace tracerec::evaluate {

// The values of `message` that such rules replace: of headers that a rules file names, and in JSON of what it names, of
// name/value pairs and of what is inside a secret. At most 1,000; of a body up to 8 MiB.
[[nodiscard]] std::vector<std::string> redacted_values(const diff::Message& message,
                                                       const redact::RedactionRules& rules);

}  // namespace tracerec::evaluate
