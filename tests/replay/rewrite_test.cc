#include "replay/rewrite.h"

#include <gtest/gtest.h>

namespace tracerec::replay {
namespace {

std::string rewritten(const std::string& head, std::vector<http::Header> set = {}, std::vector<std::string> remove = {},
                      const char* target = "staging:8080") {
  return rewrite_head(head, make_rewrite(*Target::parse(target), std::move(set), std::move(remove)));
}

TEST(Rewrite, OnlyTheHostChanges) {
  EXPECT_EQ(rewritten("GET /a?b HTTP/1.1\r\nx-B:1\r\nHOST:  old:1\r\nX-b: 2 \r\nAccept : */*\r\n\r\n"),
            "GET /a?b HTTP/1.1\r\nx-B:1\r\nHOST:  staging:8080\r\nX-b: 2 \r\nAccept : */*\r\n\r\n");
}

TEST(Rewrite, TheSameHostIsLeftByteForByte) {
  const std::string head = "GET / HTTP/1.1\r\nHost:staging:8080\r\n\r\n";
  EXPECT_EQ(rewritten(head), head);
}

TEST(Rewrite, OddLinesStay) {
  EXPECT_EQ(rewritten("\r\nGET / HTTP/1.0\nX: 1\n folded\n\tmore\nHost: a\n b\nnocolon\n\n"),
            "\r\nGET / HTTP/1.0\nX: 1\n folded\n\tmore\nHost: staging:8080\nnocolon\n\n");
  EXPECT_EQ(rewritten("GET / HTTP/1.0\r\n\r\n"), "GET / HTTP/1.0\r\n\r\n") << "no Host is invented";
  EXPECT_EQ(rewritten("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "GET / HTTP/1.1\r\nHost:staging:8080\r\n\r\n");
}

TEST(Rewrite, AbsoluteFormGetsTheTarget) {
  EXPECT_EQ(rewritten("GET http://old:9/p?q=http://x HTTP/1.1\r\nHost: old:9\r\n\r\n", {}, {}, "https://s"),
            "GET https://s/p?q=http://x HTTP/1.1\r\nHost: s\r\n\r\n");
  EXPECT_EQ(rewritten("OPTIONS HTTP://old HTTP/1.1\r\n\r\n"), "OPTIONS http://staging:8080 HTTP/1.1\r\n\r\n");
  EXPECT_EQ(rewritten("OPTIONS * HTTP/1.1\r\n\r\n"), "OPTIONS * HTTP/1.1\r\n\r\n");
}

// A server that compares them with Host to refuse other sites (CSRF) would answer 403.
TEST(Rewrite, OriginAndRefererOfTheRecordedHostBecomeTheTargets) {
  const auto sent = [](const std::string& host, const std::string& own, const char* target = "staging:8080") {
    const std::string head =
        "GET / HTTP/1.1\r\nOrigin: " + own + "\r\nHost: " + host + "\r\nReferer:  " + own + "/p?q=1 \r\n\r\n";
    const std::string out = rewritten(head, {}, {}, target);
    EXPECT_EQ(out.substr(out.find("Referer:") + 10).find(out.substr(24, out.find("\r\nHost") - 24)), 0U) << out;
    return out.substr(24, out.find("\r\nHost") - 24);
  };
  EXPECT_EQ(sent("shop:81", "http://shop:81"), "http://staging:8080");
  EXPECT_EQ(sent("Shop", "https://shop"), "http://staging:8080") << "TLS had ended before the recorded server";
  EXPECT_EQ(sent("shop:443", "HTTPS://shop", "https://[::1]:8443"), "https://[::1]:8443");
  EXPECT_EQ(sent("shop", "https://shop:444"), "https://shop:444");
  EXPECT_EQ(sent("shop", "https://shop.example"), "https://shop.example");
  EXPECT_EQ(sent("shop", "https://shop@evil"), "https://shop@evil");
  EXPECT_EQ(sent("", "https://"), "https://");
  EXPECT_EQ(rewritten("GET / HTTP/1.1\r\nHost: a\r\nOrigin: null\r\n\r\n"),
            "GET / HTTP/1.1\r\nHost: staging:8080\r\nOrigin: null\r\n\r\n");
  EXPECT_EQ(rewritten("GET / HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r\n\r\n", {{"Host", "b"}}),
            "GET / HTTP/1.1\r\nHost: b\r\nOrigin: http://b\r\n\r\n");
}

TEST(Rewrite, KeepHostKeepsEverythingThatNamesIt) {
  Rewrite rewrite = make_rewrite(*Target::parse("staging:8080"), {}, {}, {{"/old", "/new"}});
  rewrite.keep_host = true;
  EXPECT_EQ(rewrite_head("GET http://shop/old HTTP/1.1\r\nHost: shop\r\nOrigin: https://shop\r\n\r\n", rewrite),
            "GET http://shop/new HTTP/1.1\r\nHost: shop\r\nOrigin: https://shop\r\n\r\n");
}

TEST(Rewrite, SetReplacesInPlaceOrAppends) {
  EXPECT_EQ(rewritten("GET / HTTP/1.1\r\nauthorization: old\r\nA: 1\r\nAuthorization: again\r\n\r\n",
                      {{"Authorization", "new"}, {"X-New", "v"}}),
            "GET / HTTP/1.1\r\nauthorization: new\r\nA: 1\r\nX-New: v\r\n\r\n");
  EXPECT_EQ(rewritten("GET / HTTP/1.1\r\nHost: old\r\n\r\n", {{"host", "virtual"}}),
            "GET / HTTP/1.1\r\nHost: virtual\r\n\r\n");
}

// Such a line is read as a field without a value, and what no name may have as an underscore (http/normalize.h).
TEST(Rewrite, LinesThatAreMendedWhenReadAreFoundByThatName) {
  Rewrite rewrite;
  rewrite.authority = "a";
  rewrite.set_headers = {{"X_A", "new"}};
  EXPECT_EQ(rewrite_head("GET / HTTP/1.1\r\nx_a\r\n fold\r\nX A: 2\r\n\r\n", rewrite),
            "GET / HTTP/1.1\r\nx_a: new\r\n\r\n");
  rewrite.set_headers = {};
  rewrite.remove_headers = {"X_A"};
  EXPECT_EQ(rewrite_head("GET / HTTP/1.1\r\nx_a\r\nX A: 2\r\nX_AB\r\n\r\n", rewrite), "GET / HTTP/1.1\r\nX_AB\r\n\r\n");
}

TEST(Rewrite, RemoveTakesEveryLineWithItsFolds) {
  EXPECT_EQ(rewritten("GET / HTTP/1.1\r\nCookie: a\r\n b\r\nX: 1\r\nCOOKIE: c\r\n\r\n", {}, {"cookie"}),
            "GET / HTTP/1.1\r\nX: 1\r\n\r\n");
}

TEST(Rewrite, HeaderOptions) {
  const Result<http::Header> header = parse_header_option(" X-A :  b c ");
  ASSERT_TRUE(header);
  EXPECT_EQ(*header, (http::Header{"X-A", "b c"}));
  EXPECT_TRUE(parse_header_option("X:"));
  for (const char* bad : {"X", ": v", "a b: c", "X: a\r\nY: b", "X\n: a"})
    EXPECT_FALSE(parse_header_option(bad)) << bad;
  EXPECT_FALSE(parse_header_name("a:b"));
}

// RFC 9110 §5.5: a field value has no control byte but the tab.
TEST(Rewrite, HeaderOptionsHaveNoControlBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("X: a") + static_cast<char>(byte) + "b";
    const bool is_control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
    EXPECT_EQ(parse_header_option(text).has_value(), !is_control) << byte;
  }
}

TEST(Rewrite, FramingFields) {
  for (const char* name : {"Content-Length", "transfer-encoding", "CONNECTION"}) EXPECT_TRUE(is_framing(name)) << name;
  for (const char* name : {"Content-Type", "Host", "TE", ""}) EXPECT_FALSE(is_framing(name)) << name;
}

TEST(Rewrite, KeepAlive) {
  EXPECT_TRUE(handling_of("GET / HTTP/1.1\r\n\r\n").keeps_alive);
  EXPECT_FALSE(handling_of("GET / HTTP/1.0\r\n\r\n").keeps_alive);
  EXPECT_TRUE(handling_of("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keeps_alive);
  EXPECT_FALSE(handling_of("GET / HTTP/1.1\r\nCONNECTION: te, Close\r\n\r\n").keeps_alive);
  EXPECT_TRUE(handling_of("GET / HTTP/1.1\r\nConnection: closed\r\n\r\n").keeps_alive);
}

TEST(RewritePaths, TheFirstThatFitsIsTaken) {
  Rewrite rewrite = make_rewrite(*Target::parse("staging"), {}, {}, {{"/v1/", "/v2/"}, {"/", "/api/"}});
  EXPECT_EQ(rewrite_head("GET /v1/a?x=/v1/ HTTP/1.1\r\n\r\n", rewrite), "GET /v2/a?x=/v1/ HTTP/1.1\r\n\r\n");
  EXPECT_EQ(rewrite_head("GET /b HTTP/1.1\r\n\r\n", rewrite), "GET /api/b HTTP/1.1\r\n\r\n");
  EXPECT_EQ(rewrite_head("OPTIONS * HTTP/1.1\r\n\r\n", rewrite), "OPTIONS * HTTP/1.1\r\n\r\n");
  EXPECT_EQ(rewrite_head("GET http://a/v1/c HTTP/1.1\r\n\r\n", rewrite), "GET http://staging/v2/c HTTP/1.1\r\n\r\n");
  EXPECT_EQ(parse_path_rewrite("/a=/b")->to, "/b");
  for (const char* bad : {"", "/a", "a=/b", "/a=b", "/a b=/c", "/a=/\x05", "/a=/b?token=s3cret", "/a?x=/b", "/a=/b#c"})
    EXPECT_FALSE(parse_path_rewrite(bad)) << bad;
}

TEST(ExpectsContinue, AsTheHeadSays) {
  EXPECT_TRUE(handling_of("POST / HTTP/1.1\r\nA: b\r\nexpect:  100-Continue \r\n\r\n").expects_continue);
  EXPECT_FALSE(handling_of("POST / HTTP/1.1\r\nA: expect\r\n\r\n").expects_continue);
  EXPECT_FALSE(handling_of("POST / HTTP/1.1\r\nExpect: other\r\n\r\n").expects_continue);
}

}  // namespace
}  // namespace tracerec::replay
