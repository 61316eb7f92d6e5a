// The fields after a chunked body (RFC 9110 §6.5).
#pragma once

#include <string>

#include "diff/difference.h"
#include "diff/endpoint_rules.h"
#include "diff/input.h"

namespace tracerec::diff {

// None when the message has none, or its framing cannot be read.
[[nodiscard]] http::HeaderList trailers_of(const Message& message);

// Compared like headers; locations are "trailer:Name". Any thread.
void compare_trailers(const Message& recorded, const Message& replayed, const EndpointRules& rules,
                      DifferenceSink& sink);

// Makes `content` the body, codings undone; the trailers stay.
void set_content(Message& message, std::string content);

}  // namespace tracerec::diff
