#include "diff/timestamps.h"

#include <charconv>
#include <chrono>

#include "diff/shape.h"

namespace tracerec::diff {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

// Nothing when there is no such month, or the year does not fit into 64 bits of nanoseconds. A day too many is the
// first of the next month, as with most servers that write one.
std::optional<std::int64_t> day_ns(int year, unsigned month, int day) {
  const std::chrono::year_month first{std::chrono::year(year), std::chrono::month(month)};
  if (!first.ok() || year <= 1677 || year >= 2262) return std::nullopt;
  const std::chrono::sys_days date = std::chrono::sys_days{first / 1} + std::chrono::days(day - 1);
  return std::chrono::nanoseconds(date.time_since_epoch()).count();
}

// A time of day, or an offset.
std::int64_t clock_ns(int hours, int minutes, int seconds) {
  return std::int64_t{(hours * 60 + minutes) * 60 + seconds} * kSecond;
}

std::int64_t fraction_ns(std::string_view& rest) {
  std::int64_t ns = 0;
  std::int64_t digit_value = kSecond / 10;
  rest.remove_prefix(1);
  for (; !rest.empty() && rest.front() >= '0' && rest.front() <= '9'; rest.remove_prefix(1), digit_value /= 10) {
    ns += (rest.front() - '0') * digit_value;
  }
  return ns;
}

std::optional<std::int64_t> rfc3339_ns(std::string_view text) {
  const auto day = day_ns(two_digits(text, 0) * 100 + two_digits(text, 2), static_cast<unsigned>(two_digits(text, 5)),
                          two_digits(text, 8));
  if (!day) return std::nullopt;
  std::int64_t ns = *day + clock_ns(two_digits(text, 11), two_digits(text, 14), two_digits(text, 17));
  text.remove_prefix(19);
  if (text.starts_with('.')) ns += fraction_ns(text);
  if (text.size() < 6) return ns;
  const std::int64_t offset = clock_ns(two_digits(text, 1), two_digits(text, 4), 0);
  return text.front() == '-' ? ns + offset : ns - offset;
}

std::optional<std::int64_t> http_date_ns(std::string_view text) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = kMonths.find(text.substr(8, 3));
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  const auto day = day_ns(two_digits(text, 12) * 100 + two_digits(text, 14), static_cast<unsigned>(month / 3) + 1,
                          two_digits(text, 5));
  if (!day) return std::nullopt;
  return *day + clock_ns(two_digits(text, 17), two_digits(text, 20), two_digits(text, 23));
}

// 10^9 seconds are in 2001, 10^10 in 2286.
std::optional<std::int64_t> epoch_ns(double number) {
  for (const double unit : {1e9, 1e6, 1e3, 1.0}) {
    const double seconds = number * unit / 1e9;
    if (seconds >= 1e9 && seconds < 9e9) return static_cast<std::int64_t>(number * unit);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> time_in_text(std::string_view text) {
  switch (format_of(text)) {
    case TextFormat::kRfc3339:
      return rfc3339_ns(text);
    case TextFormat::kHttpDate:
      return http_date_ns(text);
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> time_in_value(const body::Value& value) {
  if (value.type == body::ValueType::kString) return time_in_text(value.text);
  if (value.type != body::ValueType::kInteger && value.type != body::ValueType::kDecimal) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  if (error != std::errc{} || end != value.text.data() + value.text.size()) return std::nullopt;
  return epoch_ns(number);
}

}  // namespace tracerec::diff
