// What counts in XML and HTML, and what is spelling.
#include <gtest/gtest.h>

#include "diff/compare.h"
#include "tests/diff/differences.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

KeepDifferences compare(const char* type, const std::string& recorded, const std::string& replayed) {
  KeepDifferences sink;
  compare_messages("GET", response(200, {{"Content-Type", type}}, recorded),
                   response(200, {{"Content-Type", type}}, replayed), sink);
  return sink;
}
KeepDifferences xml(const std::string& recorded, const std::string& replayed) {
  return compare("application/xml", recorded, replayed);
}
KeepDifferences html(const std::string& recorded, const std::string& replayed) {
  return compare("text/html", recorded, replayed);
}

TEST(MarkupOrder, ChildrenOfOtherNamesThatChangePlaces) {
  const auto sink = xml("<r><a/><b/></r>", "<r><b/><a/></r>");
  ASSERT_EQ(sink.brief(), Lines{"order $.r[0]"});
  EXPECT_EQ(sink.kept[0].location, "$.r[*]");
  EXPECT_EQ(sink.kept[0].note, "child elements in another order: <b> where <a> was");
  EXPECT_EQ(sink.kept[0].recorded + "|" + sink.kept[0].replayed, "\"a b\"|\"b a\"");
  EXPECT_TRUE(sink.not_compared.empty()) << "not spelling";
  EXPECT_EQ(html("<div><h1>x</h1><p>y</p></div>", "<div><p>y</p><h1>x</h1></div>").brief(), Lines{"order $.div[0]"});
}

TEST(MarkupOrder, ChildrenThatInterleaveInAnotherWay) {
  EXPECT_EQ(xml("<r><a/><b/><a/></r>", "<r><a/><a/><b/></r>").brief(), Lines{"order $.r[0]"});
  EXPECT_EQ(xml("<r><i><a/><b/></i><i><a/><b/></i></r>", "<r><i><a/><b/></i><i><b/><a/></i></r>").brief(),
            Lines{"order $.r[0].i[1]"});
}

TEST(MarkupOrder, WhatCameOrWentIsADifferenceAlready) {
  EXPECT_EQ(xml("<r><a/><b/></r>", "<r><a/><b/><c/></r>").brief(), Lines{"added $.r[0].c"});
  EXPECT_EQ(xml("<r><a/><b/></r>", "<r><b/></r>").brief(), Lines{"missing $.r[0].a"});
  EXPECT_EQ(xml("<r><a/><b/></r>", "<r><b/><c/><a/></r>").brief(), (Lines{"added $.r[0].c", "order $.r[0]"}));
  EXPECT_EQ(xml("<r><a/><b/></r>", "<r>x<a/><b/></r>").brief(), Lines{"added $.r[0]['#text']"});
  EXPECT_EQ(xml("<r><a>1</a><b/></r>", "<r><a>2</a><b/></r>").brief(), Lines{"value $.r[0].a[0]"});
}

TEST(MarkupOrder, MixedContent) {
  EXPECT_EQ(html("<p>Pay <b>10</b> to <i>Bob</i></p>", "<p>Pay <i>Bob</i> to <b>10</b></p>").brief(),
            Lines{"value $.p[0]['#text']"});
  EXPECT_EQ(html("<p>Pay <b>10</b> to <i>Bob</i></p>", "<p>Pay <b>Bob</b> to <i>10</i></p>").brief(),
            (Lines{"value $.p[0].b[0]", "value $.p[0].i[0]"}));
  EXPECT_EQ(html("<p><b>10 euro</b><i>Bob</i></p>", "<p><b>10</b><i>euro Bob</i></p>").brief(),
            (Lines{"value $.p[0].b[0]", "value $.p[0].i[0]"}))
      << "text moved between elements";
  EXPECT_EQ(html("<div><p>a</p><p>b</p></div>", "<div><p>a</p>b<p></p></div>").brief(),
            (Lines{"added $.div[0]['#text']", "value $.div[0].p[1]"}));
}

TEST(MarkupSpace, CountsWhereTheFormatSaysSo) {
  EXPECT_EQ(html("<pre>a  b</pre>", "<pre>a b</pre>").brief(), Lines{"value $.pre[0]"});
  EXPECT_EQ(html("<pre>a\n  b</pre>", "<pre>a\nb</pre>").brief(), Lines{"value $.pre[0]"});
  EXPECT_EQ(html("<pre><b>a  b</b></pre>", "<pre><b>a b</b></pre>").brief(), Lines{"value $.pre[0].b[0]"});
  EXPECT_EQ(html("<pre><b>a</b> <b>b</b></pre>", "<pre><b>a</b><b>b</b></pre>").brief(),
            Lines{"missing $.pre[0]['#text']"});
  EXPECT_EQ(html("<textarea>a  b</textarea>", "<textarea>a b</textarea>").brief(), Lines{"value $.textarea[0]"});
  EXPECT_EQ(html("<p><script>a  b</script></p>", "<p><script>a b</script></p>").brief(),
            Lines{"value $.p[0].script[0]"});
  EXPECT_EQ(html("<style>a  b</style>", "<style>a b</style>").brief(), Lines{"value $.style[0]"});
  EXPECT_TRUE(html("<pre>\na</pre>", "<pre>a</pre>").kept.empty()) << "the first line end is not part of it";
  EXPECT_TRUE(html("<textarea>\r\na</textarea>", "<textarea>a</textarea>").kept.empty());
  EXPECT_TRUE(html("<p>a  b</p>", "<p>a b</p>").kept.empty());
}

