// What a request is about and what its response may depend on. Pure.
#pragma once

#include <string_view>

namespace tracerec::http {

// Whether the method may change something: all but the safe ones of RFC 9110 §9.2.1.
[[nodiscard]] bool may_write(std::string_view method);

// The path of a target of any form (RFC 9112 §3.2), without its query: "http://host/a/?b" is "/a". A slash at the end
// is left out, except in "/". A view into `target`.
[[nodiscard]] std::string_view path_of(std::string_view target);

// Whether two requests that differ in this header may get different responses for it. False for what names or dates
// one message, its connection or its program: Date, User-Agent, Content-Length, Connection, ids of requests and traces.
// Any case of the name.
[[nodiscard]] bool may_select_response(std::string_view header);

}  // namespace tracerec::http
