#include "diff/decimal.h"

#include <charconv>
#include <optional>
#include <string>

namespace tracerec::diff {
namespace {

// ± 0.DIGITS × 10^exponent, DIGITS without zeros at either end. Zero has no digits and no sign.
struct Decimal {
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;

  bool operator==(const Decimal&) const = default;
};

// Beyond this many digits an exponent might not fit into 64 bits.
constexpr std::size_t kMaxExponentDigits = 18;

std::optional<std::int64_t> parse_exponent(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() == '+') text.remove_prefix(1);
  if (text.size() > kMaxExponentDigits) return std::nullopt;
  std::int64_t exponent = 0;
  std::from_chars(text.data(), text.data() + text.size(), exponent);
  return exponent;
}

void strip_zeros(Decimal& number) {
  const std::size_t first = number.digits.find_first_not_of('0');
  if (first == std::string::npos) {
    number = {};
    return;
  }
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  number.digits.erase(0, first);
  number.exponent -= static_cast<std::int64_t>(first);
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  Decimal number;
  number.negative = text.starts_with('-');
  if (number.negative) text.remove_prefix(1);
  const std::size_t e = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, e);
  const auto exponent = parse_exponent(e == std::string_view::npos ? std::string_view{} : text.substr(e + 1));
  if (!exponent) return std::nullopt;
  const std::string_view whole = mantissa.substr(0, mantissa.find('.'));
  number.digits = whole;
  if (whole.size() < mantissa.size()) number.digits += mantissa.substr(whole.size() + 1);
  number.exponent = *exponent + static_cast<std::int64_t>(whole.size());
  strip_zeros(number);
  return number;
}

}  // namespace

NumberRelation compare_numbers(std::string_view a, std::string_view b) {
  if (a == b) return NumberRelation::kSame;
  const auto left = parse_decimal(a);
  const auto right = parse_decimal(b);
  return left && right && *left == *right ? NumberRelation::kRepresentation : NumberRelation::kDifferent;
}

}  // namespace tracerec::diff
