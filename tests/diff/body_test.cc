#include "diff/body.h"

#include <gtest/gtest.h>

#include "diff/compare.h"
#include "diff/trailers.h"
#include "gate/judge.h"
#include "tests/diff/differences.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

KeepDifferences compare(const Message& recorded, const Message& replayed, const char* method = "GET") {
  KeepDifferences sink;
  compare_messages(method, recorded, replayed, sink);
  return sink;
}

Message text(std::string body) {
  return response(200, {{"Content-Type", "text/plain"}}, std::move(body));
}

TEST(Body, JsonByContentTypeOrByLook) {
  EXPECT_EQ(compare(json_response(R"({"a":1})"), json_response(R"({"a": 2})")).brief(), Lines{"value $.a"});
  EXPECT_EQ(compare(text(R"({"a":1})"), text(R"({"a": 2})")).brief(), Lines{"value $.a"});
  EXPECT_EQ(compare(text("1"), text("2")).brief(), Lines{"value line 1"});
  EXPECT_EQ(compare(json_response("1"), json_response("1.0")).brief(), Lines{"representation $"});
  const Message problem = response(400, {{"Content-Type", "application/problem+json"}}, "[1]");
  EXPECT_TRUE(compare(problem, response(400, {{"Content-Type", "application/problem+json"}}, "[ 1 ]")).kept.empty());
}

TEST(Body, NoLongerJsonIsAChangeOfType) {
  const auto sink = compare(json_response(R"({"a":1})"), json_response("<html>"));
  EXPECT_EQ(sink.brief(), Lines{"type body"});
  EXPECT_EQ(sink.kept[0].note, "the new body is not JSON from offset 0");
}

TEST(Body, TooDeepFallsBackToTextAndSaysSo) {
  const std::string deep(100000, '[');
  const auto sink = compare(json_response(deep + "1"), json_response(deep + "2"));
  EXPECT_EQ(sink.brief(), Lines{"value line 1"});
  EXPECT_EQ(sink.not_compared, Lines{"json_structure"});
}

TEST(Body, BrokenJsonOnBothSidesIsComparedAsText) {
  const auto sink = compare(json_response("{broken 1"), json_response("{broken 2"));
  EXPECT_EQ(sink.brief(), Lines{"value line 1"});
  EXPECT_EQ(sink.not_compared, Lines{"json_structure"});
}

TEST(Body, TextShowsTheFirstLineThatDiffers) {
  const auto sink = compare(text("a\nb\nc\n"), text("a\nB\nc\n"));
  ASSERT_EQ(sink.brief(), Lines{"value line 2"});
  EXPECT_EQ(sink.kept[0].recorded, "b");
  EXPECT_EQ(sink.kept[0].replayed, "B");
  EXPECT_EQ(compare(text("a\nb"), text("a\nb\nc")).brief(), Lines{"value line 3"});
  EXPECT_EQ(compare(text("a\r\nb\r\n"), text("a\nb\n")).brief(), Lines{"representation body"});
  EXPECT_EQ(compare(text("a\n"), text("a")).brief(), Lines{"representation body"});
}

TEST(Body, BinaryByLengthAndFirstOffset) {
  const auto same_size = compare(text(std::string("ab\0cd", 5)), text(std::string("ab\0cX", 5)));
  ASSERT_EQ(same_size.brief(), Lines{"value offset 4"});
  EXPECT_TRUE(same_size.kept[0].recorded.starts_with("5 bytes, sha256 "));
  EXPECT_EQ(compare(text("\xFF\xFE"), text("\xFF\xFE\x01")).brief(), Lines{"length offset 2"});
}

TEST(Body, EmptyAndNotEmpty) {
  EXPECT_EQ(compare(text("a"), text("")).brief(), Lines{"missing body"});
  EXPECT_EQ(compare(text(""), text("a")).brief(), Lines{"added body"});
}

TEST(Body, FramingIsTakenOffFirst) {
  const Message chunked = response(200, {{"Transfer-Encoding", "chunked"}}, "3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n");
  const Message plain = response(200, {{"Content-Length", "5"}}, "[1,2]");
  EXPECT_TRUE(compare(chunked, plain).kept.empty());
}

Message chunked_with(const std::string& trailers, const char* encoding = "chunked") {
  return response(200, {{"Transfer-Encoding", encoding}}, "1\r\na\r\n0\r\n" + trailers + "\r\n");
}

