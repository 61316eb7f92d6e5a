// Which requests belong together in a report.
#pragma once

#include <string>
#include <string_view>

namespace tracerec::diff {

// "GET /users/{id}/orders": the method and the path without query, where segments that name one thing rather than a
// kind of thing are {id}: all digits, UUIDs, ULIDs, hexadecimal of 16 and more digits with at least one decimal digit.
// Scheme and authority of an absolute-form target are left out. Cut after kMaxEndpointBytes. Pure.
[[nodiscard]] std::string endpoint_of(std::string_view method, std::string_view target);

// Endpoints are keys in memory and come from whoever sent the requests.
constexpr std::size_t kMaxEndpointBytes = 512;

}  // namespace tracerec::diff
