// Set-Cookie compared cookie by cookie and attribute by attribute (RFC 6265 §4.1, SameSite and Partitioned of its
// successors).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diff/difference.h"

namespace tracerec::diff {

// Tells `sink` each difference between the Set-Cookie lines of two responses. Locations: "header:Set-Cookie NAME" for
// the cookie and its value, "header:Set-Cookie NAME; HttpOnly" for an attribute. Cookies of different names have no
// order; of those with one name the first belongs to the first. Attributes are compared by value, Max-Age and Expires
// by presence: they make a cookie outlive the session. A value that differs is reported as one that varies on its own
// (Difference::varies); one that became empty, or a cookie that is deleted now, as kShape. Any thread.
void compare_cookies(const std::vector<std::string_view>& recorded, const std::vector<std::string_view>& replayed,
                     DifferenceSink& sink);

// The locations that one Set-Cookie line has, without "header:": "Set-Cookie sid", "Set-Cookie sid; Path".
[[nodiscard]] std::vector<std::string> cookie_locations(std::string_view set_cookie);

// Name and value of a cookie. Views into its line.
struct CookieValue {
  std::string_view name, value;
};

// Of the cookies in Set-Cookie lines, in their order; those that a line takes back or leaves empty are left out.
[[nodiscard]] std::vector<CookieValue> cookie_values(const std::vector<std::string_view>& lines);

// Whether of this location (as above) only the presence is compared.
[[nodiscard]] bool is_cookie_presence(std::string_view location);

// Secure, HttpOnly and SameSite keep others away from a cookie: "header:Set-Cookie sid; HttpOnly".
[[nodiscard]] bool is_cookie_protection(std::string_view location);

}  // namespace tracerec::diff
