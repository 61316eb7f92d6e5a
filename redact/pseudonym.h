// Another text in place of a secret: equal for equal secrets of one recording, of the same shape, and of no use.
//
// How it works. HMAC-SHA256 of the secret, with a key that lives in this process alone, gives a stream of bytes; each
// character of the secret becomes another one of its class that the stream chooses. A digit stays a digit, a lower-case
// letter a lower-case letter, what is all hexadecimal stays so; punctuation, and with it the dashes of a UUID, the dots
// of a JWT and the padding of base64, stays where it is. A character outside ASCII becomes one of the same length in
// UTF-8. The claims of a JWT begin with characters that all tokens of its holder have (http/web_token.h). Because every
// character is replaced by itself, the same secret can be written in any escaped form (redact/replacer.h) and remains
// equal. Tests: tests/redact/pseudonym_test.cc.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"

namespace tracerec::redact {

using RedactionKey = std::array<std::uint8_t, 32>;

// From the kernel's random source. Never write it anywhere: who has it can try secrets.
[[nodiscard]] Result<RedactionKey> random_redaction_key();

// Texts that stand where a secret should and say that there is none: empty, `undefined`, `null`, `[object Object]`,
// `NaN`, the `deleted` of an expired cookie, a mask of asterisks. Nobody gets in by them, and a pseudonym would hide
// what a comparison has to find.
[[nodiscard]] bool is_no_secret(std::string_view text);

// One thread.
class Pseudonyms {
 public:
  explicit Pseudonyms(const RedactionKey& key) : key_(key) {}

  // Exactly as many bytes as `secret`; differs from it unless it consists of white space, quotes and slashes. Valid
  // until the next call.
  [[nodiscard]] std::string_view of(std::string_view secret);

  // From now on original() knows the secrets that come, up to so many bytes of memory.
  void remember_originals(std::size_t limit_bytes) { originals_limit_bytes_ = limit_bytes; }

  // Whether there was no room for one.
  [[nodiscard]] bool has_forgotten() const { return has_forgotten_; }

  // The secret that this is the pseudonym of; nothing when it is none, or is not remembered.
  [[nodiscard]] std::optional<std::string_view> original(std::string_view pseudonym) const;

 private:
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the standard's name
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Map = std::unordered_map<std::string, std::string, Hash, std::equal_to<>>;

  // The same token comes thousands of times; a new one costs 5 µs. Two generations: what was asked for
  // while the younger one filled up survives, the rest goes.
  [[nodiscard]] const std::string* find(std::string_view secret);
  const std::string& keep(std::string_view secret, std::string pseudonym);
  void remember(std::string_view secret, const std::string& pseudonym);

  RedactionKey key_;
  Map young_, old_;
  std::size_t young_bytes_ = 0;
  std::string uncached_;
  Map originals_;  // by pseudonym
  std::size_t originals_bytes_ = 0;
  std::size_t originals_limit_bytes_ = 0;
  bool has_forgotten_ = false;
};

}  // namespace tracerec::redact
