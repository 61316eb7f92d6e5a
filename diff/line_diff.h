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

// All lines of both, in order; where several in a row differ, those that were recorded come first. As small as align()
// makes it, in O(n log n).
[[nodiscard]] std::vector<DiffLine> diff_lines(const std::vector<std::string>& recorded,
                                               const std::vector<std::string>& replayed);

}  // namespace tracerec::diff
