#include "base/columns.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

TEST(Columns, WideAndCombiningCharactersAreCountedAsATerminalShowsThem) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("äöü…→"), 5U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("東京"), 4U);
  EXPECT_EQ(display_width("🎉"), 2U);
  EXPECT_EQ(display_width("\xff"), 1U);
}

TEST(Columns, BothEndsOfALongTextAreKept) {
  EXPECT_EQ(cut_middle("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(cut_middle("abcdefghijk", 10), "abcde…hijk");
  EXPECT_EQ(cut_middle("東京東京東京", 6), "東…京");
  EXPECT_EQ(cut_middle("abc", 1), "…");
  EXPECT_EQ(cut_middle("abc", 0), "");
  for (std::size_t columns = 0; columns < 14; ++columns)
    EXPECT_LE(display_width(cut_middle("aä東e\u0301🎉bcdefg", columns)), columns);
}

// Cut in the middle alone, two long values that differ there would look equal.
TEST(Columns, WhatDiffersStaysInSight) {
  const std::string same(100, 'x');
  const auto [before, after] = cut_alike("start-" + same + "OLD" + same, "start-" + same + "NEW" + same, 60);
  EXPECT_NE(before.find("OLD"), std::string::npos) << before;
  EXPECT_NE(after.find("NEW"), std::string::npos) << after;
  EXPECT_TRUE(before.starts_with("start-")) << before;
  EXPECT_LE(display_width(before) + display_width(after), 60U);
}

TEST(Columns, AShortValueLeavesItsRoomToTheOther) {
  EXPECT_EQ(cut_alike("1", std::string(30, 'y'), 31).second, std::string(30, 'y'));
  EXPECT_EQ(cut_alike(std::string(30, 'y'), "1", 31).first, std::string(30, 'y'));
}

TEST(Columns, WordsAreWrappedAndLongOnesCut) {
  EXPECT_EQ(wrap_words("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(wrap_words("", 7), (std::vector<std::string>{""}));
  EXPECT_EQ(wrap_words("abcdefghijk", 5), (std::vector<std::string>{"ab…jk"}));
}

TEST(Columns, PaddingIsInColumnsNotInBytes) {
  EXPECT_EQ(pad_right("東", 4), "東  ");
  EXPECT_EQ(pad_left("ä", 3), "  ä");
  EXPECT_EQ(pad_right("long", 2), "long");
}

}  // namespace
}  // namespace tracerec
