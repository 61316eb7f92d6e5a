#include "http/secret_names.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "testing/temp_dir.h"

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
  for (const char* name :
       {"user[password]", "user[account][api_key]", "Input.Password", "user.password", "password[]", "card[number]",
        "credit-card[number]", "password[0]", "passwords[]", "passwords[12]", "user[password][]", "user[passwords][0]",
        "user[password][hint]", "password[][x]", "user.passwords[3]", "passwords.0", "users.tokens.12", "api_keys[]"}) {
    EXPECT_TRUE(is_secret_field(name)) << name;
  }
  for (const char* name : {"user[name]", "hint[0]", "[", "]", "[]", ".", "..", "a.b", "page[number]", "a.0", ".0",
                           "0.0", "password.hint", "[0]"}) {
    EXPECT_FALSE(is_secret_field(name)) << name;
  }
}

// LLM servers say how many tokens they used, and lists of tokens are lists of objects that have names of their own.
TEST(SecretNames, OfPluralsOnlyTextsAreSecret) {
  for (const char* name : {"tokens", "apiKeys", "access_tokens", "new-passwords", "card_numbers", "client_secrets"}) {
    EXPECT_EQ(secrecy_of_field(name), Secrecy::kTexts) << name;
    EXPECT_EQ(secrecy_of_member(name), Secrecy::kTexts) << name;
  }
  for (const char* name : {"max_tokens", "keys", "numbers", "pans", "pins", "signatures", "credentials", "ss", "s"})
    EXPECT_EQ(secrecy_of_member(name), Secrecy::kNone) << name;
  EXPECT_EQ(secrecy_of_member("passwords"), Secrecy::kAll);  // of a list of names, not made by an s
}

TEST(SecretNames, WhatIsKeptIsKeptInBracketsToo) {
  KeptFields kept;
  kept.add("Pass_Word");
  kept.add("user[pin]");
  for (const char* name : {"password", "user[password]", "PASSWORD[]", "user.password", "user[pin]"})
    EXPECT_EQ(secrecy_of_field(name, &kept), Secrecy::kNone) << name;
  for (const char* name : {"token", "password[token]", "pin", "passwords"})
    EXPECT_NE(secrecy_of_field(name, &kept), Secrecy::kNone) << name;
}

TEST(SecretNames, LabelsOfPairsAreFieldsHeadersAndVariables) {
  for (const char* name : {"password", "Authorization", "cookie", "Set-Cookie", "X-Api-Key", "MYSQL_ROOT_PASSWORD",
                           "GITHUB_TOKEN", "http.request.header.authorization"})
    EXPECT_TRUE(is_secret_label(name)) << name;
  for (const char* name : {"", "name", "PATH", "Accept", "X-Request-Id"}) EXPECT_FALSE(is_secret_label(name)) << name;
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
                           "npm-otp",
                           "Authentication",
                           "X-Authentication",
                           "X-AuthToken",
                           "X-SecretKey",
                           "CB-ACCESS-PASSPHRASE",
                           "DD-APPLICATION-KEY",
                           "X-Parse-Master-Key",
                           "X-Amz-Server-Side-Encryption-Customer-Key",
                           "X-Ms-Encryption-Key",
                           "X-WSSE",
                           "X-Saml-Assertion",
                           "RequestVerificationToken",
                           "X-Firebase-AppCheck",
                           "X-Honeycomb-Team",
                           "Sec-Token-Binding",
                           "X-Ms-Token-Aad-Access-Token",
                           "X-Goog-Iap-Jwt-Assertion",
                           "Cf-Access-Jwt-Assertion"}) {
    EXPECT_TRUE(is_secret_header(name)) << name;
  }
  for (const char* name : {"",
                           "n",
                           "Connection",
                           "Accept",
                           "Content-Encoding",
                           "Idempotency-Key",
                           "Sec-WebSocket-Key",
                           "Surrogate-Key",
                           "User-Agent",
                           "X-Request-Id",
                           "Session-Expired",
                           "X-Tokens",
                           "Location",
                           "X-Hub-Signature-256",
                           "Host",
                           "If-None-Match",
                           "Keep-Alive",
                           "Cookie",
                           "X-Mytoken",
                           "WWW-Authenticate",
                           "Authentication-Info",
                           "Access-Control-Allow-Credentials",
                           "Sec-WebSocket-Protocol",
                           "Origin",
                           "Cache-Control",
                           "X-Amz-Server-Side-Encryption"}) {
    EXPECT_FALSE(is_secret_header(name)) << name;
  }
}

// The code spans of the paragraph of docs/capture.md that begins with this word.
std::set<std::string> documented(const std::string& word) {
  const std::string text = testing::read_whole_file(TRACEREC_SOURCE_DIR "/docs/capture.md");
  const std::size_t begin = text.find("\n\n**" + word + "**", text.find("### All names"));
  std::set<std::string> names;
  if (begin == std::string::npos) return names;
  const std::string paragraph = text.substr(begin + 2, text.find("\n\n", begin + 2) - begin - 2);
  for (std::size_t at = paragraph.find('`'); at != std::string::npos; at = paragraph.find('`', at)) {
    const std::size_t end = paragraph.find('`', at + 1);
    names.insert(paragraph.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return names;
}

template <class Names>
std::set<std::string> set_of(const Names& names) {
  return {names.begin(), names.end()};
}

TEST(SecretNames, TheDocumentHasAllOfThemAndNoOthers) {
  EXPECT_EQ(documented("Fields"), set_of(secret_fields()));
  EXPECT_EQ(documented("In JSON only"), set_of(secret_members()));
  EXPECT_EQ(documented("Plurals"), set_of(countable_secrets()));
  EXPECT_EQ(documented("Headers"), set_of(secret_headers()));
  EXPECT_EQ(documented("Ends of headers"), set_of(secret_header_endings()));
}

// Servers drop blanks, and each framework has its own way to write a field of a form.
TEST(SecretNames, BlanksQuotesAndStepsHideNoName) {
  for (const char* name : {" token", "token ", "\ttoken", "token\x01", R"(x["password"])", "x['password']",
                           "user:password", "ctl00$Login$Password", "a.b:token", "user:passwords.0"}) {
    EXPECT_TRUE(is_secret_field(name)) << name;
    EXPECT_TRUE(is_secret_member(name)) << name;
  }
  for (const char* name : {" id ", R"(x["id"])", "token:id", "Login$Name", "password:hint", "::", "$", "[\"\"]"}) {
    EXPECT_FALSE(is_secret_field(name)) << name;
  }
}

}  // namespace
}  // namespace tracerec::http
