// Server-sent events (WHATWG HTML §9.2). Pure.
#pragma once

#include <string>
#include <string_view>

namespace tracerec::body {

// An array of the events: "data", as JSON where it is an object or array, and "event", "id" and "retry" where they are
// not empty. Comments are left out; an event that the end cuts off counts too.
[[nodiscard]] std::string event_stream_as_json(std::string_view text);

}  // namespace tracerec::body
