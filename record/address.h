// Addresses as text.
#pragma once

#include <cstdint>
#include <string>

namespace tracerec::record {

// "127.0.0.1:8080", "[::1]:8080"; an IPv4 address mapped into IPv6 as IPv4; "unix" for a Unix socket;
// "unknown" when there is none.
[[nodiscard]] std::string format_address(std::uint16_t family, const std::uint8_t (&address)[16], std::uint16_t port);

}  // namespace tracerec::record
