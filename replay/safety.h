// Replaying against the very server that was recorded writes to production. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "replay/asio_transport.h"

namespace tracerec::replay {

// True when `recorded` ("127.0.0.1:8080", "[::1]:8080", "[::ffff:10.0.0.1]:80"; "unix:…" never) may be the same socket
// as `endpoint`: equal ports, and equal addresses, or both loopback, or a wildcard on either side.
[[nodiscard]] bool may_be_same(const Endpoint& endpoint, std::string_view recorded);

// The first of `recorded` that one of the target's endpoints may be, or empty. A target without endpoints is a Unix
// socket, of which no path was recorded ("unix"): it may be any of those.
[[nodiscard]] std::string find_recorded(const std::vector<Endpoint>& target, const std::vector<std::string>& recorded);

}  // namespace tracerec::replay
