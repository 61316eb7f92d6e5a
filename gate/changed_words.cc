#include "gate/changed_words.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace tracerec::gate {
namespace {

bool is_of_a_word(char c) {
  return is_digit(c) || is_lower(c) || is_upper(c) || std::string_view("._-").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

ChangedWords changed_words(std::string_view before, std::string_view after) {
  const std::size_t shorter = std::min(before.size(), after.size());
  std::size_t front = 0;
  while (front < shorter && before[front] == after[front]) ++front;
  while (front > 0 && is_of_a_word(before[front - 1])) --front;
  const std::size_t room = shorter - front;
  std::size_t back = 0;
  while (back < room && before[before.size() - 1 - back] == after[after.size() - 1 - back]) ++back;
  while (back > 0 && is_of_a_word(before[before.size() - back])) --back;
  return {before.substr(front, before.size() - front - back), after.substr(front, after.size() - front - back)};
}

bool is_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_of_a_word);
}

}  // namespace tracerec::gate
