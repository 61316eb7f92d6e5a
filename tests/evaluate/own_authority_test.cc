#include "evaluate/own_authority.h"

#include <gtest/gtest.h>

namespace tracerec::evaluate {
namespace {

std::string mapped(std::string_view text) {
  return with_authority(text, "shop.com", "staging:81", "http");
}

TEST(OwnAuthority, OfUrlsInEveryEscape) {
  EXPECT_EQ(mapped("https://shop.com/api/1"), "http://staging:81/api/1");
  EXPECT_EQ(mapped("<a href='//shop.com/a'>"), "<a href='//staging:81/a'>");
  EXPECT_EQ(mapped(R"("https:\/\/shop.com\/api")"), R"("http:\/\/staging:81\/api")");
  EXPECT_EQ(mapped("?to=https%3A%2F%2Fshop.com%2Fa"), "?to=http%3A%2F%2Fstaging:81%2Fa");
  EXPECT_EQ(mapped("ftp://shop.com wss://shop.com"), "ftp://staging:81 wss://staging:81");
  EXPECT_EQ(mapped("See https://shop.com."), "See http://staging:81.");
  EXPECT_EQ(mapped(R"({"host":"shop.com"})"), R"({"host":"staging:81"})");
  EXPECT_EQ(mapped("sid=1; Domain=shop.com; Path=/"), "sid=1; Domain=staging:81; Path=/");
}

TEST(OwnAuthority, NotOfOthers) {
  for (const char* text :
       {"https://myshop.com/", "https://shop.com.evil.org/", "https://shop.community/", "at shop.com",
        "https://shop.com:8443/", "mail@shop.com", "https://evil.org/shop.com/", "", "shop.com"}) {
    EXPECT_EQ(mapped(text), text);
  }
}

TEST(OwnAuthority, OfARequest) {
  EXPECT_EQ(authorities_of("GET / HTTP/1.1\r\nHost: a:1\r\nX-Forwarded-Host: b\r\n\r\n"),
            (std::vector<std::string>{"a:1", "b"}));
  EXPECT_TRUE(authorities_of("GET / HTTP/1.0\r\n\r\n").empty());
}

diff::Message with_body(const std::string& body, const std::string& location = {}) {
  diff::Message message;
  message.status = 200;
  message.body = body;
  if (!location.empty()) message.headers.add("Location", location);
  return message;
}

TEST(OwnAuthority, BothSidesBecomeThoseOfTheTarget) {
  diff::Message recorded = with_body(R"({"self":"https://shop.com/1"})", "https://shop.com/1");
  diff::Message replayed = with_body(R"({"self":"http://staging:81/1"})", "http://staging:81/1");
  map_own_authority({"shop.com"}, {"staging:81", false}, recorded, replayed);
  EXPECT_EQ(recorded.body, replayed.body);
  EXPECT_EQ(recorded.headers, replayed.headers);
}

TEST(OwnAuthority, AWrongOneStaysWrong) {
  diff::Message recorded = with_body(R"(["https://shop.com/1","https://shop.com/2"])");
  diff::Message replayed = with_body(R"(["http://evil:81/1","http://staging:81/2"])");
  map_own_authority({"shop.com"}, {"staging:81", false}, recorded, replayed);
  EXPECT_EQ(recorded.body, R"(["http://staging:81/1","http://staging:81/2"])");
  EXPECT_EQ(replayed.body, R"(["http://evil:81/1","http://staging:81/2"])");
}

TEST(OwnAuthority, ALostSIsFound) {
  diff::Message recorded = with_body("https://shop.com/1");
  diff::Message replayed = with_body("http://staging/1");
  map_own_authority({"shop.com"}, {"staging", true}, recorded, replayed);
  EXPECT_EQ(recorded.body, "https://staging/1");
  EXPECT_EQ(replayed.body, "http://staging/1");
}

TEST(OwnAuthority, NothingIsDoneForATargetThatIsNotNamed) {
  diff::Message recorded = with_body("https://shop.com/1");
  diff::Message replayed = with_body("https://shop.com/1");
  map_own_authority({"shop.com"}, {"staging:81", false}, recorded, replayed);
  EXPECT_EQ(recorded.body, "https://shop.com/1");
}

}  // namespace
}  // namespace tracerec::evaluate
