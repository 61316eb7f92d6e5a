#include "body/markup.h"

#include <gtest/gtest.h>

#include "body/json_document.h"

namespace tracerec::body {
namespace {

std::string xml(std::string_view text) {
  return markup_as_json(text, Markup::kXml).value_or("nothing");
}
std::string html(std::string_view text) {
  return markup_as_json(text, Markup::kHtml).value_or("nothing");
}

TEST(Markup, AnElementIsItsTextOrAnObject) {
  EXPECT_EQ(xml("<r a='1'><i>1</i><j/><i b=\"&lt;\">2 &amp; 3</i></r>"),
            R"({"r":[{"@a":"1","i":["1",{"@b":"<","#text":"2 & 3"}],"j":[""]}]})");
  EXPECT_EQ(xml("<?xml version='1.0'?><!-- c -->\n<r>\n  <i> 1 </i>\n</r>\n"), R"({"r":[{"i":[" 1 "]}]})");
  EXPECT_EQ(html("<P Class=x>Hello\n  World</P>"), R"({"p":[{"@class":"x","#text":"Hello World"}]})");
}

// Texts and the children between them: what moves to the other side of a child is another text.
TEST(Markup, MixedContentKeepsItsOrder) {
  EXPECT_EQ(xml("<r>one<i/>two</r>"), R"({"r":[{"#text":"one<i/>two","i":[""]}]})");
  EXPECT_EQ(xml("<r>onetwo<i/></r>"), R"({"r":[{"#text":"onetwo<i/>","i":[""]}]})");
  EXPECT_EQ(xml("<r><i/>onetwo</r>"), R"({"r":[{"#text":"<i/>onetwo","i":[""]}]})");
  EXPECT_EQ(xml("<r>1<a/>2<b/>3</r>"), R"({"r":[{"#text":"1<a/>2<b/>3","a":[""],"b":[""]}]})");
  EXPECT_NE(xml("<r>1<a/>2<b/>3</r>"), xml("<r>1<b/>2<a/>3</r>"));
  EXPECT_NE(xml("<r>1<a/><b/>2</r>"), xml("<r>1<a/>2<b/></r>"));
}

// Approvals name locations: no text comes or goes where it did not before, and white space stays without meaning.
TEST(Markup, NoTextLooksLikeAChild) {
  EXPECT_EQ(xml("<p>x&lt;b/&gt;y<b/>z</p>"), R"({"p":[{"#text":"x&lt;b/&gt;y<b/>z","b":[""]}]})");
  EXPECT_NE(xml("<p>x&lt;b/&gt;y<b/>z</p>"), xml("<p>x<b/>y&lt;b/&gt;z</p>"));
  EXPECT_EQ(xml("<p>x&lt;y</p>"), R"({"p":["x<y"]})") << "without children it is what it means";
}

TEST(Markup, ChildrenThatChangePlacesAfterAText) {
  EXPECT_NE(xml("<p>a<b/><c/></p>"), xml("<p>a<c/><b/></p>"));
  EXPECT_NE(html("<p>hello <b>x</b> <i>y</i></p>"), html("<p>hello <i>y</i> <b>x</b></p>"));
}

TEST(Markup, WhiteSpaceBetweenChildrenIsNotMixedContent) {
  EXPECT_EQ(xml("<r>\n  <a/>\n  <b/>\n</r>"), R"({"r":[{"a":[""],"b":[""]}]})");
  EXPECT_EQ(html("<p>Hello<br>\n  you</p>"), html("<p>Hello<br> you</p>"));
  EXPECT_EQ(html("<p>\n  <br>\n  you</p>"), html("<p><br>you</p>"));
  EXPECT_EQ(html("<p>say <b>it</b> now"), R"({"p":[{"#text":"say <b/>now","b":["it"]}]})");
  EXPECT_EQ(html("<p>say<b>it</b> now"), R"({"p":[{"#text":"say<b/> now","b":["it"]}]})");
}

TEST(Markup, CdataIsTextAndCommentsAreNone) {
  EXPECT_EQ(xml("<r>a<![CDATA[<b>&amp;]]>c<!-- <d> -->e<?pi x?>f</r>"), R"({"r":["a<b>&amp;cef"]})");
  EXPECT_EQ(xml("<r><![CDATA[]]></r>"), R"({"r":[""]})");
  EXPECT_EQ(xml("<r><a/><![CDATA[ ]]></r>"), R"({"r":[{"#text":"<a/> ","a":[""]}]})");
}

// WHATWG HTML: "<!-->" and "<!--->" are comments without text, "--!>" ends one as well.
TEST(Markup, CommentsOfHtmlThatEndEarly) {
  EXPECT_EQ(html("<p>a<!-->b</p>"), R"({"p":["ab"]})");
  EXPECT_EQ(html("<p>a<!--->b</p>"), R"({"p":["ab"]})");
  EXPECT_EQ(html("<p>a<!--c--!>b</p>"), R"({"p":["ab"]})");
  EXPECT_EQ(html("<p>a<!---->b</p>"), R"({"p":["ab"]})");
  EXPECT_EQ(html("<p>a<!--->-->b</p>"), R"({"p":["a-->b"]})");
  EXPECT_EQ(html("<p>a<!--c>d</p>-->b"), R"({"p":["ab"]})");
}

TEST(Markup, OrderOfChildrenOnRequest) {
  const auto ordered = [](std::string_view text) { return *markup_as_json(text, Markup::kXml, MarkupOrder::kKept); };
  EXPECT_EQ(ordered("<r><b/><a/><b/></r>"), R"({"r":[{"#order":"b a b","a":[""],"b":["",""]}]})");
  EXPECT_EQ(ordered("<r><b/><b/></r>"), R"({"r":[{"b":["",""]}]})");
  EXPECT_EQ(ordered("<r>x<b/><a/></r>"), R"({"r":[{"#text":"x<b/><a/>","a":[""],"b":[""]}]})");
}

TEST(Markup, PrefixesOfAPair) {
  const auto pair = xml_pair_as_json("<a:r xmlns:a='u'><a:i a:k='1'/></a:r>", "<b:r xmlns:b='u'><b:i b:k='1'/></b:r>");
  ASSERT_TRUE(pair);
  EXPECT_EQ(pair->first, R"({"a:r":[{"a:i":[{"@a:k":"1"}]}]})");
  EXPECT_EQ(pair->second, pair->first);
  EXPECT_FALSE(xml_pair_as_json("<a:r xmlns:a='u'/>", "<a:r xmlns:a='u'>1</a:r>")) << "nothing to rename";
  EXPECT_FALSE(xml_pair_as_json("<r", "<r/>"));
}

TEST(Markup, EntitiesInTextAndAttributes) {
  EXPECT_EQ(xml("<r a='&#233;&#xE9;'>&#38;&quot;</r>"), R"({"r":[{"@a":"éé","#text":"&\""}]})");
  EXPECT_EQ(html("<a href='?x=1&copy=2&amp;y'>&copy 2&eacute;&notin;&Abc;</a>"),
            R"({"a":[{"@href":"?x=1&copy=2&y","#text":"© 2é∉&Abc;"}]})");
  EXPECT_EQ(html("<a title=a&lt;b>"), R"({"a":[{"@title":"a<b"}]})") << "without quotes too";
}

// They may change what the document means.
TEST(Markup, ADoctypeWithDeclarationsIsNotRead) {
  EXPECT_EQ(xml("<!DOCTYPE r [<!ELEMENT r ANY><!ENTITY x 'y'>]><r>1</r>"), "nothing");
  EXPECT_EQ(xml("<!DOCTYPE r SYSTEM 'r.dtd'><r>1</r>"), R"({"r":["1"]})");
}

TEST(Markup, HtmlElementsThatHoldTextOnly) {
  EXPECT_EQ(html("<script>if (a<b) '</p>' &amp;</SCRIPT><p>x"), R"({"p":["x"],"script":["if (a<b) '</p>' &amp;"]})");
  EXPECT_EQ(html("<title>a <b> &amp; c</title>"), R"({"title":["a <b> & c"]})");
  EXPECT_EQ(html("<textarea><p></textarea>x"), R"({"#text":"<textarea/>x","textarea":["<p>"]})");
  EXPECT_EQ(html("<style>a"), R"({"style":["a"]})");
  EXPECT_EQ(html("<style"), "nothing");
}

TEST(Markup, HtmlVoidElementsAndWhatNobodyClosed) {
  EXPECT_EQ(html("<div><br><img src=x><p>a<hr/></div>b"),
            R"({"#text":"<div/>b","div":[{"br":[""],"img":[{"@src":"x"}],"p":[{"#text":"a<hr/>","hr":[""]}]}]})");
  EXPECT_EQ(html("<p>a</b></i>b</p>"), R"({"p":["ab"]})") << "ends without a start";
  EXPECT_EQ(html("<p>1 < 2 <3</p>"), R"({"p":["1 < 2 <3"]})");
}

TEST(Markup, XmlThatIsNotWellFormedIsNothing) {
  for (const char* text : {"<r>", "<r></q>", "<r/><r/>", "<r/>x", "<r a=1/>", "<a><b></a></b>", "x", "", "<r a></r"}) {
    EXPECT_EQ(xml(text), "nothing") << text;
  }
}

// The bug of a release that no longer escapes what it puts into XML.
TEST(Markup, XmlWithoutEscapesIsNothing) {
  for (const char* text : {"<r>x & y</r>", "<r>&foo;</r>", "<r>&#0;</r>", "<r a=\"<\"/>", "<r a=\"&\"/>", "<r>]]></r>",
                           "<r a='1'b='2'/>", "<r / a='1'>", "<r><!-- a -- b --></r>", "<r><!DOCTYPE a></r>",
                           "<!DOCTYPE r><!DOCTYPE r><r/>", " <?xml version='1.0'?><r/>"}) {
    EXPECT_EQ(xml(text), "nothing") << text;
  }
  EXPECT_EQ(xml("<r a='&#60;'><!-- a - b --><?xml-stylesheet href='x'?></r>"), R"({"r":[{"@a":"<"}]})");
}

TEST(Markup, HostileTextEnds) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  for (const Markup markup : {Markup::kXml, Markup::kHtml}) {
    EXPECT_FALSE(markup_as_json(deep, markup));
    for (const char* text : {"<",           "<a",    "<a b",   "<a b=",   "<a b='",   "</",         "<!--",
                             "<![CDATA[",   "<?",    "",       "x",       "&#x;",     "<a/",        "<>",
                             "<a>&",        "<a>&#", "<a>&#x", "<script", "<script>", "<script></", "<script></script",
                             "<!DOCTYPE [", "<a =>", "<a /=>"}) {
      (void)markup_as_json(text, markup);
    }
  }
}

// Whatever comes out is JSON; and what is cut off anywhere ends.
TEST(Markup, EveryPrefixOfADocumentEndsInJsonOrNothing) {
  const std::string text =
      "<!DOCTYPE html><html lang=en><head><title>a&amp;b</title><script>x<y</script></head><body><p class='a\"b'>one"
      "<br/>two&nbsp;<![CDATA[c]]><!-- d --><textarea>e</textarea></p>\xF0\x9F\x98\x80</body></html>";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    for (const Markup markup : {Markup::kXml, Markup::kHtml}) {
      const auto json = markup_as_json(std::string_view(text).substr(0, size), markup);
      EXPECT_TRUE(!json || JsonDocument::parse(*json)) << *json;
    }
  }
}

}  // namespace
}  // namespace tracerec::body
