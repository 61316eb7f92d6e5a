// The alphabet is learned as a set of character groups and widened to the alphabets that could as well have produced
// what was seen: after n characters all from alphabet A, a wider alphabet W is given up only when (|A| / |W|)^n <
// 10^-6. A few short values therefore allow much, and many long ones little.
#include "diff/shape.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tracerec::diff {
namespace {

// Character groups, as bits.
constexpr std::uint32_t kDigit = 1;
constexpr std::uint32_t kLowerHex = 2;       // a–f
constexpr std::uint32_t kLowerRest = 4;      // g–z
constexpr std::uint32_t kUpperHex = 8;       // A–F
constexpr std::uint32_t kUpperRest = 16;     // G–Z
constexpr std::uint32_t kUrl = 32;           // - _
constexpr std::uint32_t kBase64 = 64;        // + / =
constexpr std::uint32_t kPunctuation = 128;  // the rest of printable ASCII, space included
constexpr std::uint32_t kOther = 256;        // control characters and everything beyond ASCII
constexpr std::uint32_t kLetters = kLowerHex | kLowerRest | kUpperHex | kUpperRest;
constexpr std::uint32_t kAlphanumeric = kLetters | kDigit;
constexpr std::uint32_t kPrintable = kAlphanumeric | kUrl | kBase64 | kPunctuation;

struct Alphabet {
  std::string_view name;
  std::uint32_t groups;
  double size;
};

// By size. The last is everything.
constexpr std::array kAlphabets = {
    Alphabet{"digits", kDigit, 10},
    Alphabet{"hex", kDigit | kLowerHex, 16},
    Alphabet{"upper-case hex", kDigit | kUpperHex, 16},
    Alphabet{"lower-case letters", kLowerHex | kLowerRest, 26},
    Alphabet{"upper-case letters", kUpperHex | kUpperRest, 26},
    Alphabet{"lower-case letters and digits", kLowerHex | kLowerRest | kDigit, 36},
    Alphabet{"upper-case letters and digits", kUpperHex | kUpperRest | kDigit, 36},
    Alphabet{"letters", kLetters, 52},
    Alphabet{"letters and digits", kAlphanumeric, 62},
    Alphabet{"base64url", kAlphanumeric | kUrl, 64},
    Alphabet{"base64", kAlphanumeric | kBase64, 65},
    Alphabet{"printable ASCII", kPrintable, 95},
    Alphabet{"any text", kPrintable | kOther, 256},
};

constexpr double kLogOneInAMillion = -13.8;

// Evidence that a length is fixed: a pair of long values of equal length is enough, of short ones it takes some;
// numbers written as text share their length by chance more often than not.
constexpr std::size_t kLongValueBytes = 16;
constexpr std::uint32_t kLongEvidence = 3;
constexpr std::uint32_t kEnoughEvidence = 3;
constexpr std::uint32_t kEnoughEvidenceDigits = 8;

constexpr std::uint32_t group_of(unsigned char c) {
  if (c >= '0' && c <= '9') return kDigit;
  if (c >= 'a' && c <= 'z') return c <= 'f' ? kLowerHex : kLowerRest;
  if (c >= 'A' && c <= 'Z') return c <= 'F' ? kUpperHex : kUpperRest;
  if (c == '-' || c == '_') return kUrl;
  if (c == '+' || c == '/' || c == '=') return kBase64;
  return c >= 0x20 && c < 0x7F ? kPunctuation : kOther;
}

// A table: bodies of megabytes are looked at character by character.
constexpr std::array<std::uint32_t, 256> kGroups = [] {
  std::array<std::uint32_t, 256> groups{};
  for (std::size_t c = 0; c < groups.size(); ++c) groups[c] = group_of(static_cast<unsigned char>(c));
  return groups;
}();

std::uint32_t groups_in(std::string_view text) {
  std::uint32_t groups = 0;
  for (const char c : text) groups |= kGroups[static_cast<unsigned char>(c)];
  return groups;
}

const Alphabet& smallest_with(std::uint32_t groups) {
  return *std::find_if(kAlphabets.begin(), kAlphabets.end() - 1,
                       [&](const Alphabet& alphabet) { return (groups & ~alphabet.groups) == 0; });
}

// '9' stands for a digit, 'x' for a hexadecimal digit, 'A' for a letter; everything else for itself.
bool matches(std::string_view text, std::string_view pattern) {
  return std::equal(text.begin(), text.end(), pattern.begin(), pattern.end(), [](char c, char p) {
    const std::uint32_t group = group_of(static_cast<unsigned char>(c));
    if (p == '9') return group == kDigit;
    if (p == 'x') return (group & (kDigit | kLowerHex | kUpperHex)) != 0;
    if (p == 'A') return (group & kLetters) != 0;
    return c == p;
  });
}

bool is_time_zone(std::string_view text) {
  return text == "Z" || text == "z" || matches(text, "+99:99") || matches(text, "-99:99");
}

// RFC 3339 §5.6, with a space for the T as its note allows.
bool is_rfc3339(std::string_view text) {
  if (text.size() < 20 ||
      !(matches(text.substr(0, 19), "9999-99-99T99:99:99") || matches(text.substr(0, 19), "9999-99-99 99:99:99"))) {
    return false;
  }
  text.remove_prefix(19);
  if (text.starts_with('.')) text.remove_prefix(std::min(text.find_first_not_of("0123456789", 1), text.size()));
  return is_time_zone(text);
}

std::string_view name_of(TextFormat format) {
  switch (format) {
    case TextFormat::kUuid:
      return "UUID";
    case TextFormat::kRfc3339:
      return "RFC 3339 time";
    case TextFormat::kHttpDate:
      return "HTTP date";
    case TextFormat::kFree:
      break;
  }
  return "text";
}

bool is_number(const Value& value) {
  return value.type == ValueType::kInteger || value.type == ValueType::kDecimal;
}

}  // namespace

