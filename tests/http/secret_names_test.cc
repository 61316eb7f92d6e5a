#include "http/secret_names.h"

#include <gtest/gtest.h>

namespace tracerec::http {
namespace {

TEST(SecretNames, FieldsAreComparedWithoutCaseUnderscoresAndDashes) {
  for (const char* name : {"password", "PASSWORD", "passWord", "access_token", "accessToken", "Access-Token",
                           "client_secret", "api_key", "apiKey", "X-Amz-Signature", "sig", "card_number", "cardNumber",
                           "new_password_confirmation", "otp", "cvv2", "code_verifier", "refresh_token", "_token"}) {
    EXPECT_TRUE(is_secret_field(name)) << name;
    EXPECT_TRUE(is_secret_member(name)) << name;
  }
}

TEST(SecretNames, HarmlessNamesThatLookLikeThemAreNone) {
  for (const char* name : {"",
                           "_",
                           "id",
                           "key",
                           "tokens",
                           "token_type",
                           "next_page_token",
                           "password_changed_at",
                           "passwordless",
                           "secretary",
                           "signature_count",
                           "compass",
                           "span",
                           "japan",
                           "code",
                           "state",
                           "max_tokens",
                           "pinned",
                           "shipping",
                           "assignee",
                           "newpasswordconfirmationx",
                           "newpasswordconfirmation_of_somebody"}) {
    EXPECT_FALSE(is_secret_field(name)) << name;
    EXPECT_FALSE(is_secret_member(name)) << name;
  }
}

// Rails and PHP, ASP.NET and Spring.
TEST(SecretNames, TheLastPartOfANameWithBracketsOrDotsCounts) {
  for (const char* name : {"user[password]", "user[account][api_key]", "Input.Password", "user.password", "password[]",
                           "card[number]", "credit-card[number]"}) {
    EXPECT_TRUE(is_secret_field(name)) << name;
  }
  for (const char* name : {"user[name]", "password[hint]", "[", "]", "[]", ".", "a.b", "page[number]"}) {
    EXPECT_FALSE(is_secret_field(name)) << name;
  }
}

// Its source is a page, which is not searched.
TEST(SecretNames, TokensAgainstForgeryAreSecretInJsonOnly) {
  for (const char* name : {"csrf", "csrfToken", "csrf_token", "xsrf-token", "authenticity_token"}) {
    EXPECT_TRUE(is_secret_member(name)) << name;
    EXPECT_FALSE(is_secret_field(name)) << name;
  }
}

TEST(SecretNames, HeadersAreNamedOneByOneAndByFamily) {
  for (const char* name : {"Authorization",
                           "proxy-authorization",
                           "X-Authorization",
                           "X-Api-Key",
                           "API_KEY",
                           "Apikey",
                           "X-Acme-Api-Key",
                           "Token",
                           "X-Tenant-Token",
                           "access_token",
                           "X-Client-Secret",
                           "X-Secret",
                           "X-Shop-Session",
                           "X-Session-Id",
                           "X-App-SessionId",
                           "X-Password",
                           "X-Csrf-Token",
                           "X-Auth",
                           "X-Amz-Security-Token",
                           "X-Functions-Key",
                           "X-GitHub-OTP",
                           "Cf-Access-Jwt-Assertion"}) {
    EXPECT_TRUE(is_secret_header(name)) << name;
  }
  for (const char* name : {"", "n", "Connection", "Accept", "Content-Encoding", "Idempotency-Key", "Sec-WebSocket-Key",
                           "Surrogate-Key", "User-Agent", "X-Request-Id", "Session-Expired", "X-Tokens", "Location",
                           "X-Hub-Signature-256", "Host", "If-None-Match", "Keep-Alive", "Cookie", "X-Mytoken"}) {
    EXPECT_FALSE(is_secret_header(name)) << name;
  }
}

TEST(SecretNames, TwoNamesOfOneField) {
  EXPECT_TRUE(are_one_field("access_token", "Access-Token"));
  EXPECT_TRUE(are_one_field("a_", "A"));
  EXPECT_TRUE(are_one_field("", "-"));
  EXPECT_FALSE(are_one_field("token", "tokens"));
  EXPECT_FALSE(
      are_one_field("a-very-long-name-of-a-field-that-ends-in-a", "a-very-long-name-of-a-field-that-ends-in-b"));
}

}  // namespace
}  // namespace tracerec::http