TEST(Trailers, AreComparedLikeHeaders) {
  const Message with = chunked_with("X-Sum: 1\r\nDate: a\r\n");
  EXPECT_EQ(compare(with, chunked_with("")).brief(), (Lines{"missing trailer:Date", "missing trailer:X-Sum"}));
  EXPECT_EQ(compare(chunked_with(""), with).brief(), (Lines{"added trailer:Date", "added trailer:X-Sum"}));
  const auto changed = compare(with, chunked_with("date:b\nx-sum:  2\r\n"));
  ASSERT_EQ(changed.brief(), Lines{"value trailer:X-Sum"});
  EXPECT_EQ(changed.kept[0].recorded + changed.kept[0].replayed, "12");
  EXPECT_EQ(changed.not_compared, Lines{"volatile_header"});
  EXPECT_EQ(compare(chunked_with("a\r\n"), chunked_with("b\r\n")).brief(),
            (Lines{"missing trailer:A", "added trailer:B"}))
      << "a line that is no field is not dropped";
}

TEST(Trailers, OfTheBodiesBehindThem) {
  const Message with = chunked_with("X-Sum: 1\r\n", "gzip, chunked");  // neither is gzip
  EXPECT_EQ(compare(with, chunked_with("", "gzip, chunked")).brief(), Lines{"length offset 9"});
  for (const Kept& one : compare(chunked_with("X: 1\r\n"), chunked_with("X: 2\r\n"), "HEAD").kept) {
    EXPECT_EQ(one.location, "body") << "a response to HEAD is not decoded";
  }
  EXPECT_EQ(compare(chunked_with("X: 1\r\n"), response(200, {}, "a")).brief(), Lines{"missing trailer:X"});
}

TEST(Trailers, StayWhenTheBodyIsReplacedByItsContent) {
  Message content = chunked_with("X: 1\r\n");
  set_content(content, "a");
  EXPECT_TRUE(compare(content, chunked_with("X: 1\r\n")).kept.empty());
  EXPECT_EQ(compare(content, chunked_with("X: 2\r\n")).brief(), Lines{"value trailer:X"});
  Message other = content;
  other.trailers = {};
  EXPECT_EQ(compare(content, other).brief(), Lines{"missing trailer:X"});
}

TEST(Trailers, ARuleCanSpeakOfThem) {
  const auto rules = parse_rules(R"({"rules": [{"path": "trailer:x", "ignore": true}]})");
  ASSERT_TRUE(rules);
  const gate::Noise noise;
  const gate::Endpoints endpoints;
  gate::Judge judge(noise, *rules, endpoints);
  judge.add_pair(pair_of(1, "/a", chunked_with("X: 1\r\n"), chunked_with("X: 2\r\n")));
  judge.add_pair(pair_of(2, "/a", chunked_with("Y: 1\r\n"), chunked_with("Y: 2\r\n")));
  const gate::Summary summary = judge.summary();
  ASSERT_EQ(summary.findings.size(), 1U);
  EXPECT_EQ(summary.findings[0].location, "trailer:Y");
  EXPECT_EQ(name_of(summary.findings[0].severity), "low");
  EXPECT_EQ(summary.rules.at(0).locations, 1U);
}

TEST(Body, UndecodableOnOneSideIsAChangeOfType) {
  const Message broken = response(200, {{"Content-Encoding", "gzip"}}, "garbage");
  const auto one = compare(response(200, {{"Content-Encoding", "identity"}}, "text"), broken);
  EXPECT_EQ(one.kept.back().kind + " " + one.kept.back().location, "type body");
  const auto both = compare(broken, response(200, {{"Content-Encoding", "gzip"}}, "garbagE"));
  EXPECT_EQ(both.brief(), Lines{"value offset 6"});
  EXPECT_EQ(both.not_compared, Lines{"undecodable"});
  EXPECT_TRUE(compare(broken, broken).not_compared.empty()) << "equal bytes have equal contents";
}

TEST(Body, HeadAndBodilessResponsesAreNotDecoded) {
  const Message head = response(200, {{"Content-Encoding", "gzip"}, {"Transfer-Encoding", "chunked"}, {"A", "1"}}, "");
  const Message other = response(200, {{"Content-Encoding", "gzip"}, {"A", "2"}}, "");
  EXPECT_EQ(compare(head, other, "HEAD").brief(), Lines{"value header:A"});
}

TEST(Body, HolesAreNotCompared) {
  Message cut = text("a");
  cut.body_whole = false;
  EXPECT_EQ(compare(text("ab"), cut).not_compared, Lines{"replayed_incomplete"});
  EXPECT_EQ(compare(cut, text("ab")).not_compared, Lines{"recorded_incomplete"});
}

TEST(Compare, AnotherStatusClassIsTheOnlyDifference) {
  const auto sink = compare(json_response(R"({"a":1})"), response(500, {{"X", "1"}}, "oops"));
  EXPECT_EQ(sink.brief(), Lines{"status status"});
  EXPECT_EQ(sink.not_compared, Lines{"after_status_change"});
  EXPECT_EQ(compare(json_response("[1]"), json_response("[2]", 201)).brief(), (Lines{"status status", "value $[0]"}));
}

}  // namespace
}  // namespace tracerec::diff
