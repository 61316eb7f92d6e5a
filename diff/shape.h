// What the values of a noisy location have in common, learned from examples and then enforced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "diff/difference.h"

namespace tracerec::diff {

enum class TextFormat : std::uint8_t { kFree, kUuid, kRfc3339, kHttpDate };

// The most special format that all of `text` has.
[[nodiscard]] TextFormat format_of(std::string_view text);

// Learned from pairs of values that equal requests got at one place. Enforced are only properties that chance would not
// have produced: an alphabet when the odds that a wider one looks like this are below one in a million, a length when
// several pairs (or one of long values) had it in common. Bounded memory.
class Shape {
 public:
  // Two values of one place in two answers to equal requests.
  void learn(const Value& a, const Value& b);

  // Why `replayed` does not have the learned shape, for people; nothing when it has. Where the length was constant
  // within each pair, `replayed` must be as long as `recorded`, the value that the same request got when it was
  // recorded.
  [[nodiscard]] std::optional<std::string> violation(const Value& recorded, const Value& replayed) const;

  // "letters, same length", "integer", "UUID"…
  [[nodiscard]] std::string describe() const;

 private:
  void observe(const Value& value);
  void observe_length(std::size_t a, std::size_t b);
  [[nodiscard]] bool length_is_fixed() const;
  [[nodiscard]] std::uint32_t allowed_characters() const;
  [[nodiscard]] std::optional<std::string> string_violation(std::string_view recorded, std::string_view replayed) const;

  bool any_string_ = false;
  bool any_number_ = false;
  bool all_integers_ = true;
  bool empty_seen_ = false;
  bool format_known_ = false;
  TextFormat format_ = TextFormat::kFree;
  bool length_varied_ = false;
  std::uint32_t length_evidence_ = 0;
  std::uint32_t characters_ = 0;  // set of character groups
  std::uint64_t characters_seen_ = 0;
};

}  // namespace tracerec::diff
