// Two texts compared line by line, and changed lines word by word.
#pragma once

#include <string>
#include <string_view>

#include "diff/difference.h"

namespace tracerec::diff {

// One difference for the whole text: its path is the first line that differs, its note says how many lines changed,
// came or went, and what the words of the first one are. CRLF and LF alone are a difference of representation. O(n log
// n).
void diff_text(std::string_view recorded, std::string_view replayed, DifferenceSink& sink);

// "the [-quick-] {+slow+} fox": words that went and that came.
[[nodiscard]] std::string word_diff(std::string_view recorded, std::string_view replayed);

}  // namespace tracerec::diff
