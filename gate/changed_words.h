// The words in which two texts differ. Pure.
#pragma once

#include <string_view>

namespace tracerec::gate {

struct ChangedWords {
  std::string_view before;
  std::string_view after;
};

// Both texts without the words that they begin and end with in common. Views into them. Linear.
[[nodiscard]] ChangedWords changed_words(std::string_view before, std::string_view after);

// Whether all of it is letters, digits, "._-", or beyond ASCII: a host name, a version, an identifier.
[[nodiscard]] bool is_word(std::string_view text);

}  // namespace tracerec::gate
