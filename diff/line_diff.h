// Two lists of lines as one, with what went and what came. Pure.
#pragma once

#include <string>
#include <vector>

namespace tracerec::diff {

struct DiffLine {
  enum class Side { kBoth, kRecorded, kReplayed };
  Side side = Side::kBoth;
  std::string text;
};

// All lines of both, in order; where several in a row differ, those that were recorded come first. Between lines that
// are there once on each side, the fewest that went and came, up to a thousand. Time: O(n log n), and n times that
// number where nothing is there once.
[[nodiscard]] std::vector<DiffLine> diff_lines(const std::vector<std::string>& recorded,
                                               const std::vector<std::string>& replayed);

}  // namespace tracerec::diff
