#include "body/structured.h"

#include <gtest/gtest.h>

#include "body/charset.h"
#include "body/protobuf.h"
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

TEST(Structured, NdjsonLineByLineAlsoUnlabelled) {
  const std::string before = "{\"a\":1}\n{\"a\":2}\n";
  const std::string after = "{\"a\":1}\r\n{\"a\":3}";
  for (const char* type : {"application/x-ndjson", "text/plain"}) {
    EXPECT_EQ(compare(type, before, after).brief(), Lines{"value $[1].a"}) << type;
  }
}

TEST(Structured, NdjsonLinesWithAByteOrderMark) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_EQ(compare("application/x-ndjson", "{\"a\":1}\n" + mark + "{\"a\":2}\n", "{\"a\":1}\n{\"a\":3}\n").brief(),
            Lines{"value $[1].a"});
}

TEST(Structured, ServerSentEvents) {
  EXPECT_EQ(compare("text/event-stream", "event: x\ndata: {\"n\":1}\n\n: comment\ndata: a\ndata: b\n\n",
                    "event: x\ndata: {\"n\":2}\n\ndata: a\ndata: c\n\n")
                .brief(),
            (Lines{"value $[0].data.n", "value $[1].data"}));
}

TEST(Structured, FormsAndMultipart) {
  EXPECT_EQ(compare("application/x-www-form-urlencoded", "a=1&b=x+y&b=%7A", "b=x%20y&a=2&b=z").brief(),
            Lines{"value $.a"});
  KeepDifferences sink;
  const auto part = [](const std::string& boundary, const char* value) {
    Message message = response(200, {},
                               "--" + boundary + "\r\nContent-Type: application/json\r\n\r\n{\"v\":" + value +
                                   "}\r\n--" + boundary + "--\r\n");
    message.headers.add("Content-Type", "multipart/mixed; boundary=\"" + boundary + "\"");
    return message;
  };
  compare_messages("GET", part("xx", "1"), part("yy", "2"), sink);
  EXPECT_EQ(sink.brief(), Lines{"value $[0].body.v"});
}

TEST(Structured, XmlByElements) {
  EXPECT_EQ(compare("application/xml", "<?xml version='1.0'?><r a='1'><i>1</i><i>2 &amp; 3</i><!-- c --></r>",
                    "<r a=\"2\">\n  <i>1</i>\n  <i>2 &#38; 4</i><j/></r>")
                .brief(),
            (Lines{"added $.r[0].j", "value $.r[0]['@a']", "value $.r[0].i[1]"}));
  const auto spelling = compare("text/xml", "<r><i x='1'/></r>", "<r> <i x=\"1\"></i> </r>");
  EXPECT_TRUE(spelling.kept.empty());
  EXPECT_EQ(spelling.not_compared, Lines{"spelling"}) << "counted all the same";
  EXPECT_EQ(compare("text/xml", "<r/>", "<r>").brief(), Lines{"type body"}) << "no longer XML";
  EXPECT_EQ(compare("text/xml", "<r>", "<q>").not_compared, Lines{"structure"}) << "compared as text";
}

TEST(Structured, HtmlIsForgiving) {
  EXPECT_EQ(compare("text/html", "<!DOCTYPE html><p>Hello<br>you<script>if (a<b) {}</script>",
                    "<!doctype html>\n<P>Hello<BR>them<script>if (a<b) {}</script>")
                .brief(),
            Lines{"value $.p[0]['#text']"});
}

TEST(Structured, ProtobufByFieldNumbers) {
  const std::string before("\x08\x96\x01\x12\x07testing\x1A\x02\x08\x01", 16);
  const std::string after("\x08\x97\x01\x12\x07testinG\x1A\x02\x08\x02", 16);
  EXPECT_EQ(compare("application/x-protobuf", before, after).brief(),
            (Lines{"value $['1'][0]", "value $['2'][0]", "value $['3'][0]['1'][0]"}));
}

TEST(Structured, CharsetsMeanTheSameText) {
  KeepDifferences sink;
  compare_messages("GET", response(200, {{"Content-Type", "text/plain; charset=iso-8859-1"}}, "caf\xE9"),
                   response(200, {{"Content-Type", "text/plain; charset=utf-8"}}, "caf\xC3\xA9"), sink);
  EXPECT_EQ(sink.brief(), Lines{"value header:Content-Type"});
}

TEST(Structured, TextIsComparedByLinesAndWords) {
  const auto sink = compare("text/plain", "one\nthe quick fox\nthree\n", "one\nthe slow fox\nthree\nfour\n");
  ASSERT_EQ(sink.brief(), Lines{"value line 2"});
  EXPECT_EQ(sink.kept[0].note, "1 line changed, 1 line added; the [-quick-] {+slow+} fox");
}

TEST(Structured, HostileProtobufEnds) {
  for (std::size_t size = 0; size < 64; ++size) (void)body::protobuf_as_json(std::string(size, '\x0A'));
}

}  // namespace
}  // namespace tracerec::diff
