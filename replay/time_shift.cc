#include "replay/time_shift.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/ascii.h"
#include "base/percent.h"
#include "base/text.h"
#include "base/time_text.h"
#include "body/json_text.h"

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
  if (!time) time = basic_time_at(text, at);
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

bool looks_like_url(std::string_view text) {
  return text.starts_with("/") || text.starts_with("http://") || text.starts_with("https://");
}

// Of a URL its parts are looked at. Of headers the whole value is, below.
bool may_hold_time(const Value& value) {
  const bool fits =
      value.kind == LocationKind::kQuery || value.kind == LocationKind::kForm || value.kind == LocationKind::kJson;
  return fits && !looks_like_url(value.text);
}

// What repeats a response, a secret that looks like a number of seconds, and what says nothing of a session, but for
// Expires.
bool may_hold_time(std::string_view header, std::string_view value) {
  constexpr std::array<std::string_view, 6> kOthers = {"authorization", "cookie",        "if-range",
                                                       "if-match",      "if-none-match", "etag"};
  const auto is_named = [&](std::string_view name) { return equals_ignoring_case(name, header); };
  if (looks_like_url(value) || is_modification_time(header) || std::any_of(kOthers.begin(), kOthers.end(), is_named))
    return false;
  return is_named("expires") || !says_nothing_of_session(header);
}

// A time in a text, and what it becomes.
struct MovedTime {
  std::size_t begin = 0, end = 0;
  std::string text;
};

std::vector<MovedTime> moved_times(std::string_view text, const Moments& moments) {
  std::vector<MovedTime> times;
  for (std::size_t at = 0; at < text.size();) {
    const bool begins = is_letter_or_digit(text[at]) && (at == 0 || !is_letter_or_digit(text[at - 1]));
    const auto time = begins ? find_time(text, at) : std::nullopt;
    if (time && is_near(time->unix_ns, moments)) {
      MovedTime one{at, time->end, write_time(text, *time, moved(*time, moments))};
      if (one.text != text.substr(at, time->end - at)) times.push_back(std::move(one));
    }
    at = time ? time->end : at + 1;
  }
  return times;
}

// Which bytes of `raw` stand for each byte of a decoded text: those from [i] to [i + 1].
struct Decoded {
  std::string text;
  std::vector<std::size_t> begins;

  void add(std::string_view bytes, std::size_t begin, std::size_t end) {
    for (std::size_t i = 0; i < bytes.size(); ++i) begins.push_back(i == 0 ? begin : end);
    text += bytes;
  }
};

Decoded decode_by_byte(std::string_view raw, const Coding& coding) {
  Decoded out;
  for (std::size_t at = 0; at < raw.size();) {
    std::size_t length = 1;
    if (coding.percent && raw[at] == '%') {
      length = std::min<std::size_t>(3, raw.size() - at);
      if (decode_percent(raw.substr(at, length), Plus::kIsPlus).size() != 1) length = 1;
    } else if (coding.json && raw[at] == '\\') {
      length = std::max<std::size_t>(1, body::json_escape(raw, at).length);
    }
    const std::string_view piece = raw.substr(at, length);
    std::string bytes(piece);
    if (coding.percent) bytes = decode_percent(piece, coding.plus ? Plus::kIsSpace : Plus::kIsPlus);
    if (length > 1 && !coding.percent) {
      bytes.clear();
      (void)body::append_json_unescaped(bytes, piece);
    }
    out.add(bytes, at, at + length);
    at += length;
  }
  out.begins.push_back(raw.size());
  return out;
}

// Appends the moved time; characters that did not change stay as they are written.
void append_moved(std::string& out, std::string_view raw, const Decoded& decoded, const MovedTime& time,
                  const Coding& coding) {
  if (time.text.size() != time.end - time.begin) return append_encoded(out, time.text, coding);
  for (std::size_t i = 0; i < time.text.size(); ++i) {
    const std::size_t at = time.begin + i;
    if (time.text[i] == decoded.text[at]) {
      out += raw.substr(decoded.begins[at], decoded.begins[at + 1] - decoded.begins[at]);
    } else {
      out += time.text[i];  // a letter or digit, which stands for itself everywhere
    }
  }
}

