#include "gate/generated_values.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/time_text.h"
#include "base/uuid.h"
#include "diff/id_segment.h"

// How this works. Spans begin where a word begins; each format is tried there with a few comparisons, so that a text is
// read once. Tests: tests/gate/generated_values_test.cc.

namespace tracerec::gate {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

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
  const bool is_ulid =
      word.size() == 26 && diff::is_id_segment(word) && std::any_of(word.begin(), word.end(), is_letter);
  if (!is_ulid && !is_object_id(word)) return std::nullopt;
  return GeneratedSpan{.kind = GeneratedSpan::Kind::kId, .begin = at, .end = end};
}

std::optional<GeneratedSpan> span_at(std::string_view text, std::size_t at) {
  if (auto id = id_at(text, at)) return id;
  const auto time = time_at(text, at);
  if (!time) return std::nullopt;
  return GeneratedSpan{
      GeneratedSpan::Kind::kTime, time->begin, time->end, time->unix_ns, time->has_zone, time->fraction};
}

// The digits of 0.8524278806 are no time.
bool is_fraction(std::string_view text, std::size_t at) {
  return at >= 2 && text[at - 1] == '.' && is_digit(text[at - 2]) && is_digit(text[at]);
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
    const bool begins =
        is_letter_or_digit(text[at]) && (at == 0 || !is_letter_or_digit(text[at - 1])) && !is_fraction(text, at);
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
  constexpr std::int64_t kApartNs = 60 * kSecondNs;  // now and 90 s ago are not the same
  constexpr std::int64_t kEquallyFarNs = 5 * kSecondNs;
  constexpr std::int64_t kLongestTermNs = 400 * 86400 * kSecondNs;
  constexpr std::int64_t kFurthestZoneNs = 14 * 3600 * kSecondNs;
  if (times.recorded_ns == 0 || times.replayed_ns == 0) return false;
  if (recorded.has_zone != replayed.has_zone || !is_same_precision(recorded.fraction, replayed.fraction)) return false;
  const std::int64_t before_ns = recorded.unix_ns - times.recorded_ns;
  const std::int64_t after_ns = replayed.unix_ns - times.replayed_ns;
  const std::int64_t apart_ns = std::abs(before_ns - after_ns);
  const std::int64_t further_ns = std::max(std::abs(before_ns), std::abs(after_ns));
  if (further_ns <= kNearNs) return apart_ns <= kApartNs;
  if (!recorded.has_zone && further_ns <= kFurthestZoneNs + kNearNs) return apart_ns <= kNearNs;
  return further_ns <= kLongestTermNs && apart_ns <= kEquallyFarNs;
}

bool leaves_its_response(std::string_view recorded, std::string_view replayed, const diff::ResponseTimes& times,
                         bool of_target) {
  constexpr std::size_t kLongestTime = 40;
  constexpr std::int64_t kFurthestNs = (14 * 3600 + 120) * kSecondNs;
  if (recorded.size() > kLongestTime || replayed.size() > kLongestTime || times.recorded_ns == 0) return false;
  const auto before = generated_spans(recorded), after = generated_spans(replayed);
  if (before.size() != 1 || after.size() != 1 || before[0].begin != 0 || before[0].end != recorded.size()) return false;
  if (before[0].kind != GeneratedSpan::Kind::kTime || after[0].kind != GeneratedSpan::Kind::kTime) return false;
  if (before[0].has_zone) return of_target && !follow_their_responses(before[0], after[0], times);
  if (std::abs(before[0].unix_ns - times.recorded_ns) > kFurthestNs) return false;
  return !follow_their_responses(before[0], after[0], times);
}

}  // namespace tracerec::gate
