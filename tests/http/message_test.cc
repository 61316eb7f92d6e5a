#include "http/message.h"

#include <gtest/gtest.h>

#include "http/normalize.h"

namespace tracerec::http {
namespace {

TEST(RequestHead, KeepsOrderCaseAndRepeatedNames) {
  const auto head = parse_request_head("GET /a?b=%20 HTTP/1.1\r\nhOst: x\r\nX-A: 1\r\nx-a:  2 \r\nEmpty:\r\n\r\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->method, "GET");
  EXPECT_EQ(head->target, "/a?b=%20");
  ASSERT_EQ(head->headers.size(), 4U);
  EXPECT_EQ(head->headers.begin()->name, "hOst");
  EXPECT_EQ(head->headers.values("X-A"), (std::vector<std::string_view>{"1", "2"}));
  EXPECT_EQ(*head->headers.find("empty"), "");
  EXPECT_EQ(head->headers.find("none"), nullptr);
}

TEST(ResponseHead, ReadsWhatServersSend) {
  const auto head = parse_response_head("HTTP/1.0 404 Not  Found\nA: b\n\n");
  ASSERT_TRUE(head.has_value());
  EXPECT_EQ(head->status, 404);
  EXPECT_EQ(head->reason, "Not  Found");
  EXPECT_EQ(head->minor_version, 0);
  EXPECT_EQ(*head->headers.find("A"), "b");
}

TEST(Heads, GarbageIsNamedSafely) {
  const auto head = parse_response_head("\x1b[2Jgarbage\r\n\r\n");
  ASSERT_FALSE(head.has_value());
  EXPECT_EQ(head.error().message.find('\x1b'), std::string::npos);
}

TEST(Normalize, DropsOnlyWhatIsWrong) {
  EXPECT_EQ(normalize_head("\r\nGET / HTTP/1.1\nHost : h\nX: a\x01\n\n", true),
            "GET / HTTP/1.1\r\nHost:h\r\nX:a\\x01\r\n\r\n");
  EXPECT_EQ(normalize_head("HTTP/1.1 200\r\nContent-Length: 3\r\n folded\r\nTransfer-Encoding: chunked\r\n\r\n", false),
            "HTTP/1.1 200 \r\nTransfer-Encoding:chunked\r\n\r\n");
}

TEST(Normalize, AFoldedLineIsNotAField) {
  const std::string head = "POST / HTTP/1.1\nContent-Length: 3\nX: a\n Transfer-Encoding: chunked\n\n";
  EXPECT_NE(normalize_head(head, true).find("Content-Length:3\r\n"), std::string::npos);
}

}  // namespace
}  // namespace tracerec::http
