// The parser must give the same result for any split of its input, and hand out every byte exactly once.
#include "http/parser.h"

#include <gtest/gtest.h>

#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace tracerec::http {
namespace {

// What came out of a stream, as text: "H<head>|B<body>|E" per message; "!error" when it was refused.
template <bool is_request>
class Reading {
 public:
  explicit Reading(std::string method) : method_(std::move(method)) { parser_.reset(method_); }

  void feed(std::string_view bytes) {
    while (!failed_) {
      const Step step = parser_.next(bytes);
      ASSERT_LE(step.consumed, bytes.size());
      const std::string_view piece = bytes.substr(0, step.consumed);
      bytes.remove_prefix(step.consumed);
      consumed_ += step.consumed;
      if (step.part == Part::kNeedMore) {
        ASSERT_TRUE(bytes.empty()) << "input left behind";
        return;
      }
      if (step.part == Part::kHead) {
        result_ += "H" + std::string(parser_.head_bytes());
        facts_ += std::to_string(parser_.facts().status) + std::string(parser_.facts().method) + " " +
                  std::string(parser_.facts().target) + (parser_.facts().keep_alive ? " keep;" : " close;");
      }
      if (step.part == Part::kBody) body_ += piece;
      if (step.part == Part::kEnd) end_message(bytes);
      if (step.part == Part::kEnd && (bytes.empty() || parser_.switches_protocol())) return;
      if (step.part == Part::kError) failed_ = true;
    }
  }

  void close() {
    if (!failed_ && !parser_.at_message_start() && parser_.finish_at_close()) end_message({});
  }

  std::string result() { return result_ + (body_.empty() ? "" : "B" + body_) + (failed_ ? "!" : ""); }
  [[nodiscard]] const std::string& facts() const { return facts_; }
  [[nodiscard]] std::size_t consumed() const { return consumed_; }

 private:
  void end_message(std::string_view) {
    result_ += "|B" + body_ + "|E";
    body_.clear();
    if (parser_.switches_protocol()) {
      result_ += "switched";
      failed_ = true;
      return;
    }
    parser_.reset(method_);
  }

