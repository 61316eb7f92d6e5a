#include "replay/time_shift.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "base/time_text.h"

// Tests: tests/replay/time_shift_test.cc.

namespace tracerec::replay {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;
constexpr std::int64_t kNearNs = 400 * kDayNs;  // a year and what follows it: a birthday lies outside

std::int64_t day_of(std::int64_t unix_ns) {
  using std::chrono::days;
  return std::chrono::floor<days>(std::chrono::nanoseconds(unix_ns)).count();
}

bool is_near(std::int64_t unix_ns, const Moments& moments) {
  return unix_ns > moments.recorded_unix_ns - kNearNs && unix_ns < moments.recorded_unix_ns + kNearNs;
}

// The time or date that begins there, if it is one that moves.
std::optional<TimeText> find_time(std::string_view text, std::size_t at) {
  auto time = time_at(text, at);
  if (!time) time = date_at(text, at);
  if (!time) return std::nullopt;
  const bool is_part = time->begin > 0 || time->end < text.size();
  if (time->form == TimeText::Form::kEpoch && is_part) return std::nullopt;
  return time;
}

std::int64_t moved(const TimeText& time, const Moments& moments) {
  if (time.form != TimeText::Form::kDate) return time.unix_ns + moments.now_unix_ns - moments.recorded_unix_ns;
  return time.unix_ns + (day_of(moments.now_unix_ns) - day_of(moments.recorded_unix_ns)) * kDayNs;
}

bool is_url(std::string_view text) {
  return text.starts_with("/") || text.starts_with("http://") || text.starts_with("https://");
}

// A secret that looks like a number of seconds is none of ours, and of a URL its parts are looked at.
bool may_hold_time(const Value& value) {
  switch (value.kind) {
    case LocationKind::kQuery:
    case LocationKind::kForm:
    case LocationKind::kJson:
      return !is_url(value.text);
    case LocationKind::kHeader:
      return !is_url(value.text) && !is_modification_time(value.name) &&
             !equals_ignoring_case(value.name, "authorization") && !equals_ignoring_case(value.name, "if-range");
    default:
      return false;
  }
}

class Shifting final : public ValueSink {
 public:
  Shifting(const ShiftRules& rules, const std::function<bool(const std::string&)>& is_carried)
      : rules_(rules), is_carried_(is_carried) {}

  void on_value(const Value& value) override {
    if (value.begin == value.end) return;
    const bool is_token = rules_.key != nullptr && may_be_jwt(value.text);
    const auto text = is_token ? rules_.key->moved(value.text, later_s()) : shifted(value);
    if (!text) return;
    std::string location = value.location();
    if (is_carried_(location)) return;
    Replacement one{value.in_head, value.begin, value.end, {}};
    append_encoded(one.bytes, *text, value.coding);
    found.replacements.push_back(std::move(one));
    found.values.push_back({std::move(location), is_token});
  }

  Shifted found;

 private:
  [[nodiscard]] std::int64_t later_s() const {
    return (rules_.moments.now_unix_ns - rules_.moments.recorded_unix_ns) / 1'000'000'000;
  }
  [[nodiscard]] std::optional<std::string> shifted(const Value& value) const {
    if (!rules_.times || !may_hold_time(value)) return std::nullopt;
    return shifted_text(value.text, rules_.moments);
  }

  const ShiftRules& rules_;
  const std::function<bool(const std::string&)>& is_carried_;
};

}  // namespace

std::uint64_t Shifted::tokens() const {
  return static_cast<std::uint64_t>(
      std::count_if(values.begin(), values.end(), [](const ShiftedValue& value) { return value.is_token; }));
}

std::optional<std::string> shifted_text(std::string_view text, const Moments& moments) {
  std::string out;
  std::size_t copied = 0;
  bool any = false;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = is_letter_or_digit(text[at]) && (at == 0 || !is_letter_or_digit(text[at - 1]));
    const auto time = begins ? find_time(text, at) : std::nullopt;
    if (time && is_near(time->unix_ns, moments)) {
      out.append(text.substr(copied, at - copied)).append(write_time(text, *time, moved(*time, moments)));
      copied = time->end;
      any = true;
    }
    at = time ? time->end : at + 1;
  }
  if (!any) return std::nullopt;
  return out.append(text.substr(copied));
}

Shifted find_shifted(std::string_view head, std::string_view content, const ShiftRules& rules,
                     const std::function<bool(const std::string& location)>& is_carried) {
  Shifting shifting(rules, is_carried);
  for_each_request_value(head, content, shifting);
  return std::move(shifting.found);
}

}  // namespace tracerec::replay
