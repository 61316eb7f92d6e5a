// Names of fields that hold secrets. A recording replaces their values by pseudonyms (docs/capture.md, Secrets), and a
// comparison has to know that.
#pragma once

#include <span>
#include <string_view>

namespace tracerec::http {

// Header fields whose whole value is a secret, less the name of an authentication scheme; Cookie and Set-Cookie, of
// which only the values are, are not among them.
[[nodiscard]] std::span<const char* const> secret_headers();

// Fields of JSON, forms and queries that hold what a client sends back in a header.
[[nodiscard]] std::span<const char* const> token_fields();

// Of JSON only: a form field of this name has its value from an HTML page, which is not searched.
[[nodiscard]] std::span<const char* const> json_token_fields();

// Whether it is one of them; any case.
[[nodiscard]] bool is_secret_header(std::string_view name);
[[nodiscard]] bool is_json_token_field(std::string_view name);

}  // namespace tracerec::http
