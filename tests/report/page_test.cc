#include "report/page.h"

#include <gtest/gtest.h>

#include "base/columns.h"

namespace tracerec::report {
namespace {

const Page kPage({.colours = false, .width = 40});

TEST(Page, TheRightSideIsAtTheEndAndTheLeftOneIsCutInItsMiddle) {
  const std::string line = kPage.two_sided("GET /ünd/" + std::string(40, 'a') + "/end", "3 responses");
  EXPECT_EQ(display_width(line), 40U) << line;
  EXPECT_TRUE(line.starts_with("GET /ünd/")) << line;
  EXPECT_TRUE(line.ends_with("/end  3 responses")) << line;
  EXPECT_EQ(kPage.two_sided("a", ""), "a");
  EXPECT_EQ(kPage.two_sided("a", std::string(40, 'r')), "a") << "no room for both";
}

TEST(Page, ALabelStaysWhole) {
  EXPECT_TRUE(kPage.labelled("FAILED", kBad, "http://host", std::string(30, 'r')).starts_with("FAILED  http://host"));
  EXPECT_EQ(Page({.colours = true, .width = 40}).labelled("OK", kGood, "x", ""), "\x1b[1;32mOK\x1b[0m  x");
}

TEST(Page, FurtherLinesOfAParagraphStandBelowItsFirst) {
  EXPECT_EQ(kPage.paragraph("because", "it was interrupted before the end of it"),
            (Lines{"because  it was interrupted before the", "         end of it"}));
}

TEST(Page, WidthsThatNoTerminalHasAreBounded) {
  EXPECT_EQ(Page({.colours = false, .width = 1}).width(), kMinColumns);
  EXPECT_EQ(Page({.colours = false, .width = 5000}).width(), kMaxColumns);
}

TEST(Page, PartsAreNotBroken) {
  EXPECT_EQ(join_parts({"one two", "three"}, " · ", 12), (Lines{"one two", "three"}));
  EXPECT_EQ(join_parts({"one", "two"}, " · ", 12), (Lines{"one · two"}));
}

}  // namespace
}  // namespace tracerec::report
