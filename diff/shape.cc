// The alphabet is learned as a set of character groups and widened to the alphabets that could as well have produced
// what was seen: after n characters all from alphabet A, a wider alphabet W is given up only when (|A| / |W|)^n <
// 10^-6. A few short values therefore allow much, and many long ones little.
#include "diff/shape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>

#include "base/uuid.h"
#include "diff/id_segment.h"
#include "diff/timestamps.h"

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

// '9' stands for a digit, 'A' for a letter; everything else for itself.
bool matches(std::string_view text, std::string_view pattern) {
  return std::equal(text.begin(), text.end(), pattern.begin(), pattern.end(), [](char c, char p) {
    const std::uint32_t group = group_of(static_cast<unsigned char>(c));
    if (p == '9') return group == kDigit;
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
    case TextFormat::kUlid:
      return "ULID";
    case TextFormat::kJwt:
      return "JWT";
    case TextFormat::kUrl:
      return "URL";
    case TextFormat::kFree:
      break;
  }
  return "text";
}

bool is_number(const body::Value& value) {
  return value.type == body::ValueType::kInteger || value.type == body::ValueType::kDecimal;
}

// RFC 7519: three parts of base64url, the first of which is an object ("eyJ" is `{"`).
bool is_jwt(std::string_view text) {
  return text.starts_with("eyJ") && std::count(text.begin(), text.end(), '.') == 2 &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
             std::string_view::npos;
}

bool is_url(std::string_view text) {
  const bool absolute = text.starts_with("http://") || text.starts_with("https://");
  return (absolute || (text.starts_with('/') && text.size() > 1)) && text.find(' ') == std::string_view::npos;
}

double number_of(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// How a time is written apart from its digits: "T" or " ", "Z" or an offset.
std::string_view time_style(std::string_view text) {
  const bool zulu = text.ends_with('Z') || text.ends_with('z');
  if (text.size() > 10 && text[10] == ' ') return zulu ? " Z" : " offset";
  return zulu ? "TZ" : "T offset";
}

// Seconds since 1970 have 10 digits before the point, milliseconds 13. 0 for times that are texts.
std::size_t unit_digits(const body::Value& value) {
  return is_number(value) ? std::min(value.text.find('.'), value.text.size()) : 0;
}

// A clock of another machine may be a little off, and responses take their time.
constexpr std::int64_t kSkewMarginNs = 120'000'000'000;
// A value that is further away from the moment of its response at one time than at another is not a clock.
constexpr std::int64_t kMaxSkewSpreadNs = 120'000'000'000;
constexpr std::uint32_t kEnoughTimes = 4;

// A number that is so much larger than all that were seen is in another unit.
constexpr std::uint32_t kEnoughNumbers = 8;
constexpr double kTooLarge = 100;

// A counter: this many pairs, all of which rise. The odds of that by chance are 2^-6.
constexpr std::uint32_t kEnoughRisingPairs = 6;

struct Named {
  std::string_view name;
  bool (*has)(const body::Value&);
};

bool only(const body::Value& value, std::uint32_t groups) {
  return value.type == body::ValueType::kString && !value.text.empty() && (groups_in(value.text) & ~groups) == 0;
}

bool is_format(const body::Value& value, TextFormat format) {
  return value.type == body::ValueType::kString && format_of(value.text) == format;
}

constexpr std::array kShapeNames = {
    Named{"uuid", [](const body::Value& v) { return is_format(v, TextFormat::kUuid); }},
    Named{"ulid", [](const body::Value& v) { return is_format(v, TextFormat::kUlid); }},
    Named{"rfc3339", [](const body::Value& v) { return is_format(v, TextFormat::kRfc3339); }},
    Named{"http-date", [](const body::Value& v) { return is_format(v, TextFormat::kHttpDate); }},
    Named{"jwt", [](const body::Value& v) { return is_format(v, TextFormat::kJwt); }},
    Named{"url", [](const body::Value& v) { return is_format(v, TextFormat::kUrl); }},
    Named{"digits", [](const body::Value& v) { return only(v, kDigit); }},
    Named{"hex", [](const body::Value& v) { return only(v, kDigit | kLowerHex | kUpperHex); }},
    Named{"letters", [](const body::Value& v) { return only(v, kLetters); }},
    Named{"alphanumeric", [](const body::Value& v) { return only(v, kAlphanumeric); }},
    Named{"base64", [](const body::Value& v) { return only(v, kAlphanumeric | kBase64); }},
    Named{"base64url", [](const body::Value& v) { return only(v, kAlphanumeric | kUrl | kBase64); }},
    Named{"integer", [](const body::Value& v) { return v.type == body::ValueType::kInteger; }},
    Named{"number", [](const body::Value& v) { return is_number(v); }},
    Named{"boolean", [](const body::Value& v) { return v.type == body::ValueType::kBool; }},
    Named{"string", [](const body::Value& v) { return v.type == body::ValueType::kString; }},
};

const Named* find_shape(std::string_view name) {
  const auto at =
      std::find_if(kShapeNames.begin(), kShapeNames.end(), [&](const Named& shape) { return shape.name == name; });
  return at == kShapeNames.end() ? nullptr : &*at;
}

}  // namespace

std::string shape_names() {
  std::string names;
  for (const Named& shape : kShapeNames) names += (names.empty() ? "" : ", ") + std::string(shape.name);
  return names;
}

bool is_shape_name(std::string_view name) {
  return find_shape(name) != nullptr;
}

bool is_text_shape(std::string_view name) {
  return is_shape_name(name) && name != "integer" && name != "number" && name != "boolean";
}

std::optional<std::string> violation_of(const NamedShape& shape, const body::Value& value) {
  const Named* named = find_shape(shape.name);
  if (named && !named->has(value)) return "is not a valid " + shape.name;
  if (shape.length && value.type == body::ValueType::kString && value.text.size() != *shape.length) {
    return "has length " + std::to_string(value.text.size()) + ", expected " + std::to_string(*shape.length);
  }
  return std::nullopt;
}

TextFormat format_of(std::string_view text) {
  constexpr std::string_view kNil = "00000000-0000-0000-0000-000000000000";  // RFC 9562 §5.9: no id
  if (is_uuid(text) && text != kNil) return TextFormat::kUuid;
  if (matches(text, "AAA, 99 AAA 9999 99:99:99 GMT")) return TextFormat::kHttpDate;
  if (is_rfc3339(text)) return TextFormat::kRfc3339;
  if (text.size() == 26 && is_id_segment(text) && text.find_first_not_of("0123456789") != std::string_view::npos)
    return TextFormat::kUlid;
  if (is_jwt(text)) return TextFormat::kJwt;
  return is_url(text) ? TextFormat::kUrl : TextFormat::kFree;
}

namespace {

// The smallest alphabet of `text`, and wider ones of which it may be by chance.
std::uint32_t alphabet_of(std::string_view text) {
  const std::uint32_t groups = groups_in(text);
  const Alphabet& seen = smallest_with(groups);
  std::uint32_t allowed = seen.groups;
  for (const Alphabet& wider : kAlphabets) {
    const bool holds = (groups & ~wider.groups) == 0 && wider.size >= seen.size && wider.groups != kPrintable;
    const bool may_be = static_cast<double>(text.size()) * std::log(seen.size / wider.size) > kLogOneInAMillion;
    if (holds && may_be && (wider.groups & kOther) == 0) allowed |= wider.groups;
  }
  return allowed;
}

constexpr std::size_t kLongToken = 8;  // of hex digits that are digits by chance

// May be base64: long, of capitals and small letters, and nothing that base64 has not.
bool may_be_base64(std::string_view text) {
  constexpr std::size_t kShortest = 16;
  const std::uint32_t groups = groups_in(text);
  const bool mixed = (groups & (kLowerHex | kLowerRest)) != 0 && (groups & (kUpperHex | kUpperRest)) != 0;
  return text.size() >= kShortest && mixed && (groups & ~(kAlphanumeric | kBase64)) == 0;
}

// Tokens in base64, which may begin with a slash and are no paths. One in 50 of 24 characters has no digit: it is known
// by the other one.
bool are_base64_tokens(std::string_view a, std::string_view b) {
  if (!may_be_base64(a) || !may_be_base64(b)) return false;
  const auto has_digits = [](std::string_view text) { return (groups_in(text) & kDigit) != 0; };
  if (has_digits(a) && has_digits(b)) return true;
  const std::string_view without = has_digits(a) ? b : a;
  return a.size() == b.size() && (has_digits(a) || has_digits(b)) && without.find('/', 1) == std::string_view::npos;
}

bool has_length_like(std::string_view recorded, std::string_view replayed) {
  constexpr std::size_t kSome = 4;  // a counter or a padding inside of a token
  const std::size_t margin = std::max(kSome, recorded.size() / 8);
  const std::size_t longer = std::max(recorded.size(), replayed.size());
  return longer - std::min(recorded.size(), replayed.size()) <= margin;
}

}  // namespace

bool is_alike(std::string_view recorded, std::string_view replayed) {
  if (recorded.empty() || replayed.empty()) return false;
  if (are_base64_tokens(recorded, replayed)) return has_characters_like(recorded, replayed);
  const TextFormat format = format_of(recorded);
  if (format != format_of(replayed)) return false;
  if (format == TextFormat::kUrl) return url_skeleton(recorded) == url_skeleton(replayed);
  if (format != TextFormat::kFree) return true;
  if (groups_in(recorded) == kDigit || groups_in(replayed) == kDigit)
    return groups_in(recorded) == groups_in(replayed) ||
           (recorded.size() == replayed.size() && recorded.size() >= kLongToken);
  return has_characters_like(recorded, replayed);
}

bool has_characters_like(std::string_view recorded, std::string_view replayed) {
  return !replayed.empty() && has_length_like(recorded, replayed) &&
         (groups_in(replayed) & ~alphabet_of(recorded)) == 0;
}

void Shape::learn(const body::Value& a, const body::Value& b, const ResponseTimes& times) {
  observe(a, times.recorded_ns);
  observe(b, times.replayed_ns);
  ++pairs_;
  rising_pairs_ += a.type == body::ValueType::kInteger && b.type == body::ValueType::kInteger &&
                   number_of(a.text) < number_of(b.text);
  if (is_number(a) && is_number(b)) ++(number_of(a.text) < number_of(b.text) ? higher_ : lower_);
  if (a.type != body::ValueType::kString || b.type != body::ValueType::kString) return;
  observe_length(a.text.size(), b.text.size());
  learn_spans(a.text, b.text);
  if (format_ == TextFormat::kUrl) url_.learn(a.text, b.text);
  skeleton_varied_ = skeleton_varied_ || (format_ == TextFormat::kUrl && url_skeleton(a.text) != url_skeleton(b.text));
  time_style_varied_ =
      time_style_varied_ || (format_ == TextFormat::kRfc3339 && time_style(a.text) != time_style(b.text));
}

void Shape::observe(const body::Value& value, std::int64_t at_ns) {
  ++values_;
  observe_time(value, at_ns);
  if (is_number(value)) observe_number(value);
  if (value.type == body::ValueType::kString) observe_string(value.text);
}

void Shape::observe_number(const body::Value& value) {
  const double number = number_of(value.text);
  smallest_ = numbers_ == 0 ? number : std::min(smallest_, number);
  largest_ = numbers_ == 0 ? number : std::max(largest_, number);
  ++numbers_;
  any_number_ = true;
  all_integers_ = all_integers_ && value.type == body::ValueType::kInteger;
}

void Shape::observe_string(std::string_view text) {
  any_string_ = true;
  observe_word(text);
  empty_seen_ = empty_seen_ || text.empty();
  const TextFormat format = format_of(text);
  format_ = format_known_ && format != format_ ? TextFormat::kFree : format;
  format_known_ = true;
  characters_ |= groups_in(text);
  characters_seen_ += text.size();
}

void Shape::observe_word(std::string_view text) {
  constexpr std::size_t kMostBytes = 32, kMostWords = 8;
  words_off_ = words_off_ || text.empty() || text.size() > kMostBytes ||
               (groups_in(text) & ~(kLetters | kUrl | kPunctuation)) != 0;
  const std::uint64_t hash = std::hash<std::string_view>{}(text);
  if (words_off_ || std::find(words_.begin(), words_.end(), hash) != words_.end()) return;
  if (words_.size() < kMostWords) return words_.push_back(hash);
  words_off_ = true;
  words_ = {};
}

// Few words that were seen three times each on the average are all that there are: up, down, idle.
bool Shape::is_unseen_word(std::string_view recorded, std::string_view replayed) const {
  constexpr std::size_t kEnough = 6;
  if (words_off_ || words_.size() < 2 || values_ < std::max(kEnough, 3 * words_.size())) return false;
  const auto seen = [&](std::string_view text) {
    return std::find(words_.begin(), words_.end(), std::hash<std::string_view>{}(text)) != words_.end();
  };
  return seen(recorded) && !seen(replayed);
}

void Shape::observe_time(const body::Value& value, std::int64_t at_ns) {
  const auto time_ns = at_ns == 0 ? std::nullopt : time_in_value(value);
  if (!time_ns) return;
  const std::int64_t skew_ns = *time_ns - at_ns;
  least_skew_ns_ = times_ == 0 ? skew_ns : std::min(least_skew_ns_, skew_ns);
  greatest_skew_ns_ = times_ == 0 ? skew_ns : std::max(greatest_skew_ns_, skew_ns);
  const std::size_t digits = unit_digits(value);
  time_digits_ = times_ == 0 || time_digits_ == digits ? digits : 0;
  ++times_;
}

bool Shape::follows_the_clock() const {
  return times_ >= kEnoughTimes && times_ == values_ && greatest_skew_ns_ - least_skew_ns_ <= kMaxSkewSpreadNs;
}

bool Shape::may_be_a_clock() const {
  return times_ > 0 || any_string_ || higher_ == 0 || lower_ == 0;
}

bool Shape::only_counts_up() const {
  return rising_pairs_ == pairs_ && pairs_ >= kEnoughRisingPairs;
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

std::optional<std::string> Shape::format_violation(std::string_view recorded, std::string_view replayed) const {
  if (format_ == TextFormat::kFree || format_of(recorded) != format_) return std::nullopt;
  if (format_of(replayed) != format_) return "is not a valid " + std::string(name_of(format_));
  if (format_ == TextFormat::kUrl && !skeleton_varied_ && url_skeleton(recorded) != url_skeleton(replayed)) {
    return "is another URL, apart from its ids";
  }
  if (format_ == TextFormat::kUrl && skeleton_varied_) return url_.violation(recorded, replayed);
  if (format_ == TextFormat::kRfc3339 && !time_style_varied_ && time_style(recorded) != time_style(replayed)) {
    return "is a time written in another style";
  }
  return std::nullopt;
}

std::optional<std::string> Shape::string_violation(std::string_view recorded, std::string_view replayed) const {
  if (auto why = format_violation(recorded, replayed)) return why;
  const bool fixed =
      length_is_fixed() && format_ != TextFormat::kRfc3339 && format_ != TextFormat::kUrl && !knows_spans();
  if (fixed && recorded.size() != replayed.size()) {
    return "has length " + std::to_string(replayed.size()) + ", expected " + std::to_string(recorded.size());
  }
  if (replayed.empty() && !recorded.empty() && !empty_seen_) return "is empty";
  if (is_unseen_word(recorded, replayed)) return "is none of the few words that were seen here";
  const std::uint32_t allowed = allowed_characters() | groups_in(recorded);
  if ((groups_in(replayed) & ~allowed) == 0) return span_violation(recorded, replayed);
  return "has other characters than " + std::string(smallest_with(allowed).name);
}

std::optional<std::string> Shape::number_violation(const body::Value& recorded, const body::Value& replayed) const {
  const bool was_integer = recorded.type == body::ValueType::kInteger && all_integers_;
  if (was_integer && replayed.type == body::ValueType::kDecimal) return "is not an integer";
  const double number = number_of(replayed.text);
  const double recorded_number = number_of(recorded.text);
  if (number < 0 && smallest_ >= 0 && recorded_number >= 0) return "is negative";
  if (numbers_ < kEnoughNumbers) return std::nullopt;
  const double largest = std::max({largest_, recorded_number, 1.0});
  // What only rises may be a counter or an id, and staging's may stand anywhere.
  if (rising_pairs_ < pairs_ && number > kTooLarge * largest)
    return "is more than 100 times as large as any that was seen";
  return std::nullopt;
}

std::optional<std::string> Shape::time_violation(const body::Value& replayed, std::int64_t at_ns) const {
  if (at_ns == 0 || !follows_the_clock()) return std::nullopt;
  const auto time_ns = time_in_value(replayed);
  if (!time_ns) return "is not a point in time, as it always was";
  if (time_digits_ != 0 && unit_digits(replayed) != time_digits_) return "is a point in time in another unit";
  const std::int64_t skew_ns = *time_ns - at_ns;
  if (skew_ns >= least_skew_ns_ - kSkewMarginNs && skew_ns <= greatest_skew_ns_ + kSkewMarginNs) return std::nullopt;
  return "is a time further away from the moment of the response than it always was";
}

// The recorded value is of another kind than those that were learned from: hex where they are letters, say, or much
// smaller. Then the new one must be as it was.
std::optional<std::string> Shape::stranger_violation(const body::Value& recorded, const body::Value& replayed) const {
  if (is_number(recorded) && is_number(replayed) && any_number_ && rising_pairs_ < pairs_) {
    const double before = std::max(std::abs(number_of(recorded.text)), 1.0);
    if (std::abs(number_of(replayed.text)) > kTooLarge * before && smallest_ > kTooLarge * before)
      return "is more than 100 times as large as the recorded one";
  }
  if (recorded.type != body::ValueType::kString || replayed.type != body::ValueType::kString || !any_string_)
    return std::nullopt;
  const TextFormat format = format_of(recorded.text);
  if (format != TextFormat::kFree && format != format_ && format_of(replayed.text) != format)
    return "is not a valid " + std::string(name_of(format)) + ", as the recorded one was";
  if (format == TextFormat::kUrl && format_ == TextFormat::kUrl && format_of(replayed.text) == format) {
    if (auto why = url_.stranger_violation(recorded.text, replayed.text)) return why;
  }
  const Alphabet& before = smallest_with(groups_in(recorded.text));
  const Alphabet& seen = smallest_with(characters_);
  if (before.size >= seen.size || (groups_in(replayed.text) & ~before.groups) == 0) return std::nullopt;
  const double log_odds = static_cast<double>(recorded.text.size()) * std::log(before.size / seen.size);
  if (log_odds > kLogOneInAMillion) return std::nullopt;  // it may be one of them by chance
  return "has other characters than " + std::string(before.name) + ", as the recorded one had";
}

std::optional<std::string> Shape::violation(const body::Value& recorded, const body::Value& replayed,
                                            const ResponseTimes& times, bool knows_recorded) const {
  if (!knows_recorded) {
    if (auto why = stranger_violation(recorded, replayed)) return why;
  }
  if (replayed.type == body::ValueType::kString && recorded.type == body::ValueType::kString && any_string_) {
    if (auto why = string_violation(recorded.text, replayed.text)) return why;
    return time_violation(replayed, times.replayed_ns);
  }
  if (!is_number(replayed) || !is_number(recorded) || !any_number_) return std::nullopt;
  if (auto why = number_violation(recorded, replayed)) return why;
  return time_violation(replayed, times.replayed_ns);
}

std::string Shape::describe() const {
  std::string text;
  if (any_string_) {
    text = format_ != TextFormat::kFree ? name_of(format_) : smallest_with(allowed_characters()).name;
    if (knows_spans()) {
      text += ", varies in parts";
    } else if (length_is_fixed()) {
      text += ", same length";
    }
  }
  if (any_number_) {
    if (!text.empty()) text += " or ";
    text += only_counts_up() && !follows_the_clock() ? "counter" : all_integers_ ? "integer" : "number";
  }
  if (follows_the_clock()) text += ", near the moment of the response";
  return text.empty() ? "any value" : text;
}

}  // namespace tracerec::diff
