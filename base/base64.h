// Base64 (RFC 4648 §4) and its form for URLs (§5). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tracerec {

// With padding.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

// With - and _, without padding: as in JSON Web Tokens (RFC 7515 §2).
[[nodiscard]] std::string encode_base64url(std::string_view bytes);

// Either alphabet, padding or none: issuers of tokens mix them. Nothing when another character stands in it, when it
// has a length that no bytes have, or padding that does not end it.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace tracerec
