// Which requests are whose; heads are hostile.
#include "replay/identity.h"

#include <gtest/gtest.h>

#include "replay/rewrite.h"

namespace tracerec::replay {
namespace {

const std::string kHead =
    "GET /me HTTP/1.1\r\nHost: a\r\nauthorization:  Bearer abc \r\nCookie: x=1; sid=s1;sid2=no\r\n\r\n";

bool is_of(const std::string& header, const std::string& cookie, const std::string& recorded) {
  return replay::is_of(kHead, {header, cookie, recorded});
}

TEST(Identity, AHeaderOrACookieTellsUsersApart) {
  EXPECT_TRUE(is_of("Authorization", "", "Bearer abc"));
  EXPECT_TRUE(is_of("Authorization", "", "abc")) << "people copy the token alone";
  EXPECT_FALSE(is_of("Authorization", "", "Bearer ab"));
  EXPECT_FALSE(is_of("Authorization", "", "Bearer"));
  EXPECT_FALSE(is_of("Authorizatio", "", "abc"));
  EXPECT_TRUE(is_of("Cookie", "sid", "s1"));
  EXPECT_FALSE(is_of("Cookie", "sid", "no"));
  EXPECT_FALSE(is_of("Cookie", "id", "s1"));
  EXPECT_TRUE(credentials_in(kHead, {"X-Api-Key", "", ""}).empty());
  EXPECT_TRUE(credentials_in("", {"Cookie", "a", ""}).empty());
  EXPECT_TRUE(credentials_in("GET / HTTP/1.1\r\nCookie: ;;=;a\r\nCookie", {"Cookie", "a", ""}).empty());
}

TEST(Identity, AnExchangeMayNameIt) {
  EXPECT_EQ(exchange_named_by("exchange 12"), 12);
  for (const char* text : {"exchange", "exchange 0", "exchange -1", "exchange 12x", "12", "Bearer exchange 12",
                           "exchange 99999999999999999999"}) {
    EXPECT_FALSE(exchange_named_by(text)) << text;
  }
}

TEST(Identity, EachUserIsSentWithAHeaderOfItsOwn) {
  Rewrite rewrite = make_rewrite(*Target::parse("staging:80"), {{"X-All", "1"}, {"Authorization", "Bearer all"}}, {});
  rewrite.identities = {{{"Authorization", "", "Bearer a"}, {"Authorization", "Bearer new-a"}},
                        {{"Authorization", "", "Bearer b"}, {"Authorization", "Bearer new-b"}},
                        {{"Cookie", "sid", "s"}, {"Cookie", "sid=new"}}};
  const auto sent = [&](const std::string& fields) {
    const std::string head = rewrite_head("GET / HTTP/1.1\r\n" + fields + "\r\n", rewrite);
    return head.substr(16, head.size() - 18);
  };
  EXPECT_EQ(sent("Authorization: Bearer a\r\n"), "Authorization: Bearer new-a\r\nX-All: 1\r\n");
  EXPECT_EQ(sent("X-All: 0\r\nauthorization: Bearer b\r\n"), "X-All: 1\r\nauthorization: Bearer new-b\r\n");
  EXPECT_EQ(sent("Authorization: Bearer c\r\n"), "Authorization: Bearer all\r\nX-All: 1\r\n");
  EXPECT_EQ(sent("Cookie: x=1; sid=s\r\n"), "Cookie: sid=new\r\nX-All: 1\r\nAuthorization: Bearer all\r\n");
}

}  // namespace
}  // namespace tracerec::replay
