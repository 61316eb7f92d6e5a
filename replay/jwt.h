// --jwt-key: JSON Web Tokens in requests that are signed with a key we have get times of the replay, and a new
// signature. docs/replay.md, Times.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tracerec::replay {

// Whether a text has the form of a signed token (RFC 7515 §3.1): three parts in base64url, the first one JSON.
[[nodiscard]] bool may_be_jwt(std::string_view text);

// A key for HS256, RS256 or ES256 (RFC 7518 §3.1). Copies share it.
class JwtKey {
 public:
  // The content of a file: a private key in PEM (RSA, or EC on the curve P-256), else a secret for HS256, without the
  // line end after it. Error: an empty file, or a key of another kind; never the key.
  [[nodiscard]] static Result<JwtKey> parse(std::string_view text);

  // The token with "iat", "nbf" and "exp" (RFC 7519 §4.1) moved by so many seconds, signed again. Nothing: it is not
  // signed with this key, or has none of these times. Only what the key has signed is signed.
  [[nodiscard]] std::optional<std::string> moved(std::string_view token, std::int64_t by_s) const;

  // A token of a header and claims in JSON, which are not looked at; empty: OpenSSL cannot sign it.
  [[nodiscard]] std::string signed_token(std::string_view header, std::string_view claims) const;

 private:
  JwtKey() = default;

  [[nodiscard]] bool fits(std::string_view header) const;
  [[nodiscard]] bool verify(std::string_view signed_part, const std::string& signature) const;
  [[nodiscard]] std::optional<std::string> sign(std::string_view signed_part) const;
  [[nodiscard]] std::string with_signature(std::string signed_part) const;

  std::string algorithm_;
  std::string secret_;              // of HS256
  std::shared_ptr<EVP_PKEY> pair_;  // of the others
};

}  // namespace tracerec::replay
