// Writes pseudonyms over secrets, in place, in whatever way the place escapes its text, and counts them. What is hashed
// is the secret itself, unescaped: a token is equal in a header, a cookie, a query field and a JSON string.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/percent.h"
#include "redact/pseudonym.h"

namespace tracerec::redact {

// Bytes that may be written over but neither grow nor shrink.
using Bytes = std::span<char>;

[[nodiscard]] inline std::string_view view(Bytes bytes) {
  return {bytes.data(), bytes.size()};
}

struct Replaced {
  std::uint64_t values = 0;
  std::uint64_t bytes = 0;

  Replaced& operator+=(const Replaced& more) {
    values += more.values;
    bytes += more.bytes;
    return *this;
  }
};

// One thread. What is no secret (is_no_secret(), the empty text too) stays as it is and is not counted.
class Replacer {
 public:
  explicit Replacer(const RedactionKey& key) : pseudonyms_(key) {}

  // As it stands.
  void plain(Bytes secret);

  // With %XX (RFC 3986 §2.1). A % that escapes nothing is itself.
  void percent(Bytes secret, Plus plus);

  // Not a secret itself: `change` gets the text without its escapes, and what it changed is written back. It may call
  // this replacer and must not change ASCII into something else, nor the other way round.
  void within_percent(Bytes place, Plus plus, const std::function<void(Bytes)>& change);

  // What stands between the quotes of a valid JSON string; remains valid.
  void json_string(Bytes secret);

  // A valid JSON number; remains one: sign, point and exponent stay, and no zero comes first that was not there.
  void json_number(Bytes secret);

  [[nodiscard]] Pseudonyms& pseudonyms() { return pseudonyms_; }

  // What was replaced since the last call.
  [[nodiscard]] Replaced take_replaced() { return std::exchange(replaced_, {}); }

  // To take back what was counted for something that is not stored.
  [[nodiscard]] const Replaced& replaced() const { return replaced_; }
  void set_replaced(const Replaced& replaced) { replaced_ = replaced; }

 private:
  // A character, or an escape that stands for one: where it is, and how many bytes of `decoded_` it made.
  struct Unit {
    std::size_t at;
    std::uint8_t length;
    std::uint8_t decoded;
  };
  using Units = std::vector<Unit>;
  void count(Bytes secret);
  void decode(std::string_view text, bool plus_is_space);
  static void write_percent(Bytes place, std::string_view before, std::string_view after, const Units& units);

  Pseudonyms pseudonyms_;
  Replaced replaced_;
  std::string decoded_;  // kept for their memory
  Units units_;          // the escapes only
};

}  // namespace tracerec::redact
