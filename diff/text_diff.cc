#include "diff/text_diff.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "diff/align.h"

namespace tracerec::diff {
namespace {

constexpr std::size_t kMaxWordBytes = 4096;  // of a line that is compared word by word

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string_view without_cr(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::uint64_t> hashes_of(const std::vector<std::string_view>& parts) {
  std::vector<std::uint64_t> hashes;
  hashes.reserve(parts.size());
  for (const std::string_view part : parts) hashes.push_back(std::hash<std::string_view>{}(without_cr(part)));
  return hashes;
}

void append_word(std::string& text, std::string_view open, std::string_view word, std::string_view close) {
  if (!text.empty()) text += ' ';
  text.append(open).append(word).append(close);
}

std::string count_of(std::size_t count, const char* what) {
  return std::to_string(count) + (count == 1 ? " line " : " lines ") + what;
}

std::string note_of(const Alignment& alignment, std::string_view before, std::string_view after) {
  std::string note;
  const auto add = [&](std::size_t count, const char* what) {
    if (count > 0) note += (note.empty() ? "" : ", ") + count_of(count, what);
  };
  add(alignment.changed.size(), "changed");
  add(alignment.removed.size(), "removed");
  add(alignment.inserted.size(), "added");
  add(alignment.moved.size(), "moved");
  if (!before.empty() && !after.empty() && before.size() + after.size() < kMaxWordBytes)
    note += "; " + word_diff(before, after);
  return note;
}

}  // namespace

std::string word_diff(std::string_view recorded, std::string_view replayed) {
  const auto left = split(recorded, ' ');
  const auto right = split(replayed, ' ');
  const Alignment alignment = align(hashes_of(left), hashes_of(right));
  std::vector<bool> gone(left.size(), false), came(right.size(), false);
  for (const auto& [i, j] : alignment.changed) gone[i] = came[j] = true;
  for (const auto& [i, j] : alignment.moved) gone[i] = came[j] = true;
  for (const auto i : alignment.removed) gone[i] = true;
  for (const auto j : alignment.inserted) came[j] = true;
  std::string text;
  std::size_t i = 0, j = 0;
  while (i < left.size() || j < right.size()) {
    if (i < left.size() && gone[i]) {
      append_word(text, "[-", left[i++], "-]");
    } else if (j < right.size() && came[j]) {
      append_word(text, "{+", right[j++], "+}");
    } else {
      if (i < left.size()) append_word(text, "", left[i], "");
      ++i, ++j;
    }
  }
  return text;
}

void diff_text(std::string_view recorded, std::string_view replayed, DifferenceSink& sink) {
  const auto left = split(recorded, '\n');
  const auto right = split(replayed, '\n');
  const Alignment alignment = align(hashes_of(left), hashes_of(right));
  const auto first = std::mismatch(left.begin(), left.end(), right.begin(), right.end(),
                                   [](auto a, auto b) { return without_cr(a) == without_cr(b); });
  if (first.first == left.end() && first.second == right.end()) {
    return sink.on_difference({Kind::kRepresentation,
                               "body",
                               "body",
                               {body::ValueType::kString, recorded, recorded},
                               {body::ValueType::kString, replayed, replayed},
                               "only the line ends differ"});
  }
  const std::string_view before = first.first == left.end() ? std::string_view{} : *first.first;
  const std::string_view after = first.second == right.end() ? std::string_view{} : *first.second;
  const std::string path = "line " + std::to_string(first.first - left.begin() + 1);
  const std::string note = note_of(alignment, before, after);
  sink.on_difference({Kind::kValue,
                      "body",
                      path,
                      {body::ValueType::kString, recorded, before},
                      {body::ValueType::kString, replayed, after},
                      note});
}

}  // namespace tracerec::diff
