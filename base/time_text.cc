#include "base/time_text.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "base/ascii.h"

// How this works. `Scan` reads one format after the other from where a word begins; each is a few comparisons.
// Tests: tests/base/time_text_test.cc, tests/gate/generated_values_test.cc.

namespace tracerec {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::string_view kDays = "MonTueWedThuFriSatSun";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

// Reads a text from left to right; a failed read leaves it where it was only for those who copy it.
class Scan {
 public:
  Scan(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

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

std::optional<TimeText> iso_time(Scan scan) {
  TimeText span{.begin = scan.at()};
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
    span.offset_ns = offset.value_or(0);
    span.unix_ns -= span.offset_ns;
  }
  span.end = scan.at();
  return scan.at_word_end() ? std::optional(span) : std::nullopt;
}

// "Thu, 26 Nov 2026 17:00:00 GMT", "Thu, 26 Nov 2026 17:00:00 +0000".
std::optional<TimeText> header_date(Scan scan) {
  TimeText span{.form = TimeText::Form::kHeader, .begin = scan.at()};
  if (scan.name(kDays) < 0 || !scan.take_word(", ")) return std::nullopt;
  const int day = is_digit(scan.peek(1)) ? scan.number(2) : scan.number(1);
  if (day < 0 || !scan.take(' ')) return std::nullopt;
  const int month = scan.name(kMonths) + 1;
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
  span.offset_ns = *offset;
  span.end = scan.at();
  return scan.at_word_end() ? std::optional(span) : std::nullopt;
}

// 10, 13, 16 or 19 digits, the first 1 to 8 for the years 2001 to 2286; seconds may have a fraction.
std::optional<TimeText> epoch_time(Scan scan) {
  TimeText span{.form = TimeText::Form::kEpoch, .begin = scan.at()};
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

// A point in time as a calendar has it.
struct Civil {
  int year, month, day, weekday;  // weekday: from Monday, 0
  std::int64_t second, ns;        // of the day, of the second
};

Civil civil_of(std::int64_t unix_ns) {
  using std::chrono::days;
  const std::chrono::sys_time<std::chrono::nanoseconds> time{std::chrono::nanoseconds(unix_ns)};
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::int64_t ns = (time - day).count();
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(std::chrono::weekday(day).iso_encoding()) - 1,
          ns / kSecondNs,
          ns % kSecondNs};
}

// `number` with leading zeros over the digits at `at`.
void put(std::string& text, std::size_t at, std::size_t digits, std::int64_t number) {
  for (std::size_t i = digits; i > 0; --i, number /= 10) text[at + i - 1] = static_cast<char>('0' + number % 10);
}

// "12:34:56" over what is there.
void put_clock(std::string& text, std::size_t at, std::int64_t second_of_day) {
  put(text, at, 2, second_of_day / 3600);
  put(text, at + 3, 2, second_of_day / 60 % 60);
  put(text, at + 6, 2, second_of_day % 60);
}

// The digits that a fraction has of so many nanoseconds.
std::int64_t cut(std::int64_t ns, std::size_t digits) {
  for (std::size_t i = digits; i < 9; ++i) ns /= 10;
  return ns;
}

std::string write_iso(std::string text, const TimeText& like, std::int64_t local_ns) {
  const Civil at = civil_of(local_ns);
  put(text, 0, 4, at.year);
  put(text, 5, 2, at.month);
  put(text, 8, 2, at.day);
  if (like.form == TimeText::Form::kDate) return text;
  put_clock(text, 11, at.second);
  put(text, 20, std::min<std::size_t>(9, like.fraction), cut(at.ns, like.fraction));
  return text;
}

std::string write_basic(std::string text, std::int64_t unix_ns) {
  const Civil at = civil_of(unix_ns);
  put(text, 0, 8, at.year * 10000 + at.month * 100 + at.day);
  put(text, 9, 6, at.second / 3600 * 10000 + at.second / 60 % 60 * 100 + at.second % 60);
  return text;
}

// "Thu, 26 Nov 2026 17:00:00 GMT": the zone stays.
std::string write_header(std::string text, std::int64_t local_ns) {
  const Civil at = civil_of(local_ns);
  const bool short_day = text[6] == ' ';
  if (short_day && at.day > 9) text.insert(5, 1, '0');
  const std::size_t digits = short_day && at.day <= 9 ? 1 : 2;
  text.replace(0, 3, kDays.substr(static_cast<std::size_t>(at.weekday) * 3, 3));
  put(text, 5, digits, at.day);
  text.replace(6 + digits, 3, kMonths.substr(static_cast<std::size_t>(at.month - 1) * 3, 3));
  put(text, 10 + digits, 4, at.year);
  put_clock(text, 15 + digits, at.second);
  return text;
}

std::string write_epoch(std::string text, const TimeText& like, std::int64_t unix_ns) {
  const std::size_t whole = text.size() - (like.fraction > 0 ? like.fraction + 1 : 0);
  std::int64_t unit_ns = 1;
  for (std::size_t i = whole; i < 19; ++i) unit_ns *= 10;
  put(text, 0, whole, unix_ns / unit_ns);
  std::int64_t rest = unix_ns % unit_ns;
  for (std::size_t i = 0; i < like.fraction && unit_ns > 1; ++i) {
    unit_ns /= 10;
    text[whole + 1 + i] = static_cast<char>('0' + rest / unit_ns % 10);
    rest %= unit_ns;
  }
  return text;
}

}  // namespace

std::optional<TimeText> time_at(std::string_view text, std::size_t at) {
  const Scan scan(text, at);
  if (!is_digit(scan.peek())) return header_date(scan);
  if (auto time = iso_time(scan)) return time;
  return epoch_time(scan);
}

std::optional<TimeText> date_at(std::string_view text, std::size_t at) {
  Scan scan(text, at);
  const int year = scan.number(4);
  if (year < 0 || !scan.take('-')) return std::nullopt;
  const int month = scan.number(2);
  if (month < 0 || !scan.take('-')) return std::nullopt;
  const auto moment = moment_ns(year, month, scan.number(2), 0, 0, 0);
  if (!moment || !scan.at_word_end()) return std::nullopt;
  TimeText date{.form = TimeText::Form::kDate, .begin = at, .end = scan.at()};
  date.unix_ns = *moment;
  date.has_zone = false;
  return date;
}

std::optional<TimeText> basic_time_at(std::string_view text, std::size_t at) {
  Scan scan(text, at);
  const int date = scan.number(8);
  if (date < 0 || !scan.take('T')) return std::nullopt;
  const int clock = scan.number(6);
  if (clock < 0 || !scan.take('Z') || !scan.at_word_end()) return std::nullopt;
  const auto moment =
      moment_ns(date / 10000, date / 100 % 100, date % 100, clock / 10000, clock / 100 % 100, clock % 100);
  if (!moment) return std::nullopt;
  return TimeText{.form = TimeText::Form::kBasic, .begin = at, .end = scan.at(), .unix_ns = *moment};
}

std::string write_time(std::string_view text, const TimeText& like, std::int64_t unix_ns) {
  std::string out(text.substr(like.begin, like.end - like.begin));
  if (like.form == TimeText::Form::kEpoch) return write_epoch(std::move(out), like, unix_ns);
  if (like.form == TimeText::Form::kBasic) return write_basic(std::move(out), unix_ns);
  const std::int64_t local_ns = unix_ns + like.offset_ns;
  if (like.form == TimeText::Form::kHeader) return write_header(std::move(out), local_ns);
  return write_iso(std::move(out), like, local_ns);
}

}  // namespace tracerec
