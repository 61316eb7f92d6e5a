#include "base/utf8.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

TEST(Utf8, RefusesOverlongSurrogateAndCutForms) {
  EXPECT_TRUE(is_utf8("h\xc3\xa9llo \xf0\x9f\x98\x80"));
  EXPECT_FALSE(is_utf8("\xc0\xaf"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
  EXPECT_FALSE(is_utf8("\xe2\x82"));
}

TEST(Utf8, ABadByteIsFoundAtAnyDistanceFromTheStart) {
  for (std::size_t at = 0; at < 40; ++at) {
    std::string text(40, 'a');
    EXPECT_TRUE(is_utf8(text));
    text[at] = '\xFF';
    EXPECT_FALSE(is_utf8(text)) << at;
  }
}

TEST(Utf8, EveryCodePointIsReadAsItWasWritten) {
  for (std::uint32_t number = 0; number < 0x110000; number += number < 0x3000 ? 1 : 61) {
    const auto point = static_cast<char32_t>(number);
    std::string text;
    append_code_point(text, point);
    const bool surrogate = is_high_surrogate(point) || is_low_surrogate(point);
    EXPECT_EQ(utf8_length(text), surrogate ? 0 : text.size()) << number;
    ASSERT_EQ(wtf8_length(text + "x"), text.size()) << number;
    EXPECT_TRUE(read_code_point(text, text.size()) == point) << number;
    for (std::size_t size = 0; size < text.size(); ++size) EXPECT_EQ(wtf8_length(text.substr(0, size)), 0U) << number;
  }
}

TEST(Utf8, SurrogatesOfUtf16) {
  EXPECT_TRUE(from_surrogates(0xD83D, 0xDE00) == U'😀');
  EXPECT_EQ(wtf8_length("\xed\xa0\x80"), 3U) << "alone, as JSON may write it";
}

TEST(Utf8, PrefixesEndBetweenCharacters) {
  EXPECT_EQ(utf8_prefix("né", 3), "né");
  EXPECT_EQ(utf8_prefix("né", 2), "n");
  EXPECT_EQ(utf8_prefix("😀", 3), "");
}

}  // namespace
}  // namespace tracerec
