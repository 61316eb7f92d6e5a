// Times in texts: what is read is what is written, in the same form.
#include "base/time_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace tracerec {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;

// The time (or date) at the start of the text, moved.
std::string moved(const std::string& text, std::int64_t by_ns) {
  auto time = time_at(text, 0);
  if (!time) time = date_at(text, 0);
  if (!time) return "none";
  return write_time(text, *time, time->unix_ns + by_ns) + text.substr(time->end);
}

TEST(TimeText, ATimeIsWrittenInItsForm) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"2026-11-26T17:00:00Z", "2026-12-06T17:00:00Z"},
      {"2026-11-26 17:00:00", "2026-12-06 17:00:00"},
      {"2026-11-26t17:00:00.123456+05:30", "2026-12-06t17:00:00.123456+05:30"},
      {"2026-11-26T17:00:00.12-0800", "2026-12-06T17:00:00.12-0800"},
      {"2026-12-26T23:59:59,123456789012Z", "2027-01-05T23:59:59,123456789012Z"},
      {"2026-11-26", "2026-12-06"},
      {"Thu, 26 Nov 2026 17:00:00 GMT", "Sun, 06 Dec 2026 17:00:00 GMT"},
      {"Thu, 26 Nov 2026 17:00:00 +0100", "Sun, 06 Dec 2026 17:00:00 +0100"},
      {"Mon, 2 Nov 2026 17:00:00 GMT", "Thu, 12 Nov 2026 17:00:00 GMT"},
      {"Sun, 29 Nov 2026 17:00:00 GMT", "Wed, 09 Dec 2026 17:00:00 GMT"},
      {"1700000000", "1700864000"},
      {"1700000000.25", "1700864000.25"},
      {"1700000000.123456789012", "1700864000.123456789012"},
      {"1700000000123", "1700864000123"},
      {"1700000000123.5", "1700864000123.5"},
      {"1700000000123456", "1700864000123456"},
      {"1700000000123456789", "1700864000123456789"}};
  for (const auto& [text, later] : cases) {
    EXPECT_EQ(moved(text, 10 * kDayNs), later);
    EXPECT_EQ(moved(text, 0), text);
  }
}

TEST(TimeText, ADayOfOneDigitStaysOne) {
  EXPECT_EQ(moved("Mon, 2 Nov 2026 17:00:00 GMT", kDayNs), "Tue, 3 Nov 2026 17:00:00 GMT");
}

TEST(TimeText, WhatIsNotATime) {
  for (const char* text : {"", "2026-13-01", "2026-11-31", "2026-11-26x", "26-11-26", "170000000", "17000000001",
                           "0700000000", "Thursday", "Thu, 26 Nov 2026", "2026-11-2"}) {
    EXPECT_EQ(moved(text, kDayNs), "none") << text;
  }
}

}  // namespace
}  // namespace tracerec
