// Points in time inside a text: read, and written again in the same form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tracerec {

struct TimeText {
  enum class Form : std::uint8_t {
    kDate,    // 2027-01-31 (RFC 3339 §5.6, full-date)
    kIso,     // RFC 3339 (§5.6), also without a zone or with a space
    kBasic,   // 20270131T120000Z (ISO 8601 without separators, as AWS writes it)
    kHeader,  // dates of HTTP and of e-mail (RFC 9110 §5.6.7, RFC 5322 §3.3)
    kEpoch    // seconds, milli-, micro- and nanoseconds since 1970, for the years 2001 to 2286
  };
  Form form = Form::kIso;
  std::size_t begin = 0, end = 0;
  std::int64_t unix_ns = 0;    // as if it were UTC when it has no zone
  bool has_zone = true;        // false: 2027-01-31T12:00:00
  std::int64_t offset_ns = 0;  // of its zone, east of UTC
  std::size_t fraction = 0;    // digits after the point
};

// The time that begins there and ends at the end of a word; a date alone is none. Linear in its length.
[[nodiscard]] std::optional<TimeText> time_at(std::string_view text, std::size_t at);

// Likewise a date alone.
[[nodiscard]] std::optional<TimeText> date_at(std::string_view text, std::size_t at);

// Likewise one in the basic form, in UTC.
[[nodiscard]] std::optional<TimeText> basic_time_at(std::string_view text, std::size_t at);

// Another time in the form, zone and precision of `like`, which was found in `text`; digits below nanoseconds stay.
// As many bytes as before, but for a day of one digit in a header's date.
[[nodiscard]] std::string write_time(std::string_view text, const TimeText& like, std::int64_t unix_ns);

}  // namespace tracerec
