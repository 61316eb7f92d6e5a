// Whose a JSON Web Token is (RFC 7519). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tracerec::http {

// The payload of a token of three parts: what stands between its dots. Empty when there are not two dots.
[[nodiscard]] std::string_view claims_part(std::string_view token);

// What every token of one holder says: its claims without times (iat, nbf, exp, auth_time, …_at) and what is new in
// each token (jti, sid, nonce, hashes), as JSON with sorted names. Nothing when the claims cannot be read, are longer
// than kLongestClaims or nested more than 16 deep. The signature is not looked at.
[[nodiscard]] std::optional<std::string> lasting_claims(std::string_view token);

// At the start of the claims in a token's pseudonym (redact/pseudonym.h): equal when lasting_claims() are.
inline constexpr std::size_t kHolderChars = 16;

// Who holds a token, to compare with other tokens of the same recording or run: lasting_claims(), or that start.
[[nodiscard]] std::string holder_of(std::string_view token);

inline constexpr std::size_t kLongestClaims = 16 << 10;  // bytes of base64

}  // namespace tracerec::http