// `raw`, the bytes of a value, with its times moved and everything else byte for byte. Nothing: none moves.
std::optional<std::string> shifted_bytes(std::string_view raw, std::string_view text, const Coding& coding,
                                         const Moments& moments) {
  const std::vector<MovedTime> times = moved_times(text, moments);
  if (times.empty()) return std::nullopt;
  const Decoded decoded = decode_by_byte(raw, coding);
  if (decoded.text != text) return std::nullopt;
  std::string out;
  std::size_t copied = 0;
  for (const MovedTime& time : times) {
    out += raw.substr(copied, decoded.begins[time.begin] - copied);
    append_moved(out, raw, decoded, time, coding);
    copied = decoded.begins[time.end];
  }
  return out.append(raw.substr(copied));
}

class Shifting final : public ValueSink {
 public:
  Shifting(std::string_view head, std::string_view content, const ShiftRules& rules,
           const std::function<bool(const std::string&)>& is_carried)
      : head_(head), content_(content), rules_(rules), is_carried_(is_carried) {}

  void on_value(const Value& value) override {
    if (value.begin == value.end) return;
    const bool is_token = rules_.key != nullptr && may_be_jwt(value.text);
    if (is_token) return add(value, resigned(value), true);
    if (rules_.times && may_hold_time(value)) add(value, shifted(value), false);
  }

  // The whole value of a header: a date of HTTP has spaces.
  void on_header(std::string_view name, std::string_view text) {
    if (!rules_.times || !may_hold_time(name, text)) return;
    Value value;
    value.name = name;
    value.text = text;
    value.begin = static_cast<std::size_t>(text.data() - head_.data());
    value.end = value.begin + text.size();
    if (!is_replaced(value)) add(value, shifted(value), false);
  }

  Shifted found;

 private:
  [[nodiscard]] std::int64_t later_s() const {
    return (rules_.moments.now_unix_ns - rules_.moments.recorded_unix_ns) / 1'000'000'000;
  }
  [[nodiscard]] std::optional<std::string> resigned(const Value& value) const {
    const auto token = rules_.key->moved(value.text, later_s());
    if (!token) return std::nullopt;
    std::string bytes;
    append_encoded(bytes, *token, value.coding);
    return bytes;
  }
  [[nodiscard]] std::optional<std::string> shifted(const Value& value) const {
    const std::string_view raw = (value.in_head ? head_ : content_).substr(value.begin, value.end - value.begin);
    return shifted_bytes(raw, value.text, value.coding, rules_.moments);
  }
  [[nodiscard]] bool is_replaced(const Value& value) const {
    return std::any_of(found.replacements.begin(), found.replacements.end(), [&](const Replacement& one) {
      return one.in_head && one.begin < value.end && value.begin < one.end;
    });
  }
  void add(const Value& value, std::optional<std::string> bytes, bool is_token) {
    if (!bytes) return;
    std::string location = value.location();
    if (is_carried_(location)) return;
    found.replacements.push_back({value.in_head, value.begin, value.end, std::move(*bytes)});
    found.values.push_back({std::move(location), is_token});
  }

  std::string_view head_, content_;
  const ShiftRules& rules_;
  const std::function<bool(const std::string&)>& is_carried_;
};

}  // namespace

std::uint64_t Shifted::tokens() const {
  return static_cast<std::uint64_t>(
      std::count_if(values.begin(), values.end(), [](const ShiftedValue& value) { return value.is_token; }));
}

std::optional<std::string> shifted_text(std::string_view text, const Moments& moments) {
  return shifted_bytes(text, text, {}, moments);
}

Shifted find_shifted(std::string_view head, std::string_view content, const ShiftRules& rules,
                     const std::function<bool(const std::string& location)>& is_carried) {
  Shifting shifting(head, content, rules, is_carried);
  for_each_request_value(head, content, shifting);
  for_each_header(head, [&](std::string_view name, std::string_view value) { shifting.on_header(name, value); });
  return std::move(shifting.found);
}

}  // namespace tracerec::replay
