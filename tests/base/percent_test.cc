#include "base/percent.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

std::string encoded(std::string_view text, Plus plus, std::string_view allowed = {}) {
  std::string out;
  append_percent_encoded(out, text, plus, allowed);
  return out;
}

TEST(Percent, BrokenEscapesStayAsTheyAre) {
  EXPECT_EQ(decode_percent("a%2Bb+%zz%4", Plus::kIsSpace), "a+b %zz%4");
  EXPECT_EQ(decode_percent("a+b%", Plus::kIsPlus), "a+b%");
  EXPECT_EQ(decode_percent("%e2%82%AC%00", Plus::kIsPlus), std::string("€\0", 4));
}

TEST(Percent, EscapesEverythingThatIsNotUnreserved) {
  EXPECT_EQ(encoded("a-Z_0.~/é b+", Plus::kIsPlus), "a-Z_0.~%2F%C3%A9%20b%2B");
  EXPECT_EQ(encoded("a b+", Plus::kIsSpace), "a+b%2B");
  EXPECT_EQ(encoded("a=/b", Plus::kIsPlus, "="), "a=%2Fb");
}

TEST(Percent, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (const Plus plus : {Plus::kIsPlus, Plus::kIsSpace}) EXPECT_EQ(decode_percent(encoded(bytes, plus), plus), bytes);
}

}  // namespace
}  // namespace tracerec
