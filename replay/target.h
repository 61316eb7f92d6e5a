// Where a replay goes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tracerec::replay {

struct Target {
  bool tls = false;
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 80;
  std::string unix_path;  // of a Unix socket; then host is "localhost", and without TLS

  // "[http://|https://]HOST[:PORT]", a trailing "/" is allowed; or "unix:/PATH". Error: says what is wrong with it.
  [[nodiscard]] static Result<Target> parse(std::string_view text);

  // The value of a Host header (RFC 9110 §7.2): the port only when it is not the scheme's.
  [[nodiscard]] std::string authority() const;

  // "http://host:port", "unix:/path"
  [[nodiscard]] std::string url() const;
};

}  // namespace tracerec::replay
