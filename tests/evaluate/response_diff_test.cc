// Two responses beside each other, as `show --diff` has them.
#include "evaluate/response_diff.h"

#include <gtest/gtest.h>

#include "tests/evaluate/stored_exchange.h"
#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

// {"a":1} as gzip -n has it.
const std::string kGzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\xaf\xac\x1b\x56\x07\x00\x00\x00", 27);

ResponseLines lines_of(const std::string& head, const std::string& body, std::uint64_t wire_bytes = 0) {
  const StoredExchanges stored;
  schema::StoredBody in;
  in.bytes = body;
  in.captured_bytes = body.size();
  in.wire_bytes = wire_bytes == 0 ? body.size() : wire_bytes;
  auto lines = response_lines(*stored.reader(), head, in);
  EXPECT_TRUE(lines) << (lines ? "" : lines.error().message);
  return lines ? *lines : ResponseLines{};
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string diff_of(const std::string& a_head, const std::string& a, const std::string& b_head, const std::string& b) {
  return joined(response_diff(lines_of(a_head, a), lines_of(b_head, b)));
}

std::string head(const std::string& fields) {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
}

TEST(ResponseDiff, ARenamedMemberIsSeenInItsPlace) {
  EXPECT_EQ(diff_of(head("A: 1\r\nB: 2\r\n"), R"({"id":1,"customer":"cleo"})", head("B: 2\r\nA: 3\r\nC: x\r\n"),
                    R"({"id":1,"customerName":"cleo"})"),
            "  HTTP/1.1 200 OK\n- A: 1\n+ A: 3\n  B: 2\n+ C: x\n\n  {\n    \"id\": 1,\n-   \"customer\": \"cleo\"\n"
            "+   \"customerName\": \"cleo\"\n  }\n");
}

// Beyond what is shown of a line, it is still another line.
TEST(ResponseDiff, ADifferenceFarInALineIsOne) {
  const std::string start(100'000, 'x');
  const std::string text = diff_of(head(""), start + "old", head(""), start + "new");
  EXPECT_NE(text.find("\n- xxx"), std::string::npos) << text.substr(0, 300);
  EXPECT_NE(text.find("\n+ xxx"), std::string::npos) << text.substr(0, 300);
}

TEST(ResponseDiff, ChunkFramingAndGzipAreUndone) {
  const std::string chunked = "1b\r\n" + kGzip + "\r\n0\r\nX-T: 1\r\n\r\n";
  const std::string text = diff_of(head("Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n"), chunked,
                                   head("Content-Length: 7\r\n"), "{\"a\":1}");
  EXPECT_NE(text.find("\n  {\n    \"a\": 1\n  }\n"), std::string::npos) << text;
  EXPECT_NE(text.find("- [trailer] X-T: 1\n"), std::string::npos) << text;
}

TEST(ResponseDiff, NumbersKeepTheirDigits) {
  EXPECT_NE(diff_of(head(""), "[1.10]", head(""), "[1.1]").find("-   1.10\n+   1.1\n"), std::string::npos);
}

TEST(ResponseDiff, LongEqualPartsAreCountedAndTheStatusIsSeen) {
  std::string before, after;
  for (int i = 0; i < 100; ++i) before += "line " + std::to_string(i) + "\n";
  after = before + "more\n";
  const std::string text = diff_of("HTTP/1.1 200 OK\r\n\r\n", before, "HTTP/1.1 500 No\r\n\r\n", after);
  EXPECT_TRUE(text.starts_with("- HTTP/1.1 200 OK\n+ HTTP/1.1 500 No\n")) << text;
  EXPECT_NE(text.find("  … 97 equal lines\n  line 97\n  line 98\n  line 99\n+ more\n"), std::string::npos) << text;
}

TEST(ResponseDiff, WhatCannotBeShownIsSaid) {
  EXPECT_EQ(joined(lines_of(head(""), "abc", 10).body), "abc\n[7 of 10 bytes are missing]\n");
  EXPECT_TRUE(lines_of(head("Content-Encoding: gzip\r\n"), "abc").body.at(0).starts_with("[not decoded: "));
  EXPECT_TRUE(lines_of(head(""), std::string("\x00\xff\xfe", 3)).body.at(0).starts_with("[no text: 3 bytes"));
  EXPECT_TRUE(lines_of(head(""), std::string(kMaxDiffBytes + 1, 'x')).body.at(0).find("too long") != std::string::npos);
  const auto many = lines_of(head(""), std::string(kMaxDiffLines + 1, '\n')).body;
  ASSERT_EQ(many.size(), 1U);
  EXPECT_NE(many[0].find("1,000,001 lines: too many"), std::string::npos) << many[0];
}

TEST(ResponseDiff, NothingSteersATerminal) {
  const std::string hostile = "\x1b[31m\xC2\x9B\xE2\x80\xAE";
  const std::string text = diff_of(head("A: " + hostile + "\r\n"), hostile, head("B: " + hostile + "\r\n"), "x");
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos);
  EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos);
}

TEST(ResponseDiff, ALongLineIsCutWhereItIsEqual) {
  const std::string same(2000, 'x');
  const std::string text = diff_of(head(""), same + "OLD" + same, head(""), same + "NEW" + same);
  EXPECT_NE(text.find("OLD"), std::string::npos);
  EXPECT_NE(text.find("NEW"), std::string::npos);
  EXPECT_LT(text.size(), 2000U);
}

}  // namespace
}  // namespace tracerec::evaluate::testing
