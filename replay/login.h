// A login before a replay: the file that describes its request, the request, and the header that its response leads to.
// Pure; replay/one_request.h sends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"
#include "replay/identity.h"
#include "replay/one_request.h"
#include "replay/target.h"

namespace tracerec::replay {

// A response with a longer body is refused, compressed or not: a token is a few KiB at most.
constexpr std::size_t kMaxLoginBodyBytes = std::size_t{1} << 20;

// A request to `target` that asks for no more than one response: Host, User-Agent, Accept and Connection: close, each
// unless `headers` have it, then those, then a Content-Length where there is a body or the method may have one
// (RFC 9110 §8.6). All of it must be in the form that HTTP needs.
[[nodiscard]] OneRequest make_request(const Target& target, const std::string& method, const std::string& path,
                                      const std::vector<http::Header>& headers, std::string body);

struct Login {
  enum class From : std::uint8_t { kBody, kHeader, kCookie };

  std::string method;
  std::string path;
  std::vector<http::Header> headers;  // Content-Type included
  std::string body;
  From from = From::kBody;
  std::string name;                     // a JSON pointer (RFC 6901), a header, a cookie
  http::Header set;                     // its value has {} where the one taken goes
  std::optional<IdentityKey> identity;  // whose requests get it; nothing: all
};

// Reads a login file:
//   {"method": "POST", "path": "/login", "headers": {"Content-Type": "application/json"},
//    "body": {"user": "u", "password": "p"},             an object is sent as JSON, a string as it is
//    "take": "body:/token",                              or "header:X-Token", "cookie:sid"
//    "set": "Authorization: Bearer {}"}
// or a list of these, each with the user whose requests get the header:
//    "identity": {"header": "Authorization", "recorded": "exchange 12"}      or {"cookie": "sid", …}
// Comments are allowed. Error: which part of it is not as it should be; never a value.
[[nodiscard]] Result<std::vector<Login>> parse_logins(std::string_view text);

[[nodiscard]] OneRequest make_request(const Login& login, const Target& target);

// How much of its response's body is needed: OneRequestLimits::max_body_bytes.
[[nodiscard]] std::size_t body_bytes_needed(const Login& login);

// Error: a status of 400 or above, a longer or unreadable body, no such value, or one that would end its header line.
// It goes after "the response to X: " and never holds the value.
[[nodiscard]] Result<http::Header> header_of(const Login& login, const OneResponse& response);

}  // namespace tracerec::replay
