#include "base/hex.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

TEST(Hex, DigitsOfEitherCaseAndNothingElse) {
  const std::string_view digits = "0123456789abcdefABCDEF";
  for (int c = 0; c < 256; ++c) {
    const bool known = digits.find(static_cast<char>(c)) != std::string_view::npos;
    EXPECT_EQ(hex_value(static_cast<char>(c)) >= 0, known) << c;
  }
  EXPECT_EQ(hex_value('9'), 9);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
}

TEST(Hex, NumbersAreReadWithinTheTextOnly) {
  EXPECT_EQ(read_hex("x00e9y", 1, 4), 0xE9);
  EXPECT_EQ(read_hex("00e", 0, 4), -1);
  EXPECT_EQ(read_hex("00", 3, 1), -1);
  EXPECT_EQ(read_hex("0g", 0, 2), -1);
}

TEST(Hex, WritesLeadingZerosAndEitherCase) {
  std::string text = "\\u";
  append_hex(text, 4, 0xAB);
  EXPECT_EQ(text, "\\u00ab");
  append_hex(text, 2, 0x1F, HexCase::kUpper);
  EXPECT_EQ(text, "\\u00ab1F");
  EXPECT_EQ(to_hex(std::string_view("\x00\xFFz", 3)), "00ff7a");
}

}  // namespace
}  // namespace tracerec
