// Every kind of location in a message, and what is put there.
#include "replay/values.h"

#include <gtest/gtest.h>

#include <map>

namespace tracerec::replay {
namespace {

// Keeps each value by its location, with the bytes that stand for it.
class Seen final : public ValueSink {
 public:
  Seen(std::string head, std::string content) : head_(std::move(head)), content_(std::move(content)) {}

  void on_value(const Value& value) override {
    texts[value.location()] = value.text;
    raw[value.location()] = (value.in_head ? head_ : content_).substr(value.begin, value.end - value.begin);
  }
  Seen& request() {
    for_each_request_value(head_, content_, *this);
    return *this;
  }
  Seen& response() {
    for_each_response_value(head_, content_, *this);
    return *this;
  }

  std::map<std::string, std::string> texts, raw;

 private:
  std::string head_, content_;
};

TEST(Values, OfARequestHead) {
  Seen seen(
      "GET /a/b%2Fc/17?q=x%20y&q2=z+1#f HTTP/1.1\r\nHost: h1234567\r\nCookie: sid=AbC; b=\"2%2B\"\r\n"
      "Authorization: Bearer tok\r\nX-Csrf: c1\r\nIf-Match: W/\"e1\"\r\nFolded: a\r\n b\r\n"
      "Referer: http://h/orders/5?c=6\r\n\r\n",
      "");
  const std::map<std::string, std::string> expected = {{"path segment 1", "a"},
                                                       {"path segment 2", "b/c"},
                                                       {"path segment 3", "17"},
                                                       {"query q", "x y"},
                                                       {"query q2", "z 1"},
                                                       {"cookie sid", "AbC"},
                                                       {"cookie b", "2%2B"},
                                                       {"cookie b decoded", "2+"},
                                                       {"header Authorization", "tok"},
                                                       {"header X-Csrf", "c1"},
                                                       {"header If-Match", "e1"},
                                                       {"header Referer path segment 1", "orders"},
                                                       {"header Referer path segment 2", "5"},
                                                       {"header Referer query c", "6"}};
  EXPECT_EQ(seen.request().texts, expected);
  EXPECT_EQ(seen.raw["path segment 2"], "b%2Fc");
  EXPECT_EQ(seen.raw["query q"], "x%20y");
  EXPECT_EQ(seen.raw["cookie sid"], "AbC");
  EXPECT_EQ(seen.raw["header Referer query c"], "6");
}

// A server compares them with the time of its own (RFC 9110 §13.1.3), so that they are carried over like entity tags.
TEST(Values, TimesOfChangeAreWhole) {
  const std::string date = "Tue, 14 Nov 2023 22:13:20 GMT";
  Seen request("GET / HTTP/1.1\r\nIf-Modified-Since: " + date + "\r\nif-unmodified-since: " + date +
                   "\r\nIf-Range: \"e\"\r\nDate: " + date + "\r\n\r\n",
               "");
  const std::map<std::string, std::string> expected = {
      {"header If-Modified-Since", date}, {"header if-unmodified-since", date}, {"header If-Range", "e"}};
  EXPECT_EQ(request.request().texts, expected);
  EXPECT_EQ(request.raw["header If-Modified-Since"], date);
  Seen response("HTTP/1.1 200 x\r\nLast-Modified: " + date + "\r\nDate: " + date + "\r\n\r\n", "");
  EXPECT_EQ(response.response().texts, (std::map<std::string, std::string>{{"header Last-Modified", date}}));
}

TEST(Values, ACookieThatIsRemovedIsNoValue) {
  const auto value = [](const std::string& attributes) {
    return Seen("HTTP/1.1 200 x\r\nSet-Cookie: sid=deleted" + attributes + "\r\n\r\n", "").response().texts.size();
  };
  EXPECT_EQ(value("; Max-Age=0"), 0U);
  EXPECT_EQ(value("; Path=/; max-age = -1"), 0U);
  EXPECT_EQ(value("; expires=Thu, 01-Jan-1970 00:00:01 GMT"), 0U);
  EXPECT_EQ(value("; Expires=Thursday, 01-Jan-70 00:00:01 GMT"), 0U);
  EXPECT_EQ(value("; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=60"), 1U) << "Max-Age goes before Expires";
  EXPECT_EQ(value("; Expires=Wed, 21 Oct 2015 07:28:00 GMT"), 1U);
  EXPECT_EQ(value("; Expires=Fri, 21 Oct 2095 07:28:00 GMT; Max-Age=x"), 1U);
  EXPECT_EQ(value("; Path=/Max-Age=0"), 1U);
  EXPECT_EQ(value(""), 1U);
}

TEST(Values, OfAJsonBody) {
  Seen seen("POST / HTTP/1.1\r\n\r\n",
            R"({"id": 17, "ok": true, "items": [{"name": "a\"b"}, {"name": "c"}], "odd name": "x",
               "next": "/p?cursor=a%3Db", "n": null})");
  const std::map<std::string, std::string> expected = {
      {"$.id", "17"},         {"$.items[0].name", "a\"b"},    {"$.items[1].name", "c"},
      {"$['odd name']", "x"}, {"$.next path segment 1", "p"}, {"$.next query cursor", "a=b"}};
  EXPECT_EQ(seen.request().texts, expected);
  EXPECT_EQ(seen.raw["$.id"], "17");
  EXPECT_EQ(seen.raw["$.items[0].name"], "a\\\"b");
  EXPECT_EQ(seen.raw["$.next query cursor"], "a%3Db");
}

