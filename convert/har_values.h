// Values of a HAR file, taken as lenient as the tools write them. Pure.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace tracerec::convert {

// The member, or a null value where `object` is no object or has none.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, const char* name);

// Its text; empty when it is none.
[[nodiscard]] const std::string& text_of(const nlohmann::json& object, const char* name);

// A count, and -1 or what is none as nothing: HAR 1.2 writes -1 for what is not known.
[[nodiscard]] std::optional<std::uint64_t> count_of(const nlohmann::json& object, const char* name);

// Milliseconds as nanoseconds; nothing for what is negative or beyond a year.
[[nodiscard]] std::optional<std::int64_t> duration_of(const nlohmann::json& object, const char* name);

// `headers` of a request or response. A value with line ends is several: Chrome joins Set-Cookie that way.
[[nodiscard]] http::HeaderList headers_of(const nlohmann::json& message);

struct Url {
  std::string scheme;     // lower case
  std::string authority;  // without user and password
  std::string target;     // path and query; what no URL may have is percent-encoded
};
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

// With the port of its scheme where it has none.
[[nodiscard]] std::string with_port(const Url& url);

// "203.0.113.7" or "[::1]" with the port of `url`.
[[nodiscard]] std::string address_with_port(std::string_view address, const Url& url);

// The minor version of HTTP/1; nothing for other versions of HTTP and for none.
[[nodiscard]] std::optional<int> minor_version(std::string_view version);

}  // namespace tracerec::convert
