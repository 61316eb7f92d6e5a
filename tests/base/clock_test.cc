#include "base/clock.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

TEST(FormatUnixNs, IsUtcWithMilliseconds) {
  char text[32];
  EXPECT_STREQ(format_unix_ns(0, text), "1970-01-01 00:00:00.000");
  EXPECT_STREQ(format_unix_ns(1'709'164'799'999'999'999, text), "2024-02-28 23:59:59.999");
  EXPECT_STREQ(format_unix_ns(1'709'164'800'000'000'000, text), "2024-02-29 00:00:00.000");
  EXPECT_STREQ(format_unix_ns(-1, text), "1969-12-31 23:59:59.999");
  EXPECT_STREQ(format_unix_ns(INT64_MAX, text), "2262-04-11 23:47:16.854");
}

}  // namespace
}  // namespace tracerec
