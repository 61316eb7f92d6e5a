#include "schema/repeats.h"

#include <algorithm>
#include <charconv>

namespace tracerec::schema {
namespace {

constexpr std::string_view kWord = "repeats:";

// Calls `visit` with each word.
template <class Visit>
void for_each_word(std::string_view notes, const Visit& visit) {
  while (!notes.empty()) {
    const std::size_t comma = std::min(notes.find(','), notes.size());
    visit(notes.substr(0, comma));
    notes.remove_prefix(std::min(comma + 1, notes.size()));
  }
}

}  // namespace

std::uint64_t repeats_of(std::string_view notes) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 48;  // a file may say anything, and counts are added up
  std::uint64_t count = 1;
  for_each_word(notes, [&](std::string_view word) {
    std::uint64_t said = 0;
    if (!word.starts_with(kWord)) return;
    word.remove_prefix(kWord.size());
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), said);
    if (error == std::errc{} && end == word.data() + word.size()) count = std::clamp<std::uint64_t>(said, 1, kMost);
  });
  return count;
}

std::string with_repeats(std::string_view notes, std::uint64_t count) {
  std::string all;
  for_each_word(notes, [&](std::string_view word) {
    if (word.starts_with(kWord)) return;
    all += word;
    all += ',';
  });
  return all + std::string(kWord) + std::to_string(count);
}

}  // namespace tracerec::schema
