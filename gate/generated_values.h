// Values that a server makes anew each time: points in time and ids. Two responses that differ only in them are alike
// when the times are those of their own responses, or when both sides told the same of them before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "body/value.h"
#include "diff/shape.h"

namespace tracerec::gate {

// A point in time or an id inside a text.
struct GeneratedSpan {
  enum class Kind : std::uint8_t { kTime, kId };
  Kind kind = Kind::kTime;
  std::size_t begin = 0, end = 0;
  std::int64_t unix_ns = 0;  // of a time; as if it were UTC when it has no zone
  bool has_zone = true;      // RFC 3339, HTTP dates, numbers since 1970; not 2027-01-31T12:00:00
  std::size_t fraction = 0;  // digits after the point
  bool operator==(const GeneratedSpan&) const = default;
};

// All of them, from left to right:
// - RFC 3339 (§5.6), also without a zone or with a space; HTTP dates and those of e-mail (RFC 9110 §5.6.7, RFC 5322
//   §3.3); seconds, milli-, micro- and nanoseconds since 1970 for the years 2001 to 2286
// - UUIDs (RFC 9562) with a version, ULIDs, and 24 hexadecimal digits (ids of MongoDB)
// More than kMaxSpans: none at all. Time is linear.
[[nodiscard]] std::vector<GeneratedSpan> generated_spans(std::string_view text);
constexpr std::size_t kMaxSpans = 1000;

// Whether two times differ in digits only, and in how many follow the point: "T" or a space, "Z" or an offset, and
// their unit are the same. Names of days and months count as digits.
[[nodiscard]] bool is_written_alike(std::string_view a, std::string_view b);

// "id", "_id", "order_id", "orderId", "uuid", "key", "slug": the name of a member that holds an id.
[[nodiscard]] bool names_an_id(std::string_view member);

// Whether each of two times is that of its own response: near its moment (two minutes, and no more than one apart), or
// as far from it (within five seconds).
[[nodiscard]] bool follow_their_responses(const GeneratedSpan& recorded, const GeneratedSpan& replayed,
                                          const diff::ResponseTimes& times);

// Whether two values are times of which only the recorded one follows its response: without a zone, further from its
// moment than a zone can be, or by another offset. Of times with a zone that only the candidate was seen to vary
// (`of_target`): when they do not follow_their_responses(). (diff::Shape sees to the others.)
[[nodiscard]] bool leaves_its_response(std::string_view recorded, std::string_view replayed,
                                       const diff::ResponseTimes& times, bool of_target);

}  // namespace tracerec::gate
