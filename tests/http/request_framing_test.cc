// A stored request is one message: what legal recordings hold passes, what would be two is refused.
#include "http/request_framing.h"

#include <gtest/gtest.h>

#include <string>

#include "http/parser.h"

namespace tracerec::http {
namespace {

std::string outcome_of(const std::string& head, std::uint64_t body_bytes = 0) {
  const auto framing = check_request(head, body_bytes);
  if (!framing) return framing.error().message;
  return *framing == BodyFraming::kChunked ? "chunked" : "length";
}

// Whatever clients send and the recorder took (tests/http/parser_test.cc).
TEST(RequestFraming, WhatWasRecordedPasses) {
  const std::string start = "GET /a HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(outcome_of(start + "\r\n"), "length");
  EXPECT_EQ(outcome_of("GET / HTTP/1.0\r\n\r\n"), "length");
  EXPECT_EQ(outcome_of("GET / HTTP/1.1\nHost: a\n\n"), "length") << "bare LF";
  EXPECT_EQ(outcome_of("\r\n\n" + start + "\r\n"), "length") << "empty lines before the request line";
  EXPECT_EQ(outcome_of(start + "X: a\r\n b\r\n\tContent-Length: 5\r\n\r\n"), "length") << "folded lines";
  EXPECT_EQ(outcome_of(start + "no colon\r\n\r\n"), "length");
  EXPECT_EQ(outcome_of(start + "odd name@: 1\r\n(x): 2\r\n\r\n"), "length");
  EXPECT_EQ(outcome_of(start + "X: \x01\x80\r\n\r\n"), "length");
  EXPECT_EQ(outcome_of("M-SEARCH * HTTP/1.1\r\nHost: a\r\n\r\n"), "length");
  for (const char* length :
       {"Content-Length: 5", "content-length:5 ", "CONTENT-LENGTH:\t05", "Content-Length : 5",
        "Content-Length: 5\r\nContent-Length: 5", "Transfer-Encoding: identity\r\nContent-Length: 5"})
    EXPECT_EQ(outcome_of(start + length + "\r\n\r\n", 5), "length") << length;
  for (const char* chunked :
       {"Transfer-Encoding: chunked", "transfer-encoding : Chunked", "Transfer-Encoding:\r\n chunked",
        "Content-Length: 7\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked"})
    EXPECT_EQ(outcome_of(start + chunked + "\r\n\r\n", 5), "chunked") << chunked;
}

TEST(RequestFraming, AHeadIsOneHead) {
  const std::string one = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const std::string& more : {one, std::string("\r\n"), std::string("x"), std::string("\n")})
    EXPECT_EQ(outcome_of(one + more), "has a head with bytes after its empty line") << more;
  EXPECT_EQ(outcome_of("GET / HTTP/1.1\nHost: a\n\n" + one), "has a head with bytes after its empty line");
  EXPECT_EQ(outcome_of("GET / HTTP/1.1\r\nHost: a\r\n\nGET /b HTTP/1.1\r\n\r\n"),
            "has a head with bytes after its empty line");
  for (const char* cut : {"", "\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n\r"})
    EXPECT_EQ(outcome_of(cut), "has a head without an empty line at its end") << cut;
  for (const char* none : {"Host: a\r\n\r\n", "GET\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", " / HTTP/1.1\r\n\r\n",
                           "\x01 / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"})
    EXPECT_EQ(outcome_of(none).substr(0, 30), "has a head that cannot be read") << none;
}

TEST(RequestFraming, TheBodyIsAsLongAsTheHeadSays) {
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(outcome_of(start + "Content-Length: 100\r\n\r\n"), "has a body of 0 bytes, but its head announces 100");
  EXPECT_EQ(outcome_of(start + "Content-Length : 5\r\n\r\n", 26), "has a body of 26 bytes, but its head announces 5");
  EXPECT_EQ(outcome_of(start + "\r\n", 26), "has a body of 26 bytes that its head does not announce");
  EXPECT_EQ(outcome_of(start + "Content-Length: 0\r\n\r\n", 26),
            "has a body of 26 bytes that its head does not announce");
  EXPECT_EQ(outcome_of(start + "X: a\r\n Content-Length: 5\r\n\r\n", 5),
            "has a body of 5 bytes that its head does not announce");
  for (const char* length : {"Content-Length: 4\r\nContent-Length: 5", "Content-Length: 5x", "Content-Length: -5",
                             "Content-Length: 99999999999999999999"})
    EXPECT_EQ(outcome_of(start + length + "\r\n\r\n", 5).substr(0, 30), "has a head that cannot be read") << length;
}

// The short way and the parser say the same.
TEST(RequestFraming, PlainHeadsAreReadAsTheParserReadsThem) {
  for (const char* line :
       {"Content-Length: 5", "Content-Type: a", "Content-Lengthy: 5", "Transferred: 5", "Content-Length:", "C: d",
        "Content-Length: 0", "content-length: 5", "Content-Length: 5\r\n x: y", "Connection: close"}) {
    const std::string head = std::string("POST /a HTTP/1.1\r\n") + line + "\r\nHost: b\r\n\r\n";
    RequestParser parser;
    const bool is_head = parser.next(head).part == Part::kHead;
    EXPECT_EQ(check_request(head, is_head ? parser.skippable_bytes() : 0).has_value(), is_head) << line;
    EXPECT_FALSE(check_request(head, parser.skippable_bytes() + 1)) << line;
  }
}

TEST(RequestFraming, ChunksEndWithTheLastOne) {
  const auto is_whole = [](std::initializer_list<const char*> pieces) {
    ChunkedBody body;
    for (const char* piece : pieces) {
      if (!body.add(piece)) return false;
    }
    return body.at_end();
  };
  EXPECT_TRUE(is_whole({"2\r\nab\r\n0\r\n\r\n"}));
  EXPECT_TRUE(is_whole({"2\r\na", "b\r\n", "0\r\nX: y\r\n\r", "\n"}));
  EXPECT_FALSE(is_whole({}));
  EXPECT_FALSE(is_whole({"2\r\nab\r\n"}));
  EXPECT_FALSE(is_whole({"0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"}));
  EXPECT_FALSE(is_whole({"plain text"}));
}

}  // namespace
}  // namespace tracerec::http
