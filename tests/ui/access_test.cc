#include "ui/access.h"

#include <gtest/gtest.h>

namespace tracerec::ui {
namespace {

const Listen kLocal{"127.0.0.1", 8600};

TEST(Access, ReadsWhereToListen) {
  EXPECT_EQ(parse_listen("127.0.0.1:8600")->port, 8600);
  EXPECT_EQ(parse_listen("[::1]:0")->host, "::1");
  EXPECT_EQ(authority_of(*parse_listen("[::1]:86")), "[::1]:86");
  for (const char* wrong : {"", "8600", "127.0.0.1", ":8600", "a:b", "a:70000", "a:-1", "[::1", "[::1]x:1", "::1:8600"})
    EXPECT_FALSE(parse_listen(wrong)) << wrong;
}

TEST(Access, KnowsWhatOnlyThisMachineReaches) {
  for (const char* local : {"127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"})
    EXPECT_TRUE(is_loopback({local, 1})) << local;
  for (const char* open : {"0.0.0.0", "::", "192.0.2.1", "staging", "localhost.evil.invalid", "127.0.0.1.evil.invalid"})
    EXPECT_FALSE(is_loopback({open, 1})) << open;
}

TEST(Access, TakesNoNameOfAnotherSite) {
  for (const char* host : {"127.0.0.1:8600", "localhost:8600", "[::1]:8600", "localhost:9000", "localhost"})
    EXPECT_TRUE(is_host_allowed(kLocal, host)) << host;
  for (const char* host : {"", "evil.invalid:8600", "evil.invalid", "127.0.0.1.evil.invalid:8600", "192.0.2.1:8600",
                           "localhost:86x", "localhost@evil.invalid", "[::1"})
    EXPECT_FALSE(is_host_allowed(kLocal, host)) << host;
}

// What C functions take for the end is none.
TEST(Access, AZeroByteHidesNoName) {
  using std::string_literals::operator""s;
  EXPECT_FALSE(is_host_allowed(kLocal, "127.0.0.1\0.evil.invalid"s));
  EXPECT_FALSE(is_host_allowed({"0.0.0.0", 1}, "192.0.2.1\0.evil.invalid"s));
  EXPECT_FALSE(is_loopback({"127.0.0.1\0.evil.invalid"s, 1}));
}

TEST(Access, ForOtherMachinesTakesAddressesInDigits) {
  const Listen open{"0.0.0.0", 8600};
  EXPECT_TRUE(is_host_allowed(open, "192.0.2.1:8600"));
  EXPECT_TRUE(is_host_allowed(open, "[2001:db8::1]:8600"));
  EXPECT_FALSE(is_host_allowed(open, "evil.invalid:8600"));
  EXPECT_TRUE(is_host_allowed({"staging", 8600}, "staging:8600"));
}

TEST(Access, ChangesComeFromItsOwnPages) {
  EXPECT_TRUE(is_origin_allowed("", "127.0.0.1:8600"));  // no browser
  EXPECT_TRUE(is_origin_allowed("http://127.0.0.1:8600", "127.0.0.1:8600"));
  for (const char* origin : {"null", "http://evil.invalid", "https://127.0.0.1:8600", "http://127.0.0.1:8601",
                             "http://127.0.0.1:8600.evil.invalid"})
    EXPECT_FALSE(is_origin_allowed(origin, "127.0.0.1:8600")) << origin;
}

TEST(Access, ComparesTheWholeToken) {
  EXPECT_TRUE(is_token_right("Bearer secret", "secret"));
  for (const char* given : {"", "secret", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Bearer secretsecret",
                            "bearer secret", "Basic secret"})
    EXPECT_FALSE(is_token_right(given, "secret")) << given;
  EXPECT_FALSE(is_token_right("Bearer ", ""));
  EXPECT_NE(*make_token(), *make_token());
  EXPECT_EQ(make_token()->size(), 32U);
}

TEST(Access, WhatIsListenedOnIsAnAddressOrAName) {
  for (const char* wrong : {"[[2]:0", "[a]b]:1", "a b:1", "a/b:1", ":1", "[]:1"})
    EXPECT_FALSE(parse_listen(wrong)) << wrong;
  for (const char* right : {"127.0.0.1:8600", "[::1]:0", "[fe80::1%eth0]:1", "my-host.example:80"})
    EXPECT_TRUE(parse_listen(right)) << right;
}

}  // namespace
}  // namespace tracerec::ui
