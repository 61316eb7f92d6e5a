#include "http/web_token.h"

#include <gtest/gtest.h>

#include <string>

#include "base/base64.h"

namespace tracerec::http {
namespace {

std::string token(const std::string& claims) {
  return "eyJhbGciOiJIUzI1NiJ9." + encode_base64url(claims) + ".c2lnbmF0dXJl";
}

std::string lasting(const std::string& claims) {
  return lasting_claims(token(claims)).value_or("none");
}

TEST(WebToken, ItsHolderIsWhatAllItsTokensSay) {
  EXPECT_EQ(lasting(R"({"sub":"u-1","role":"x","exp":17,"iat":16,"jti":"a","nonce":"n","updated_at":3})"),
            R"({"role":"x","sub":"u-1"})");
  EXPECT_EQ(lasting(R"({"role":"x","sub":"u-1"})"), lasting(R"({"sub":"u-1","role":"x","iat":5})"));
  EXPECT_NE(lasting(R"({"sub":"u-1"})"), lasting(R"({"sub":"u-2"})"));
}

TEST(WebToken, WhatCannotBeReadHasNoClaims) {
  for (const char* claims : {"", "7", "[1]", "{\"sub\":", "\xff\xfe"}) EXPECT_EQ(lasting(claims), "none") << claims;
  EXPECT_FALSE(lasting_claims("eyJhbGciOiJIUzI1NiJ9.!!!.x"));
  EXPECT_FALSE(lasting_claims("eyJhbGciOiJIUzI1NiJ9"));
  EXPECT_EQ(lasting("{\"a\":" + std::string(9000, '[') + std::string(9000, ']') + "}"), "none");
  EXPECT_EQ(lasting("{\"a\":" + std::string(900, '[') + std::string(900, ']') + "}"), "none");
  EXPECT_NE(lasting("{\"a\":\"\xff\"}"), "{}");
}

TEST(WebToken, OfUnreadableClaimsTheStartIsTheHolder) {
  EXPECT_EQ(holder_of("eyJhbGciOiJIUzI1NiJ9.abcdefghijklmnopqrst.sig"), "abcdefghijklmnop");
  EXPECT_EQ(holder_of("eyJhbGciOiJIUzI1NiJ9.abc.sig"), "abc");
}

}  // namespace
}  // namespace tracerec::http
