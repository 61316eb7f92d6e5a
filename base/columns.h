// How wide a text is on a terminal, and how to make it fit. Pure. The text is what printable() (base/text.h) gives:
// UTF-8 without control characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tracerec {

// Columns of a terminal: 0 for combining marks, 2 for East Asian wide characters and emoji (Unicode Standard Annex 11,
// the blocks alone; ambiguous ones are narrow), 1 for everything else.
[[nodiscard]] std::size_t display_width(std::string_view text);

// The beginning and the end of `text` with "…" in between, at most `columns` wide; `text` itself when it fits.
[[nodiscard]] std::string cut_middle(std::string_view text, std::size_t columns);

// Two texts beside each other in `columns` together, cut where they must be, so that what differs stays in sight: of a
// long common beginning only the first letters are shown.
[[nodiscard]] std::pair<std::string, std::string> cut_alike(std::string_view before, std::string_view after,
                                                            std::size_t columns);

// Lines of at most `columns`, broken at spaces; a longer word is cut in the middle. At least one line.
[[nodiscard]] std::vector<std::string> wrap_words(std::string_view text, std::size_t columns);

// `text` and spaces up to `columns`; on the left of it with pad_left().
[[nodiscard]] std::string pad_right(std::string text, std::size_t columns);
[[nodiscard]] std::string pad_left(const std::string& text, std::size_t columns);

}  // namespace tracerec
