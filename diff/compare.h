// Two answers to one request compared.
#pragma once

#include <string_view>

#include "diff/difference.h"
#include "diff/input.h"

namespace tracerec::diff {

// Tells `sink` each difference in status, headers and body. Nothing but a few memory comparisons when both are equal
// byte for byte. When the status is of another class (2xx, 5xx…) only that is told: the rest follows from it. `method`
// is that of the request. Any thread.
void compare_messages(std::string_view method, const Message& recorded, const Message& replayed, DifferenceSink& sink);

}  // namespace tracerec::diff
