#include "body/entities.h"

#include <gtest/gtest.h>

namespace tracerec::body {
namespace {

std::string meant(std::string_view text, EntityRules rules) {
  std::string out;
  append_without_entities(out, text, rules);
  return out;
}

TEST(Entities, NamesOfHtml) {
  EXPECT_EQ(meant("&lt;&AMP;&Eacute;&hearts;&CounterClockwiseContourIntegral;", EntityRules::kHtml), "<&É♥∳");
  EXPECT_EQ(meant("&NotEqualTilde;", EntityRules::kHtml), "≂̸") << "two code points";
  EXPECT_EQ(meant("&LT;&Lt;&lt;", EntityRules::kHtml), "<≪<") << "case counts";
  EXPECT_EQ(meant("&zwnj;", EntityRules::kHtml), "\xE2\x80\x8C");
}

TEST(Entities, NamesWithoutTheirSemicolon) {
  EXPECT_EQ(meant("&copy 1&notit;&notin;&ampx&hearts", EntityRules::kHtml), "© 1¬it;∉&x&hearts");
  EXPECT_EQ(meant("&copy=1&copyx&copy;x&copy", EntityRules::kHtmlAttribute), "&copy=1&copyx©x©");
  EXPECT_EQ(meant("&copy &amp", EntityRules::kXml), "&copy &amp");
}

TEST(Entities, Numbers) {
  for (const EntityRules rules : {EntityRules::kXml, EntityRules::kHtml, EntityRules::kHtmlAttribute}) {
    EXPECT_EQ(meant("&#233;&#xE9;&#xe9;&#128512;&#x1F600;", rules), "ééé😀😀");
    EXPECT_EQ(meant("&#;&#x;&#xg;&;&", rules), "&#;&#x;&#xg;&;&");
  }
  EXPECT_EQ(meant("&#233 &#XE9;", EntityRules::kHtml), "é é");
  EXPECT_EQ(meant("&#233 &#XE9;", EntityRules::kXml), "&#233 &#XE9;");
}

TEST(Entities, NumbersOfNoCharacter) {
  EXPECT_EQ(meant("&#0;&#xD800;&#x110000;&#99999999999999999999;", EntityRules::kHtml), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(meant("&#128;&#x99;", EntityRules::kHtml), "€™") << "as browsers read them";
  EXPECT_EQ(meant("&#0;&#xD800;&#x110000;&#xFFFE;&#1;", EntityRules::kXml), "&#0;&#xD800;&#x110000;&#xFFFE;&#1;");
  EXPECT_EQ(meant("&#9;&#128;", EntityRules::kXml), "\t\xC2\x80");
}

TEST(Entities, WhatIsWrittenIsReadAgain) {
  std::string out;
  append_with_entities(out, "<a href=\"x\" title='&amp;'>");
  EXPECT_EQ(out, "&lt;a href=&quot;x&quot; title=&#39;&amp;amp;&#39;&gt;");
  for (const EntityRules rules : {EntityRules::kXml, EntityRules::kHtml, EntityRules::kHtmlAttribute}) {
    EXPECT_EQ(meant(out, rules), "<a href=\"x\" title='&amp;'>");
  }
}

}  // namespace
}  // namespace tracerec::body
