#include "base/columns.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace tracerec {
namespace {

struct Range {
  char32_t first, last;
};

constexpr std::array<Range, 6> kCombining = {
    {{0x300, 0x36F}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};

constexpr std::array<Range, 11> kWide = {{{0x1100, 0x115F},
                                          {0x2E80, 0x303E},
                                          {0x3041, 0xA4CF},
                                          {0xAC00, 0xD7A3},
                                          {0xF900, 0xFAFF},
                                          {0xFE30, 0xFE6F},
                                          {0xFF01, 0xFF60},
                                          {0xFFE0, 0xFFE6},
                                          {0x1F300, 0x1F64F},
                                          {0x1F680, 0x1FAFF},
                                          {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t point) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [point](const Range& one) { return point >= one.first && point <= one.last; });
}

std::size_t width_of(char32_t point) {
  if (point < 0x300) return 1;
  if (is_in(kCombining, point)) return 0;
  return is_in(kWide, point) ? 2 : 1;
}

// A byte that begins no sequence stands for itself.
struct Character {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

Character first_of(std::string_view text) {
  const std::size_t length = utf8_length(text);
  if (length == 0) return {};
  return {length, width_of(read_code_point(text, length))};
}

// The longest beginning that is at most `columns` wide.
std::string_view beginning(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    const Character next = first_of(text.substr(end));
    if (next.columns > columns) break;
    columns -= next.columns;
    end += next.bytes;
  }
  return text.substr(0, end);
}

// What remains when so much of the beginning is left out that the rest is at most `columns` wide.
std::string_view ending(std::string_view text, std::size_t columns) {
  std::size_t width = display_width(text);
  while (width > columns) {
    const Character next = first_of(text);
    width -= next.columns;
    text.remove_prefix(next.bytes);
  }
  return text;
}

// Bytes that two texts have in common at their beginning, ending between two characters.
std::size_t common_beginning(std::string_view a, std::string_view b) {
  const auto [at, unused] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  auto bytes = static_cast<std::size_t>(at - a.begin());
  while (bytes > 0 && bytes < a.size() && is_utf8_tail(a[bytes])) --bytes;
  return bytes;
}

constexpr std::size_t kContext = 8;  // columns of what is equal, on both sides of what is left out

std::string cut_end(const std::string& text, std::size_t columns) {
  if (display_width(text) <= columns || columns == 0) return columns == 0 ? std::string() : text;
  return std::string(beginning(text, columns - 1)) + "…";
}

std::string without_middle(std::string_view text, std::size_t common) {
  const std::string_view equal = text.substr(0, common);
  return std::string(beginning(equal, kContext)) + "…" + std::string(ending(equal, kContext)) +
         std::string(text.substr(common));
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character next = first_of(text);
    width += next.columns;
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string cut_middle(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns == 0) return {};
  const std::size_t kept = columns - 1;
  return std::string(beginning(text, kept - kept / 2)) + "…" + std::string(ending(text, kept / 2));
}

std::pair<std::string, std::string> cut_alike(std::string_view before, std::string_view after, std::size_t columns) {
  std::string a(before), b(after);
  if (display_width(a) + display_width(b) <= columns) return {a, b};
  const std::size_t common = common_beginning(before, after);
  const bool is_long = display_width(before.substr(0, common)) > 2 * kContext + 1;
  if (is_long) {
    a = without_middle(before, common);
    b = without_middle(after, common);
  }
  const auto cut = [&](const std::string& text, std::size_t room) {
    return is_long ? cut_end(text, room) : cut_middle(text, room);
  };
  a = cut(a, std::max(columns / 2, columns - std::min(columns, display_width(b))));
  return {a, cut(b, columns - display_width(a))};
}

std::vector<std::string> wrap_words(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines{""};
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string word = cut_middle(text.substr(0, space), columns);
    text.remove_prefix(std::min(space + 1, text.size()));
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (display_width(line) + 1 + display_width(word) <= columns) {
      line += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::string pad_right(std::string text, std::size_t columns) {
  const std::size_t have = display_width(text);
  if (have < columns) text.append(columns - have, ' ');
  return text;
}

std::string pad_left(const std::string& text, std::size_t columns) {
  const std::size_t have = display_width(text);
  return have < columns ? std::string(columns - have, ' ') + text : text;
}

}  // namespace tracerec
