// --shift-time and --jwt-key: dates and times in a request that lay near the moment when it was recorded are moved by
// as much as the replay is later, so that a range like "the last week" stays one. docs/replay.md, Times. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "replay/jwt.h"
#include "replay/values.h"

namespace tracerec::replay {

// When a request was recorded, and when it is sent.
struct Moments {
  std::int64_t recorded_unix_ns = 0;
  std::int64_t now_unix_ns = 0;
};

// `text` with its times moved; nothing when none within 400 days of the recorded moment changes. Each keeps its form,
// zone and precision. A date alone moves by whole days (UTC); numbers since 1970 count when they are the whole text.
[[nodiscard]] std::optional<std::string> shifted_text(std::string_view text, const Moments& moments);

// What the trace keeps of a moved value, in the place of a location: its source is the request itself.
inline constexpr const char* kShiftedTime = "shifted time";
inline constexpr const char* kSignedAgain = "signed again";

// What is moved.
struct ShiftRules {
  Moments moments;
  bool times = false;           // dates and times
  const JwtKey* key = nullptr;  // tokens that it has signed; nullptr: none
};

// A value of a request that was moved.
struct ShiftedValue {
  std::string location;  // "query from", "$.range.to", "header Authorization"
  bool is_token = false;
};

struct Shifted {
  std::vector<Replacement> replacements;
  std::vector<ShiftedValue> values;  // one for each

  [[nodiscard]] std::uint64_t tokens() const;
};

// The times in query, headers, JSON and forms of a request that change; the other bytes of their values stay. Left
// alone are paths, cookies, Date, the fields of conditional requests (RFC 9110 §13.1), and the locations that
// `is_carried`: they get the target's values. Tokens are looked for in all of these and in cookies.
[[nodiscard]] Shifted find_shifted(std::string_view head, std::string_view content, const ShiftRules& rules,
                                   const std::function<bool(const std::string& location)>& is_carried);

}  // namespace tracerec::replay
