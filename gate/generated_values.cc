#include "gate/generated_values.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/uuid.h"
#include "diff/id_segment.h"

// How this works. Spans begin where a word begins. `Scan` reads one format after the other from there; each is a few
// comparisons, so that a text is read once. Tests: tests/gate/generated_values_test.cc.

namespace tracerec::gate {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

// Reads a text from left to right; a failed read leaves it where it was only for those who copy it.
class Scan {
 public:
  Scan(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }

  bool take_any(std::string_view chars) {
    if (at_ >= text_.size() || chars.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  // `count` digits; -1 when they are not there.
  int number(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(peek(i))) return -1;
      value = value * 10 + (peek(i) - '0');
    }
    at_ += count;
    return value;
  }

  // One of three-letter names; -1 when there is none.
  int name(std::string_view names) {
    const std::size_t found = names.find(text_.substr(at_, 3));
    if (at_ + 3 > text_.size() || found == std::string_view::npos || found % 3 != 0) return -1;
    at_ += 3;
    return static_cast<int>(found / 3);
  }

  // Digits after a point, as nanoseconds.
  std::int64_t fraction_ns(std::size_t& digits) {
    std::int64_t ns = 0;
    std::int64_t worth = kSecondNs / 10;
    for (; is_digit(peek()); ++at_, ++digits, worth /= 10) ns += (peek() - '0') * worth;
    return ns;
  }

  [[nodiscard]] bool at_word_end() const { return !is_letter_or_digit(peek()); }

 private:
  std::string_view text_;
  std::size_t at_;
};

std::optional<std::int64_t> moment_ns(int year, int month, int day, int hour, int minute, int second) {
  const bool in_range = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60;
  if (!in_range || year < 1678 || year > 2261 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (days * 86400 + (hour * 60 + minute) * 60 + second) * kSecondNs;
}

// "+01:00", "-0000"; nothing when there is none.
std::optional<std::int64_t> zone_offset_ns(Scan& scan) {
  Scan zone = scan;
  const bool west = zone.peek() == '-';
  if (!zone.take_any("+-")) return std::nullopt;
  const int hours = zone.number(2);
  zone.take(':');
  const int minutes = zone.number(2);
  if (hours < 0 || minutes < 0) return std::nullopt;
  scan = zone;
  const std::int64_t offset = std::int64_t{hours * 60 + minutes} * 60 * kSecondNs;
  return west ? -offset : offset;
}

std::optional<GeneratedSpan> iso_time(Scan scan) {
  GeneratedSpan span{.begin = scan.at()};
  const int year = scan.number(4);
  if (year < 0 || !scan.take('-')) return std::nullopt;
  const int month = scan.number(2);
  if (month < 0 || !scan.take('-')) return std::nullopt;
  const int day = scan.number(2);
  if (day < 0 || !scan.take_any("Tt ")) return std::nullopt;
  const int hour = scan.number(2);
  if (hour < 0 || !scan.take(':')) return std::nullopt;
  const int minute = scan.number(2);
  if (minute < 0 || !scan.take(':')) return std::nullopt;
  const auto moment = moment_ns(year, month, day, hour, minute, scan.number(2));
  if (!moment) return std::nullopt;
  span.unix_ns = *moment;
  if (is_digit(scan.peek(1)) && scan.take_any(".,")) span.unix_ns += scan.fraction_ns(span.fraction);
  if (!scan.take_any("Zz")) {
    const auto offset = zone_offset_ns(scan);
    span.has_zone = offset.has_value();
    span.unix_ns -= offset.value_or(0);
  }
  span.end = scan.at();
  return scan.at_word_end() ? std::optional(span) : std::nullopt;
}

// "Thu, 26 Nov 2026 17:00:00 GMT", "Thu, 26 Nov 2026 17:00:00 +0000".
std::optional<GeneratedSpan> header_date(Scan scan) {
  GeneratedSpan span{.begin = scan.at()};
  if (scan.name("MonTueWedThuFriSatSun") < 0 || !scan.take_word(", ")) return std::nullopt;
  const int day = is_digit(scan.peek(1)) ? scan.number(2) : scan.number(1);
  if (day < 0 || !scan.take(' ')) return std::nullopt;
  const int month = scan.name("JanFebMarAprMayJunJulAugSepOctNovDec") + 1;
  if (month < 1 || !scan.take(' ')) return std::nullopt;
  const int year = scan.number(4);
  if (year < 0 || !scan.take(' ')) return std::nullopt;
  const int hour = scan.number(2);
  if (hour < 0 || !scan.take(':')) return std::nullopt;
  const int minute = scan.number(2);
  if (minute < 0 || !scan.take(':')) return std::nullopt;
  const auto moment = moment_ns(year, month, day, hour, minute, scan.number(2));
  if (!moment || !scan.take(' ')) return std::nullopt;
  const auto offset = scan.take_word("GMT") || scan.take_word("UTC") ? std::int64_t{0} : zone_offset_ns(scan);
  if (!offset) return std::nullopt;
  span.unix_ns = *moment - *offset;
  span.end = scan.at();
  return scan.at_word_end() ? std::optional(span) : std::nullopt;
}

// 10, 13, 16 or 19 digits, the first 1 to 8 for the years 2001 to 2286; seconds may have a fraction.
std::optional<GeneratedSpan> epoch_time(Scan scan) {
  GeneratedSpan span{.begin = scan.at()};
  constexpr std::uint64_t kLeast = 1'000'000'000'000'000'000;
  std::uint64_t value = 0;
  std::size_t digits = 0;
  for (; is_digit(scan.peek()) && digits < 19; ++digits) value = value * 10 + static_cast<unsigned>(scan.number(1));
  const bool has_unit = digits == 10 || digits == 13 || digits == 16 || digits == 19;
  if (!has_unit) return std::nullopt;
  for (std::size_t i = digits; i < 19; ++i) value *= 10;
  if (value < kLeast || value >= 9 * kLeast) return std::nullopt;
  span.unix_ns = static_cast<std::int64_t>(value);
  if (digits <= 13 && is_digit(scan.peek(1)) && scan.take('.')) {
    const std::int64_t fraction_ns = scan.fraction_ns(span.fraction);
    span.unix_ns += digits == 10 ? fraction_ns : fraction_ns / 1000;
  }
  span.end = scan.at();
  return scan.at_word_end() ? std::optional(span) : std::nullopt;
}

bool is_object_id(std::string_view word) {
  return word.size() == 24 && std::all_of(word.begin(), word.end(), [](char c) { return hex_value(c) >= 0; }) &&
         std::any_of(word.begin(), word.end(), is_digit) && std::any_of(word.begin(), word.end(), is_letter);
}

std::optional<GeneratedSpan> id_at(std::string_view text, std::size_t at) {
  constexpr std::size_t kUuid = 36;
  if (is_generated_uuid(text.substr(at, kUuid)) &&
      (at + kUuid == text.size() || !is_letter_or_digit(text[at + kUuid]))) {
    return GeneratedSpan{.kind = GeneratedSpan::Kind::kId, .begin = at, .end = at + kUuid};
  }
  std::size_t end = at;
  while (end < text.size() && is_letter_or_digit(text[end])) ++end;
  const std::string_view word = text.substr(at, end - at);
  const bool is_ulid = word.size() == 26 && diff::is_id_segment(word) && std::any_of(word.begin(), word.end(), is_letter);
  if (!is_ulid && !is_object_id(word)) return std::nullopt;
  return GeneratedSpan{.kind = GeneratedSpan::Kind::kId, .begin = at, .end = end};
}

std::optional<GeneratedSpan> span_at(std::string_view text, std::size_t at) {
  if (auto id = id_at(text, at)) return id;
  const Scan scan(text, at);
  if (!is_digit(text[at])) return header_date(scan);
  if (auto time = iso_time(scan)) return time;
  return epoch_time(scan);
}

// Go and PostgreSQL leave zeros at the end out; milliseconds that become microseconds are another precision.
bool is_same_precision(std::size_t a, std::size_t b) {
  return (a == 0) == (b == 0) && !(std::min(a, b) <= 3 && std::max(a, b) >= 6 && std::min(a, b) > 0);
}

}  // namespace

bool is_written_alike(std::string_view a, std::string_view b) {
  const auto style_of = [](std::string_view text) {
    std::string style;
    // The first letters of a header's date are those of its day and month.
    if (text.find(", ") == 3 && text.size() > 12) text.remove_prefix(12);
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool fraction = i > 0 && (text[i - 1] == '.' || text[i - 1] == ',') && is_digit(text[i]);
      while (fraction && i + 1 < text.size() && is_digit(text[i + 1])) ++i;
      style += is_digit(text[i]) ? '9' : text[i];
    }
    return style;
  };
  return style_of(a) == style_of(b);
}

