#include "base/text.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace tracerec {
namespace {

TEST(Durations, UnitsAndNonsense) {
  EXPECT_EQ(parse_duration_ns("30s"), 30'000'000'000);
  EXPECT_EQ(parse_duration_ns("500ms"), 500'000'000);
  EXPECT_EQ(parse_duration_ns("1.5m"), 90'000'000'000);
  EXPECT_EQ(parse_duration_ns("2"), 2'000'000'000);
  EXPECT_FALSE(parse_duration_ns("soon"));
  EXPECT_FALSE(parse_duration_ns("-1s"));
  EXPECT_FALSE(parse_duration_ns("1e99h"));
  EXPECT_FALSE(parse_duration_ns(""));
}

TEST(Sizes, DecimalAndBinaryUnits) {
  EXPECT_EQ(parse_size_bytes("64MiB"), 64U << 20);
  EXPECT_EQ(parse_size_bytes("10MB"), 10'000'000U);
  EXPECT_EQ(parse_size_bytes("4096"), 4096U);
  for (const char* nonsense : {"64 parsecs", "nan", "NaN", "-nan", "inf", "-1"})
    EXPECT_FALSE(parse_size_bytes(nonsense)) << nonsense;
}

TEST(Format, CountsAndBytes) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(1234567), "1,234,567");
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
}

TEST(Printable, NoControlCodeReachesATerminal) {
  EXPECT_EQ(printable("\x1b[31mred\x07"), "\\x1b[31mred\\x07");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\xc2\\x9b31m");  // C1 CSI as UTF-8
  EXPECT_EQ(printable("\x9b"
                      "31m"),
            "\\x9b31m");  // raw C1
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "abc"),
            "\\xe2\\x80\\xaeabc");  // right-to-left override
  EXPECT_EQ(printable("naïve – ok"), "naïve – ok");
  EXPECT_EQ(printable("a\nb"), "a\\x0ab");
}

// Two texts that differ in one of these would look the same.
TEST(Printable, NothingInvisibleStays) {
  for (const char32_t point :
       {U'\u00AD', U'\u034F', U'\u061C', U'\u115F', U'\u17B4', U'\u180E', U'\u200B', U'\u2066', U'\u2800', U'\u3164',
        U'\uFE0F', U'\uFEFF', U'\uFFA0', U'\uFFF9', U'\U0001D173', U'\U000E0041', U'\U000E0100'}) {
    std::string text = "a";
    append_code_point(text, point);
    EXPECT_EQ(printable(text).substr(0, 3), "a\\x") << static_cast<unsigned>(point);
  }
  EXPECT_EQ(printable("\u00e4\u20ac\U0001F600\u05d0"), "\u00e4\u20ac\U0001F600\u05d0");
}

TEST(Printable, CutsAndSaysSo) {
  EXPECT_EQ(printable("abcdef", 3), "abc…");
}

}  // namespace
}  // namespace tracerec
