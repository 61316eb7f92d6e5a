// SHA-256 (FIPS 180-4), by OpenSSL: names large bodies by their content. HMAC (RFC 2104) hides secrets.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tracerec {

using Sha256Digest = std::array<std::uint8_t, 32>;

// Hash of a stream that arrives in pieces. One thread at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();

  void update(std::string_view bytes);

  // The digest of everything given so far; the object must not be used afterwards.
  [[nodiscard]] Sha256Digest finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

[[nodiscard]] Sha256Digest sha256(std::string_view bytes);

[[nodiscard]] Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes);

// "3 bytes, sha256 ba7816bf…", all 64 digits: stands for bytes that are not shown.
[[nodiscard]] std::string size_and_sha256(std::string_view bytes);

}  // namespace tracerec
