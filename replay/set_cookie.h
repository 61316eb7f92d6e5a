// The attributes of a Set-Cookie header that say whether there is a cookie at all. Pure.
#pragma once

#include <string_view>

namespace tracerec::replay {

// Whether the value of a Set-Cookie header removes the cookie: Max-Age of 0 or less, which goes before Expires
// (RFC 6265 §5.3, step 3), or an Expires before the year 2000, as frameworks write it. Whether a later time has passed
// is not asked: that would depend on when the recording is read.
[[nodiscard]] bool ends_cookie(std::string_view set_cookie);

}  // namespace tracerec::replay
