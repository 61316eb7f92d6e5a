// Header fields compared by what they mean.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diff/difference.h"
#include "diff/endpoint_rules.h"
#include "http/message.h"

namespace tracerec::diff {

// Tells `sink` each difference; the location is "header:Name", the name in one spelling whatever its case.
//  - names in any case; the order of different names has no meaning, that of values of one name has;
//  - "a, b" on one line equals "a" and "b" on two (RFC 9110 §5.3), except for Set-Cookie;
//  - of Cache-Control, Vary, Allow and the lists of CORS the members are compared, not their order;
//  - headers that change on their own (Date, ETag, request ids…) must be there, their value is not compared, but the
//    form of dates and entity tags is;
//  - Set-Cookie: see cookies.h;
//  - Content-Length and Transfer-Encoding are framing: the body is compared instead;
//  - Content-Type is compared by media type and parameters without their order, the boundary left out.
// What is left out on the way is reported as on_not_compared. Any thread.
// A header that the rules want exact, within a tolerance or of a shape is compared by value whatever it is.
void compare_headers(const http::HeaderList& recorded, const http::HeaderList& replayed, const EndpointRules& rules,
                     DifferenceSink& sink);

// Other fields, by the same table; locations are `prefix` and the name.
constexpr std::string_view kHeaderPrefix = "header:";
constexpr std::string_view kTrailerPrefix = "trailer:";
void compare_fields(std::string_view prefix, const http::HeaderList& recorded, const http::HeaderList& replayed,
                    const EndpointRules& rules, DifferenceSink& sink);

// Whether the value is compared, or only that the header is there (and its form), or nothing at all. `name` may be a
// location inside Set-Cookie, see header_locations().
enum class HeaderCheck : std::uint8_t { kValue, kPresence, kNothing };
[[nodiscard]] HeaderCheck header_check(std::string_view name);

// The locations of one header, without "header:": its name, and "Set-Cookie sid", "Set-Cookie sid; Path" of a cookie.
// None for framing.
[[nodiscard]] std::vector<std::string> header_locations(const http::Header& header);

// "x-REQUEST-id" → "X-Request-Id".
[[nodiscard]] std::string canonical_header_name(std::string_view name);

}  // namespace tracerec::diff
