// Two responses to one request compared.
#pragma once

#include <string_view>

#include "diff/difference.h"
#include "diff/endpoint_rules.h"
#include "diff/input.h"

namespace tracerec::diff {

// Tells `sink` each difference in status line, headers and body. Nothing but a few memory comparisons when both are
// equal byte for byte. When the status is of another class (2xx, 5xx…) only that is reported: the rest follows from it.
// `method` is that of the request. Of the rules those are asked here that change how things are compared (keys, exact);
// what they allow is reported all the same. Any thread.
void compare_messages(std::string_view method, const Message& recorded, const Message& replayed,
                      const EndpointRules& rules, DifferenceSink& sink);
void compare_messages(std::string_view method, const Message& recorded, const Message& replayed, DifferenceSink& sink);

// Responses that have no body whatever their headers say: to HEAD; 1xx, 204, 304 (RFC 9112 §6.3).
[[nodiscard]] bool is_bodiless(std::string_view method, int status);

}  // namespace tracerec::diff