TEST(MarkupSpace, IsPreservedInXmlThatAsksForIt) {
  EXPECT_EQ(xml("<r xml:space='preserve'><a/> <a/></r>", "<r xml:space='preserve'><a/><a/></r>").brief(),
            Lines{"missing $.r[0]['#text']"});
  EXPECT_EQ(xml("<r xml:space='preserve'><a> </a></r>", "<r xml:space='preserve'><a></a></r>").brief(),
            Lines{"value $.r[0].a[0]"});
  EXPECT_TRUE(xml("<r xml:space='preserve'><a xml:space='default'><b/> </a></r>",
                  "<r xml:space='preserve'><a xml:space='default'><b/></a></r>")
                  .kept.empty());
  EXPECT_TRUE(xml("<r><a/> <a/></r>", "<r><a/><a/></r>").kept.empty());
}

TEST(MarkupSpelling, EntitiesOfOneCharacter) {
  for (const char* written : {"It&#39;s caf&#233;", "It&#x27;s caf&#xe9;", "It&apos;s caf&eacute;"}) {
    const std::string meant = "<p>It's caf\xC3\xA9</p>";
    for (const char* type : {"text/html", "application/xhtml+xml"}) {
      const auto sink = compare(type, meant, "<p>" + std::string(written) + "</p>");
      EXPECT_TRUE(sink.kept.empty()) << written << " " << type;
      EXPECT_EQ(sink.not_compared, Lines{"spelling"}) << written;
    }
    EXPECT_TRUE(html("<a title=\"It's caf\xC3\xA9\">", "<a title=\"" + std::string(written) + "\">").kept.empty());
  }
  EXPECT_EQ(html("<p>&lt;b&gt;</p>", "<p><b></b></p>").brief(), Lines{"type $.p[0]"}) << "an escape that is lost";
}

TEST(MarkupSpelling, PrefixesOfOneNamespace) {
  const std::string before = "<p:r xmlns:p='urn:a' xmlns:s='urn:s' s:k='1'><p:i>1</p:i></p:r>";
  for (const char* after : {"<q:r xmlns:q='urn:a' xmlns:t='urn:s' t:k='1'><q:i>1</q:i></q:r>",
                            "<r xmlns='urn:a' xmlns:s='urn:s' s:k='1'><i>1</i></r>",
                            "<p:r xmlns:p='urn:a' s:k='1' xmlns:s='urn:s'><i xmlns='urn:a'>1</i></p:r>"}) {
    const auto sink = xml(before, after);
    EXPECT_TRUE(sink.kept.empty()) << after << (sink.kept.empty() ? "" : sink.brief()[0]);
    EXPECT_EQ(sink.not_compared, Lines{"spelling"}) << after;
  }
  EXPECT_EQ(xml(before, "<q:r xmlns:q='urn:a' xmlns:t='urn:s' t:k='1'><q:i>2</q:i></q:r>").brief(),
            Lines{"value $['p:r'][0]['p:i'][0]"})
      << "named as in the baseline";
}

TEST(MarkupSpelling, AnotherNamespaceIsADifference) {
  EXPECT_EQ(xml("<p:r xmlns:p='urn:a'><p:i/></p:r>", "<p:r xmlns:p='urn:b'><p:i/></p:r>").brief(),
            Lines{"value $['p:r'][0]['@xmlns:p']"});
  EXPECT_EQ(xml("<r xmlns='urn:a'/>", "<r xmlns='urn:b'/>").brief(), Lines{"value $.r[0]['@xmlns']"});
  EXPECT_EQ(xml("<r xmlns='urn:a'><i/></r>", "<r xmlns='urn:a'><i xmlns=''/></r>").kept.size(), 2U)
      << "it left its namespace";
  EXPECT_FALSE(xml("<r xmlns:p='urn:a' xmlns:q='urn:b'><p:i/></r>", "<r xmlns:p='urn:b' xmlns:q='urn:a'><p:i/></r>")
                   .kept.empty())
      << "one prefix, another namespace";
  EXPECT_TRUE(xml("<r xmlns:p='urn:a' xmlns:q='urn:b'><p:i/></r>", "<r xmlns:p='urn:b' xmlns:q='urn:a'><q:i/></r>")
                  .kept.empty());
  EXPECT_FALSE(xml("<o xmlns:p='urn:a'><p:i/></o>", "<o><p:i/><q:x xmlns:q='urn:a'/></o>").kept.empty())
      << "nobody declares the prefix any more";
}

TEST(MarkupSpelling, ATypeIsAName) {
  const auto soap = [](const char* schema, const char* type) {
    return std::string("<v xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:") + schema +
           "='http://www.w3.org/2001/XMLSchema' xsi:type='" + type + "'>1</v>";
  };
  EXPECT_TRUE(xml(soap("xsd", "xsd:int"), soap("xs", "xs:int")).kept.empty());
  EXPECT_EQ(xml(soap("xsd", "xsd:int"), soap("xs", "xs:long")).brief(), Lines{"value $.v[0]['@xsi:type']"});
}

}  // namespace
}  // namespace tracerec::diff