TEST(Values, OfAForm) {
  Seen seen("POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\r\n",
            "a=1&csrf=x%2By&empty=");
  const std::map<std::string, std::string> expected = {{"form a", "1"}, {"form csrf", "x+y"}};
  EXPECT_EQ(seen.request().texts, expected);
}

TEST(Values, OfAResponseHead) {
  Seen seen(
      "HTTP/1.1 201 x\r\nSet-Cookie: sid=abc; Path=/\r\nset-cookie: b=c\r\nLocation: http://h:1/orders/17?v=2\r\n"
      "ETag: \"e\"\r\nDate: Mon\r\nLink: </n?p=2>; rel=\"next\", </n?p=9>; rel=last\r\n\r\n",
      "");
  const std::map<std::string, std::string> expected = {{"cookie sid", "abc"},
                                                       {"cookie b", "c"},
                                                       {"header Location path segment 1", "orders"},
                                                       {"header Location path segment 2", "17"},
                                                       {"header Location query v", "2"},
                                                       {"header ETag", "e"},
                                                       {"header Link next path segment 1", "n"},
                                                       {"header Link next query p", "2"},
                                                       {"header Link last path segment 1", "n"},
                                                       {"header Link last query p", "9"}};
  EXPECT_EQ(seen.response().texts, expected);
}

TEST(Values, OfHtmlAndOfABodyThatIsOneWord) {
  Seen page("HTTP/1.1 200 x\r\nContent-Type: text/html\r\n\r\n",
            "<meta name=\"csrf-token\" content=\"m&amp;1\"><input type=hidden value='v1' name=csrf><p>id</p>");
  const std::map<std::string, std::string> expected = {{"html csrf-token", "m&1"}, {"html csrf", "v1"}};
  EXPECT_EQ(page.response().texts, expected);
  EXPECT_EQ(page.raw["html csrf-token"], "m&amp;1");
  Seen word("HTTP/1.1 200 x\r\nContent-Type: text/plain\r\n\r\n", "tok123\n");
  EXPECT_EQ(word.response().texts["body"], "tok123");
  Seen sentence("HTTP/1.1 200 x\r\nContent-Type: text/plain\r\n\r\n", "not a token");
  EXPECT_TRUE(sentence.response().texts.empty());
}

TEST(Values, BrokenMessagesAreNoTrouble) {
  for (const char* head :
       {"", "GET", "GET /", "GET / HTTP/1.1\r\nCookie: ;=;a\r\nAuthorization:\r\nEtag: \"\r\n\r\n"}) {
    for (const char* content : {"", "{", "{\"a\":", "[1,", "{\"a\":\"\\", "[[[[", "{\"a\" 1}"}) {
      Seen seen(head, content);
      seen.request().response();
    }
  }
}

TEST(Values, AReplacedBodyIsFramedAgain) {
  const std::string head = "POST /a/1 HTTP/1.1\r\nX: y\r\nContent-Length: 8\r\n\r\n";
  const auto plain = with_replacements(head, "{\"a\":17}", "{\"a\":17}", {{false, 5, 7, "1234"}, {true, 8, 9, "22"}});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->head, "POST /a/22 HTTP/1.1\r\nX: y\r\nContent-Length: 10\r\n\r\n");
  EXPECT_EQ(plain->body, "{\"a\":1234}");
  const auto chunked = with_replacements("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
                                         "2\r\n{\"\r\n6\r\na\":17}\r\n0\r\n\r\n", "{\"a\":17}", {{false, 5, 7, "1"}});
  ASSERT_TRUE(chunked);
  EXPECT_EQ(chunked->body, "7\r\n{\"a\":1}\r\n0\r\n\r\n");
  const std::string wire = "8\r\n{\"a\":17}\r\n0\r\n\r\n";
  const auto head_only = with_replacements(head, wire, "{\"a\":17}", {{true, 8, 9, "22"}});
  EXPECT_EQ(head_only->body, wire) << "byte for byte when nothing in it changes";
}

}  // namespace
}  // namespace tracerec::replay
