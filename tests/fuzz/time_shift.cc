// Times that follow a replay: each keeps its form, and moved back it is what it was; in a request nothing else changes.
// Input: how many hours later the replay is ('0' + n, below '0' earlier), a request head, a zero byte, the content.
#include "replay/time_shift.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "base/ascii.h"
#include "base/time_text.h"
#include "fuzz.h"

namespace tracerec::fuzz {
namespace {

constexpr std::int64_t kRecordedNs = 1'700'000'000'000'000'000;  // 2023-11-14T22:13:20Z
constexpr std::int64_t kHourNs = 3'600'000'000'000;
constexpr std::int64_t kDayNs = 24 * kHourNs;

// Whether a time for which `holds` is true begins anywhere in the text.
template <typename Predicate>
bool has_time(std::string_view text, Predicate holds) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const auto& read : {time_at, basic_time_at, date_at}) {
      const auto time = read(text, at);
      if (time && holds(*time)) return true;
    }
  }
  return false;
}

// Its day may have one digit, and two afterwards.
bool has_header_date(std::string_view text) {
  return has_time(text, [](const TimeText& time) { return time.form == TimeText::Form::kHeader; });
}

// About 400 days from one of the two moments: it moves in one direction only.
bool has_time_at_bound(std::string_view text) {
  return has_time(text, [](const TimeText& time) {
    const std::int64_t days = std::abs(time.unix_ns / kDayNs - kRecordedNs / kDayNs);
    return days > 380 && days < 420;
  });
}

// Digits stay digits, and what is no letter or digit stays what it is.
void check_form(std::string_view before, std::string_view after) {
  if (has_header_date(before)) return;
  FUZZ_CHECK(before.size() == after.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    FUZZ_CHECK(is_digit(before[i]) == is_digit(after[i]));
    FUZZ_CHECK(before[i] == after[i] || is_letter_or_digit(before[i]));
  }
}

// Weekdays are put right on the way, so that a wrong one does not come back.
bool has_weekday(std::string_view text) {
  return text.find(',') != std::string_view::npos;
}

// 22:00:60 is the first second of the next minute afterwards.
bool may_have_leap_second(std::string_view text) {
  return text.find("60") != std::string_view::npos;
}

void check_text(std::string_view text, const replay::Moments& moments) {
  const auto moved = replay::shifted_text(text, moments);
  if (!moved) return;
  check_form(text, *moved);
  if (has_weekday(text) || may_have_leap_second(text) || has_time_at_bound(text)) return;
  FUZZ_CHECK(replay::shifted_text(*moved, {moments.now_unix_ns, moments.recorded_unix_ns}) == text);
}

void check_request(std::string_view head, std::string_view content, const replay::Moments& moments) {
  const replay::Shifted found =
      replay::find_shifted(head, content, {moments, true, nullptr}, [](const std::string&) { return false; });
  FUZZ_CHECK(found.values.size() == found.replacements.size() && found.tokens() == 0);
  for (const replay::Replacement& one : found.replacements) {
    const std::string_view whole = one.in_head ? head : content;
    FUZZ_CHECK(one.begin < one.end && one.end <= whole.size());
  }
  const auto message = replay::with_replacements(head, content, content, found.replacements);
  if (!message) return;
  const auto lines = [](std::string_view text) { return std::count(text.begin(), text.end(), '\n'); };
  const bool in_head = std::all_of(found.replacements.begin(), found.replacements.end(),
                                   [](const replay::Replacement& one) { return one.in_head; });
  FUZZ_CHECK(!in_head || lines(message->head) == lines(head));  // else a Content-Length may be added
  FUZZ_CHECK(!found.replacements.empty() || (message->head == head && message->body == content));
}

}  // namespace

void fuzz_one(std::string_view input) {
  if (input.empty()) return;
  const std::int64_t hours = static_cast<unsigned char>(input[0]) - '0';
  const replay::Moments moments{kRecordedNs, kRecordedNs + hours * kHourNs};
  std::string_view content = input.substr(1);
  check_text(content, moments);
  const std::string_view head = take_until(content, '\0');
  check_text(content, moments);
  check_request(head, content, moments);
}

}  // namespace tracerec::fuzz