  MessageParser<is_request> parser_;
  std::string method_, result_, body_, facts_;
  std::size_t consumed_ = 0;
  bool failed_ = false;
};

struct Case {
  const char* name;
  bool is_request;
  std::string input;
  std::string expected;        // of Reading::result
  std::string method = "GET";  // of the request that a response belongs to
};

std::string message(const std::string& head, const std::string& body = "") {
  return "H" + head + "|B" + body + "|E";
}

void PrintTo(const Case& test, std::ostream* out) {
  *out << test.name;
}

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto request = [&](const char* name, const std::string& head, const std::string& body = "") {
    all.push_back({name, true, head + body, message(head, body)});
  };
  const auto response = [&](const char* name, const std::string& head, const std::string& body = "",
                            const std::string& method = "GET") {
    all.push_back({name, false, head + body, message(head, body), method});
  };
  request("get", "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  request("http10", "GET / HTTP/1.0\r\n\r\n");
  request("post", "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "hello");
  request("content_length_zero", "POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
  request("chunked", "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n");
  request("chunk_extensions_and_trailers", "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "5;a=b;c=\"d e\"\r\nhello\r\n1\r\n!\r\n0;last\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n");
  request("bare_lf", "POST /x HTTP/1.1\nHost: a\nContent-Length: 2\n\n", "ok");
  request("crlf_before_the_request", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  request("transfer_encoding_wins_over_length",
          "POST /x HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "2\r\nok\r\n0\r\n\r\n");
  // gunicorn answers these (RFC 9112 §6.3; identity means nothing, whatever stands around it).
  request("length_then_identity", "POST /x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: identity\r\n\r\n",
          "hello");
  request("identity_then_length", "POST /x HTTP/1.1\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\n",
          "hello");
  request("chunked_and_identity", "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked, Identity\r\n\r\n",
          "2\r\nok\r\n0\r\n\r\n");
  request("identity_beside_chunked",
          "POST /x HTTP/1.1\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
          "2\r\nok\r\n0\r\n\r\n");
  request("line_without_colon", "POST /x HTTP/1.1\r\nno colon here\r\nContent-Length: 2\r\n\r\n", "ok");
  request("name_in_utf8", "POST /x HTTP/1.1\r\nX-\xC3\xA9(1): a\r\nContent-Length: 2\r\n\r\n", "ok");
  request("no_name", "POST /x HTTP/1.1\r\n: a\r\nContent-Length: 2\r\n\r\n", "ok");
  // As curl, Go and nginx take them.
  request("padded_chunk_sizes", "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
          "5  \r\nhello\r\n \t3\t ;x\r\nabc\r\n0 \r\n\r\n");
  request("bare_lf_in_chunks", "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "5\nhello\n0\nX: y\n\n");
  request("equal_lengths_repeated", "POST /x HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n", "ok");
  request("absolute_form", "GET http://h/x?y HTTP/1.1\r\nHost: h\r\n\r\n");
  request("asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  request("unknown_method", "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n");
  request("obsolete_fold", "GET / HTTP/1.1\r\nX: a\r\n b\r\n\tc\r\nHost: h\r\n\r\n");
  request("control_byte_in_value", std::string("GET / HTTP/1.1\r\nX: a\x01z\r\nHost: h\r\n\r\n"));
  request("upgrade_request", "GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  {
    std::string head = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 300; ++i) head += "X-" + std::to_string(i) + ": " + std::string(40, 'v') + "\r\n";
    request("hundreds_of_headers", head + "\r\n");
  }
  all.push_back({"pipelined", true,
                 "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /3 HTTP/1.1\r\n\r\n",
                 message("GET /1 HTTP/1.1\r\n\r\n") + message("POST /2 HTTP/1.1\r\nContent-Length: 1\r\n\r\n", "x") +
                     message("GET /3 HTTP/1.1\r\n\r\n")});

  response("ok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "hi");
  response("no_reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n", "hi");
  response("no_reason_and_no_space", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n", "hi");
  response("head_has_no_body", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", "", "HEAD");
  response("no_content", "HTTP/1.1 204 No Content\r\n\r\n");
  response("not_modified_with_length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 999\r\n\r\n");
  response("chunked_with_trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n",
           "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n");
  response("identity_with_length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: identity\r\n\r\n", "hi");
  response("identity_until_close", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", "until the end");
  response("line_without_colon", "HTTP/1.1 200 OK\r\nno colon\r\nContent-Length: 2\r\n\r\n", "hi");
  response("close_delimited", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", "until the end");
  response("close_delimited_http10", "HTTP/1.0 200 OK\r\n\r\n", "until the end");
  response("close_delimited_empty", "HTTP/1.0 200 OK\r\n\r\n", "");
  all.push_back({"interim_then_final", false,
                 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 "
                 "OK\r\nContent-Length: 1\r\n\r\nx",
                 message("HTTP/1.1 100 Continue\r\n\r\n") + message("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") +
                     message("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", "x")});
  all.push_back({"switching_protocols", false, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
                 message("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n") + "switched!"});
  all.push_back({"connect_established", false, "HTTP/1.1 200 Connection established\r\n\r\n",
                 message("HTTP/1.1 200 Connection established\r\n\r\n") + "switched!", "CONNECT"});
  return all;
}

template <bool is_request>
void check_splits(const Case& test) {
  const auto read = [&](const std::vector<std::size_t>& cuts) {
    Reading<is_request> reading(test.method);
    std::size_t from = 0;
    for (const std::size_t cut : cuts) {
      reading.feed(std::string_view(test.input).substr(from, cut - from));
      from = cut;
    }
    reading.feed(std::string_view(test.input).substr(from));
    reading.close();
    EXPECT_EQ(reading.consumed(), test.input.size());
    return reading.result();
  };
  ASSERT_EQ(read({}), test.expected);
  const std::size_t size = test.input.size();
  for (std::size_t cut = 1; cut < size; ++cut) ASSERT_EQ(read({cut}), test.expected) << "cut at " << cut;
  std::vector<std::size_t> every;
  for (std::size_t cut = 1; cut < size; ++cut) every.push_back(cut);
  ASSERT_EQ(read(every), test.expected) << "byte by byte";
  if (size > 600) return;
  for (std::size_t a = 1; a < size; ++a) {
    for (std::size_t b = a + 1; b < size; b += 3) ASSERT_EQ(read({a, b}), test.expected) << a << ", " << b;
  }
}

class ParserSplits : public testing::TestWithParam<Case> {};

TEST_P(ParserSplits, GiveTheSameResult) {
  const Case& test = GetParam();
  test.is_request ? check_splits<true>(test) : check_splits<false>(test);
}

INSTANTIATE_TEST_SUITE_P(All, ParserSplits, testing::ValuesIn(cases()), [](const auto& one) {
  return std::string(one.param.is_request ? "request_" : "response_") + one.param.name;
});

Part first_refusal(std::string_view bytes, std::string* why) {
  RequestParser parser;
  for (;;) {
    const Step step = parser.next(bytes);
    bytes.remove_prefix(step.consumed);
    if (step.part == Part::kHead || step.part == Part::kBody) continue;
    if (step.part == Part::kEnd && !bytes.empty()) {
      parser.reset();
      continue;
    }
    *why = parser.error();
    return step.part;
  }
}

TEST(Parser, RefusesChunksThatAreTooLongHoweverTheyArrive) {
  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& body :
       {"1;" + std::string(20'000, 'x') + "\r\n", "0\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n"}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, body.size()}) {
      RequestParser parser;
      ASSERT_EQ(parser.next(head).part, Part::kHead);
      Part last = Part::kNeedMore;
      for (std::size_t at = 0; at < body.size() && last != Part::kError;) {
        const Step step = parser.next(std::string_view(body).substr(at, piece));
        last = step.part;
        at += step.consumed;
      }
      EXPECT_EQ(last, Part::kError) << piece;
      EXPECT_STREQ(parser.error(), "bad chunk");
    }
  }
}

TEST(Parser, RefusesGarbageAtOnce) {
  std::string why;
  EXPECT_EQ(first_refusal(std::string("\x16\x03\x01\x02\x00\x01", 6), &why), Part::kError);  // TLS, no line end yet
  EXPECT_EQ(first_refusal("\x01\x02\x03", &why), Part::kError);
  EXPECT_EQ(first_refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &why), Part::kError);
  EXPECT_EQ(why, "http/2");
  EXPECT_EQ(first_refusal("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", &why), Part::kError);
  EXPECT_EQ(first_refusal("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", &why), Part::kError);
}

TEST(Parser, RefusesAMethodThatIsTooLongHoweverItArrives) {
  const std::string head = std::string(33, 'M') + " / HTTP/1.1\r\n\r\n";
  std::string why;
  EXPECT_EQ(first_refusal(head, &why), Part::kError);
  EXPECT_EQ(why, "not a request");
  RequestParser parser;
  EXPECT_EQ(parser.next(head.substr(0, 40)).part, Part::kError);
}

TEST(Parser, KeepsTheTakenBytesOfARefusedHead) {
  RequestParser parser;
  EXPECT_EQ(parser.next("E ").part, Part::kNeedMore);
  EXPECT_EQ(parser.next("\n\n").part, Part::kError);
  EXPECT_EQ(parser.unfinished_head(), "E ");
}

TEST(Parser, RefusesAHeadWithoutEnd) {
  RequestParser parser;
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  std::string_view start = "GET / HTTP/1.1\r\n";
  (void)parser.next(start);
  for (int i = 0; i < 2000; ++i) {
    const Step step = parser.next(line);
    if (step.part == Part::kError) {
      EXPECT_STREQ(parser.error(), "head too large");
      EXPECT_GT(i, 900) << "the limit is about a mebibyte";
      return;
    }
  }
  FAIL() << "an endless head was taken";
}

TEST(Parser, TakesALargeHead) {
  const std::string head =
      "GET /" + std::string(100'000, 'p') + " HTTP/1.1\r\nX: " + std::string(200'000, 'v') + "\r\n\r\n";
  RequestParser parser;
  ASSERT_EQ(parser.next(head).part, Part::kHead);
  EXPECT_EQ(parser.head_bytes(), head);
  EXPECT_EQ(parser.facts().target.size(), 100'001U);
}

TEST(Parser, TakesALargePieceOfAHeadWhole) {
  const std::string head = "GET / HTTP/1.1\r\nCookie: " + std::string(100'000, 'c') + "\r\n\r\n";
  RequestParser parser;
  const Step first = parser.next(std::string_view(head).substr(0, 70'000));
  EXPECT_EQ(first.part, Part::kNeedMore);
  EXPECT_EQ(first.consumed, 70'000U);
  const Step second = parser.next(std::string_view(head).substr(70'000));
  EXPECT_EQ(second.part, Part::kHead);
  EXPECT_EQ(second.consumed, head.size() - 70'000);
  EXPECT_EQ(parser.head_bytes(), head);
}

TEST(Parser, AHoleCanBeSkippedOnlyWhereTheEndIsKnown) {
  ResponseParser parser;
  parser.reset("GET");
  ASSERT_EQ(parser.next("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").part, Part::kHead);
  EXPECT_EQ(parser.skippable_bytes(), 10U);
  EXPECT_EQ(parser.next("ab").part, Part::kBody);
  parser.skip(8);
  EXPECT_EQ(parser.next("").part, Part::kEnd);

  parser.reset("GET");
  ASSERT_EQ(parser.next("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").part, Part::kHead);
  EXPECT_EQ(parser.skippable_bytes(), 0U);
}

TEST(Parser, CloseCutsWhatHasALength) {
  ResponseParser parser;
  parser.reset("GET");
  ASSERT_EQ(parser.next("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").part, Part::kHead);
  EXPECT_EQ(parser.next("ab").part, Part::kBody);
  EXPECT_FALSE(parser.finish_at_close());
}

TEST(Parser, KeepAliveFollowsVersionAndConnection) {
  const auto keeps = [](std::string_view head) {
    RequestParser parser;
    EXPECT_EQ(parser.next(head).part, Part::kHead);
    return parser.facts().keep_alive;
  };
  EXPECT_TRUE(keeps("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

// Random bytes and random mutations of real messages: no crash, and every byte is consumed or refused.
TEST(Parser, RandomMutationsNeverLoseBytes) {
  std::mt19937 random(1);
  const std::vector<Case> all = cases();
  for (int round = 0; round < 20'000; ++round) {
    const Case& base = all[random() % all.size()];
    std::string input = base.input.substr(0, 2000);
    for (unsigned n = random() % 4; n > 0; --n) input[random() % input.size()] = static_cast<char>(random());
    Reading<true> request("GET");
    Reading<false> response(base.method);
    const std::size_t cut = random() % input.size();
    request.feed(std::string_view(input).substr(0, cut));
    request.feed(std::string_view(input).substr(cut));
    response.feed(std::string_view(input).substr(0, cut));
    response.feed(std::string_view(input).substr(cut));
    ASSERT_LE(request.consumed(), input.size());
    ASSERT_LE(response.consumed(), input.size());
  }
}

}  // namespace
}  // namespace tracerec::http
