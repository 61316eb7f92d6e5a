#include "redact/pseudonym.h"

#include <gtest/gtest.h>

#include <cctype>

#include "base/base64.h"
#include "base/text.h"
#include "base/utf8.h"
#include "http/web_token.h"

namespace tracerec::redact {
namespace {

const RedactionKey kKey{1, 2, 3};

std::string classes_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += std::isdigit(byte) ? '0' : std::islower(byte) ? 'a' : std::isupper(byte) ? 'A' : c;
  }
  return out;
}

TEST(Pseudonym, LengthAndClassesStay) {
  Pseudonyms pseudonyms(kKey);
  for (const std::string secret :
       {"abcXYZ019", "a", "7", "sk_live_51H8xYz", "dXNlcjpwYXNzd29yZA==", "a+b/c-d_e.f", "P@ss w0rd!",
        "c0ffee00-dead-4bad-8bad-0123456789ab", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"}) {
    const std::string pseudonym(pseudonyms.of(secret));
    EXPECT_NE(pseudonym, secret);
    EXPECT_EQ(classes_of(pseudonym), classes_of(secret));
  }
}

TEST(Pseudonym, EqualSecretsAreEqualAndOthersAreNot) {
  Pseudonyms pseudonyms(kKey);
  const std::string first(pseudonyms.of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
  const std::string second(pseudonyms.of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"));
  EXPECT_EQ(pseudonyms.of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), first);
  EXPECT_NE(first, second);
  EXPECT_NE(Pseudonyms(RedactionKey{9}).of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), first);
  EXPECT_NE(*random_redaction_key(), *random_redaction_key());
}

TEST(Pseudonym, StaysEqualWhenTheCacheHasForgottenIt) {
  Pseudonyms pseudonyms(kKey);
  const std::string before(pseudonyms.of("remember-me"));
  for (int i = 0; i < 40'000; ++i) (void)pseudonyms.of(std::string(400, 'x') + std::to_string(i));
  EXPECT_EQ(pseudonyms.of("remember-me"), before);
}

TEST(Pseudonym, HexadecimalStaysHexadecimal) {
  Pseudonyms pseudonyms(kKey);
  const std::string lower(pseudonyms.of("deadbeef00112233445566778899aabb"));
  EXPECT_EQ(lower.find_first_not_of("0123456789abcdef"), std::string::npos);
  const std::string upper(pseudonyms.of("DEADBEEF00112233"));
  EXPECT_EQ(upper.find_first_not_of("0123456789ABCDEF"), std::string::npos);
}

TEST(Pseudonym, AUuidKeepsDashesVersionAndVariant) {
  Pseudonyms pseudonyms(kKey);
  const std::string uuid(pseudonyms.of("c0ffee00-dead-4bad-8bad-0123456789ab"));
  EXPECT_EQ(uuid[14], '4');
  EXPECT_EQ(uuid[19], '8');
  EXPECT_NE(uuid.substr(0, 8), "c0ffee00");
}

// {"alg":"HS256","typ":"JWT"} . {"sub":"1234567890"} . signature
const std::string kJwtHead = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";
const std::string kJwt = kJwtHead + "eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

TEST(Pseudonym, AJwtKeepsItsHeaderAndNothingElse) {
  Pseudonyms pseudonyms(kKey);
  const std::string jwt(pseudonyms.of(kJwt));
  EXPECT_EQ(jwt.substr(0, kJwtHead.size()), kJwtHead);
  EXPECT_EQ(jwt.find("eyJzdWIiOiIxMjM0NTY3ODkwIn0"), std::string::npos);
  const std::size_t after_holder = kJwtHead.size() + http::kHolderChars;
  EXPECT_EQ(classes_of(jwt.substr(after_holder)), classes_of(kJwt.substr(after_holder)));
}

TEST(Pseudonym, JwtsOfOneHolderBeginAlike) {
  Pseudonyms pseudonyms(kKey);
  const auto claims_of = [&](const std::string& claims) {
    return std::string(pseudonyms.of(kJwtHead + encode_base64url(claims) + ".c2lnbmF0dXJl")).substr(kJwtHead.size());
  };
  const std::string first = claims_of(R"({"exp":1700000900,"sub":"ann"})");
  const std::string second = claims_of(R"({"exp":1788888888,"sub":"ann"})");
  EXPECT_NE(first, second);
  EXPECT_EQ(http::holder_of("h." + first), http::holder_of("h." + second));
  EXPECT_NE(http::holder_of("h." + first), http::holder_of("h." + claims_of(R"({"exp":1700000900,"sub":"bob"})")));
}

TEST(Pseudonym, WhatOnlyLooksLikeAJwtKeepsNothing) {
  Pseudonyms pseudonyms(kKey);
  for (const std::string secret : {"eyJub3RfYWxnIjoxfQ.eyJhIjoxfQ.c2ln", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.",
                                   "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJhbGci.x.y"}) {
    EXPECT_NE(pseudonyms.of(secret).substr(0, 8), secret.substr(0, 8)) << secret;
  }
}

TEST(Pseudonym, CharactersOutsideAsciiKeepTheirLength) {
  Pseudonyms pseudonyms(kKey);
  const std::string secret = "p\xC3\xA4ss\xE5\xAF\x86\xE7\xA0\x81\xF0\x9F\x94\x91";
  const std::string pseudonym(pseudonyms.of(secret));
  EXPECT_EQ(pseudonym.size(), secret.size());
  EXPECT_TRUE(is_utf8(pseudonym));
  EXPECT_EQ(pseudonym.find("\xE5\xAF\x86"), std::string::npos);
  const std::string bytes =
      "\xFF\xFE\x80"
      "abc\xC3";
  EXPECT_EQ(pseudonyms.of(bytes).size(), bytes.size());
  EXPECT_NE(pseudonyms.of(bytes).substr(0, 3), bytes.substr(0, 3));
}

TEST(Pseudonym, ASecretOfPunctuationIsNotKept) {
  Pseudonyms pseudonyms(kKey);
  const std::string pseudonym(pseudonyms.of("!!%%??**a"));
  EXPECT_EQ(pseudonym.size(), 9U);
  EXPECT_EQ(pseudonym.find_first_of("!%?*"), std::string::npos);
}

// So that the same digits can stand where JSON wants a number.
TEST(Pseudonym, ANumberGetsNoLeadingZero) {
  Pseudonyms pseudonyms(kKey);
  for (int i = 100; i < 1100; ++i) EXPECT_NE(pseudonyms.of(std::to_string(i))[0], '0');
}

TEST(Pseudonym, AShortSecretIsNeverItsOwnPseudonym) {
  Pseudonyms pseudonyms(kKey);
  for (char c = '0'; c <= '9'; ++c) EXPECT_NE(pseudonyms.of(std::string(1, c)), std::string(1, c));
  for (char c = 'a'; c <= 'z'; ++c) EXPECT_NE(pseudonyms.of(std::string(1, c)), std::string(1, c));
}

}  // namespace
}  // namespace tracerec::redact
