// Header fields compared by what they mean.
#pragma once

#include "diff/difference.h"
#include "diff/endpoint_rules.h"
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
// A header that the rules want exact, within a tolerance or of a shape is compared by value whatever it is.
void compare_headers(const http::HeaderList& recorded, const http::HeaderList& replayed, const EndpointRules& rules,
                     DifferenceSink& sink);

// Whether the value is compared, or only that the header is there, or nothing at all.
enum class HeaderCheck : std::uint8_t { kValue, kPresence, kNothing };
[[nodiscard]] HeaderCheck header_check(std::string_view name);

// "x-REQUEST-id" → "X-Request-Id".
[[nodiscard]] std::string canonical_header_name(std::string_view name);

}  // namespace tracerec::diff
