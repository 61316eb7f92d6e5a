#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/utf8.h"

namespace tracerec {
namespace {

char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + ('a' - 'A')) : c;
}

struct Unit {
  std::string_view name;
  double factor;
};

// A number and one of `units`; nothing for anything else, negative, or too large for int64.
std::optional<double> parse_with_unit(std::string_view text, std::initializer_list<Unit> units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{} || !(number >= 0)) return std::nullopt;  // "nan" is no number, either
  const std::string_view rest = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const Unit& unit : units) {
    if (!equals_ignoring_case(rest, unit.name)) continue;
    const double value = number * unit.factor;
    if (value >= 9.2e18) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

// C1 controls (U+0080–U+009F) are as dangerous to a terminal as C0; bidi controls reorder what a reader sees; what has
// no width or looks like a blank hides that two texts differ (Unicode's Default_Ignorable_Code_Point, and U+2800).
bool is_unsafe_point(char32_t point) {
  struct Range {
    char32_t first, last;
  };
  constexpr Range kRanges[] = {{0x00, 0x1F},     {0x7F, 0x9F},       {0xAD, 0xAD},       {0x34F, 0x34F},
                               {0x61C, 0x61C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
                               {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},   {0x2800, 0x2800},
                               {0x3164, 0x3164}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
                               {0xFFF0, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF}};
  return std::any_of(std::begin(kRanges), std::end(kRanges),
                     [&](const Range& range) { return point >= range.first && point <= range.last; });
}

bool is_unsafe_sequence(std::string_view s) {
  constexpr char32_t kFirstBeyondAscii = 0x80;
  const char32_t point = read_code_point(s, s.size());
  if (point < kFirstBeyondAscii) return point < 0x20 || point == 0x7F;
  return is_unsafe_point(point);
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string to_lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
  const auto value =
      parse_with_unit(text, {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {"m", 60e9}, {"h", 3600e9}});
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(std::llround(*value));
}

std::optional<std::uint64_t> parse_size_bytes(std::string_view text) {
  const auto value = parse_with_unit(text, {{"", 1},
                                            {"B", 1},
                                            {"KB", 1e3},
                                            {"MB", 1e6},
                                            {"GB", 1e9},
                                            {"KiB", 1024},
                                            {"MiB", 1024.0 * 1024},
                                            {"GiB", 1024.0 * 1024 * 1024},
                                            {"K", 1024},
                                            {"M", 1024.0 * 1024},
                                            {"G", 1024.0 * 1024 * 1024}});
  if (!value) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(*value));
}

std::string format_bytes(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return buffer;
}

std::string format_count(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string printable(std::string_view bytes, std::size_t limit) {
  std::string text;
  text.reserve(bytes.size() < limit ? bytes.size() : limit);
  while (!bytes.empty()) {
    if (text.size() >= limit) return text + "…";
    const std::size_t length = utf8_length(bytes);
    if (length > 0 && !is_unsafe_sequence(bytes.substr(0, length))) {
      text += bytes.substr(0, length);
      bytes.remove_prefix(length);
      continue;
    }
    text += "\\x";
    append_hex(text, 2, static_cast<unsigned char>(bytes.front()));
    bytes.remove_prefix(1);
  }
  return text;
}

}  // namespace tracerec