bool names_an_id(std::string_view member) {
  const std::string name = to_lower(member);
  return name == "id" || name == "_id" || name == "uuid" || name == "key" || name == "slug" || name.ends_with("_id") ||
         name.ends_with("uuid") || (member.size() > 2 && member.ends_with("Id"));
}

std::vector<GeneratedSpan> generated_spans(std::string_view text) {
  std::vector<GeneratedSpan> spans;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = is_letter_or_digit(text[at]) && (at == 0 || !is_letter_or_digit(text[at - 1]));
    const auto span = begins ? span_at(text, at) : std::nullopt;
    if (span) spans.push_back(*span);
    if (spans.size() > kMaxSpans) return {};
    at = span ? span->end : at + 1;
  }
  return spans;
}

bool follow_their_responses(const GeneratedSpan& recorded, const GeneratedSpan& replayed,
                            const diff::ResponseTimes& times) {
  constexpr std::int64_t kNearNs = 120 * kSecondNs;
  constexpr std::int64_t kEquallyFarNs = 5 * kSecondNs;
  constexpr std::int64_t kLongestTermNs = 400 * 86400 * kSecondNs;
  constexpr std::int64_t kFurthestZoneNs = 14 * 3600 * kSecondNs;
  if (times.recorded_ns == 0 || times.replayed_ns == 0) return false;
  if (recorded.has_zone != replayed.has_zone || !is_same_precision(recorded.fraction, replayed.fraction)) return false;
  const std::int64_t before_ns = recorded.unix_ns - times.recorded_ns;
  const std::int64_t after_ns = replayed.unix_ns - times.replayed_ns;
  const std::int64_t apart_ns = std::abs(before_ns - after_ns);
  const std::int64_t further_ns = std::max(std::abs(before_ns), std::abs(after_ns));
  if (further_ns <= kNearNs) return true;
  if (!recorded.has_zone && further_ns <= kFurthestZoneNs + kNearNs) return apart_ns <= kNearNs;
  return further_ns <= kLongestTermNs && apart_ns <= kEquallyFarNs;
}

}  // namespace tracerec::gate
