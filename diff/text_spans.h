// Where two texts of one kind differ, so that a value that varies inside a text is told from the text around it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tracerec::diff {

// One stretch in which they differ. Views into the texts.
struct SpanChange {
  std::string_view recorded;
  std::string_view replayed;
  std::uint64_t context = 0;  // hash of the two words before it in its line; numbers in them are all alike
  std::uint64_t column = 0;   // of a table (CSV): hash of the column that it lies in; 0: no table
};

struct SpanChanges {
  std::vector<SpanChange> spans;
  std::size_t common_bytes = 0;
  std::size_t common_words = 0;
  std::size_t words = 0;  // of the recorded text
};

// Lines are aligned first, then the words of lines that changed. A time, a number, a token is one word. Lines that
// came, went or moved are a span without text. O(n log n). Nothing when a text is longer than kMaxSpannedBytes.
[[nodiscard]] std::optional<SpanChanges> compare_spans(std::string_view recorded, std::string_view replayed);
constexpr std::size_t kMaxSpannedBytes = std::size_t{1} << 20;

}  // namespace tracerec::diff