TextFormat format_of(std::string_view text) {
  if (matches(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")) return TextFormat::kUuid;
  if (matches(text, "AAA, 99 AAA 9999 99:99:99 GMT")) return TextFormat::kHttpDate;
  return is_rfc3339(text) ? TextFormat::kRfc3339 : TextFormat::kFree;
}

void Shape::learn(const Value& a, const Value& b) {
  observe(a);
  observe(b);
  if (a.type == ValueType::kString && b.type == ValueType::kString) observe_length(a.text.size(), b.text.size());
}

void Shape::observe(const Value& value) {
  if (is_number(value)) {
    any_number_ = true;
    all_integers_ = all_integers_ && value.type == ValueType::kInteger;
  }
  if (value.type != ValueType::kString) return;
  any_string_ = true;
  empty_seen_ = empty_seen_ || value.text.empty();
  const TextFormat format = format_of(value.text);
  if (format_known_ && format != format_) {
    format_ = TextFormat::kFree;
  } else {
    format_ = format;
  }
  format_known_ = true;
  characters_ |= groups_in(value.text);
  characters_seen_ += value.text.size();
}

void Shape::observe_length(std::size_t a, std::size_t b) {
  length_varied_ = length_varied_ || a != b;
  length_evidence_ += a >= kLongValueBytes ? kLongEvidence : 1;
}

bool Shape::length_is_fixed() const {
  const bool digits = characters_ == kDigit;
  return !length_varied_ && length_evidence_ >= (digits ? kEnoughEvidenceDigits : kEnoughEvidence);
}

std::uint32_t Shape::allowed_characters() const {
  const Alphabet& seen = smallest_with(characters_);
  std::uint32_t allowed = seen.groups;
  for (const Alphabet& wider : kAlphabets) {
    if ((characters_ & ~wider.groups) != 0 || wider.size < seen.size) continue;
    const double log_odds = static_cast<double>(characters_seen_) * std::log(seen.size / wider.size);
    if (log_odds > kLogOneInAMillion) allowed |= wider.groups;
  }
  return allowed;
}

std::optional<std::string> Shape::string_violation(std::string_view recorded, std::string_view replayed) const {
  if (format_ != TextFormat::kFree && format_of(recorded) == format_ && format_of(replayed) != format_) {
    return "is no " + std::string(name_of(format_));
  }
  if (length_is_fixed() && recorded.size() != replayed.size()) {
    return "has length " + std::to_string(replayed.size()) + ", expected " + std::to_string(recorded.size());
  }
  if (replayed.empty() && !recorded.empty() && !empty_seen_) return "is empty";
  const std::uint32_t allowed = allowed_characters() | groups_in(recorded);
  if ((groups_in(replayed) & ~allowed) == 0) return std::nullopt;
  return "has other characters than " + std::string(smallest_with(allowed).name);
}

std::optional<std::string> Shape::violation(const Value& recorded, const Value& replayed) const {
  if (replayed.type == ValueType::kString && recorded.type == ValueType::kString && any_string_) {
    return string_violation(recorded.text, replayed.text);
  }
  const bool was_integer = recorded.type == ValueType::kInteger && any_number_ && all_integers_;
  if (was_integer && replayed.type == ValueType::kDecimal) return "is no integer";
  return std::nullopt;
}

std::string Shape::describe() const {
  std::string text;
  if (any_string_) {
    text = format_ != TextFormat::kFree ? name_of(format_) : smallest_with(allowed_characters()).name;
    if (length_is_fixed()) text += ", same length";
  }
  if (any_number_) {
    if (!text.empty()) text += " or ";
    text += all_integers_ ? "integer" : "number";
  }
  return text.empty() ? "any value" : text;
}

}  // namespace tracerec::diff
