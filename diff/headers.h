// Header fields compared by what they mean.
#pragma once

#include "diff/difference.h"
#include "http/message.h"

namespace tracerec::diff {

// Tells `sink` each difference; the location is "header:Name", the name in one spelling whatever its case.
//  - names in any case; the order of different names has no meaning, that of values of one name has;
//  - "a, b" on one line equals "a" and "b" on two (RFC 9110 §5.3), except for Set-Cookie;
//  - headers that change by themselves (Date, ETag, request ids…) must be there, their value is not compared;
//    of Set-Cookie the names of the cookies are;
//  - Content-Length and Transfer-Encoding are framing: the body is compared instead;
//  - Content-Type is compared by media type and charset.
// What is left out on the way is told as on_not_compared. Any thread.
void compare_headers(const http::HeaderList& recorded, const http::HeaderList& replayed, DifferenceSink& sink);

// "x-REQUEST-id" → "X-Request-Id".
[[nodiscard]] std::string canonical_header_name(std::string_view name);

}  // namespace tracerec::diff
