#include "redact/head.h"

#include <gtest/gtest.h>

#include "redact/rules.h"

namespace tracerec::redact {
namespace {

const RedactionKey kKey{1, 2, 3};

RedactionRules rules_of(std::string_view redaction) {
  auto rules = parse_redaction_rules("{\"redaction\":" + std::string(redaction) + "}");
  EXPECT_TRUE(rules) << rules.error().message;
  return std::move(*rules);
}

class RedactHead : public ::testing::Test {
 protected:
  std::string redact(std::string head) {
    BodyFields fields;
    redact_head(head, true, rules, replacer, fields);
    return head;
  }
  std::string pseudonym(std::string_view secret) { return std::string(Pseudonyms(kKey).of(secret)); }

  RedactionRules rules = default_redaction_rules();
  Replacer replacer{kKey};
};

TEST_F(RedactHead, TheSchemeOfAnAuthorizationStays) {
  EXPECT_EQ(
      redact("GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer s3cretToken\r\nAccept: */*\r\n\r\n"),
      "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + pseudonym("s3cretToken") + "\r\nAccept: */*\r\n\r\n");
  EXPECT_EQ(redact("GET / HTTP/1.1\r\nauthorization:basic dTpw\r\n\r\n"),
            "GET / HTTP/1.1\r\nauthorization:basic " + pseudonym("dTpw") + "\r\n\r\n");
}

TEST_F(RedactHead, AWordThatIsNoSchemeIsPartOfTheSecret) {
  const std::string out = redact("GET / HTTP/1.1\r\nAuthorization: hunter2 or so\r\n\r\n");
  EXPECT_EQ(out.find("hunter2"), std::string::npos);
}

TEST_F(RedactHead, ADigestIsReplacedAsAWhole) {
  const std::string out =
      redact("GET / HTTP/1.1\r\nProxy-Authorization: Digest username=\"mufasa\", nonce=\"dcd98b7\"\r\n\r\n");
  EXPECT_NE(out.find("Proxy-Authorization: Digest "), std::string::npos);
  EXPECT_EQ(out.find("mufasa"), std::string::npos);
  EXPECT_EQ(out.find("dcd98b7"), std::string::npos);
}

TEST_F(RedactHead, CookieNamesStayAndEachValueIsReplaced) {
  EXPECT_EQ(redact("GET / HTTP/1.1\r\nCookie: sid=abc123; theme=\"dark\";x=;lone; sid=abc123\r\n\r\n"),
            "GET / HTTP/1.1\r\nCookie: sid=" + pseudonym("abc123") + "; theme=\"" + pseudonym("dark") + "\";x=;" +
                pseudonym("lone") + "; sid=" + pseudonym("abc123") + "\r\n\r\n");
}

TEST_F(RedactHead, SetCookieKeepsItsAttributes) {
  EXPECT_EQ(
      redact("HTTP/1.1 200 OK\r\nSet-Cookie: sid=abc123; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly\r\n"
             "set-cookie: t=x9\r\n\r\n"),
      "HTTP/1.1 200 OK\r\nSet-Cookie: sid=" + pseudonym("abc123") +
          "; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly\r\nset-cookie: t=" + pseudonym("x9") + "\r\n\r\n");
}

// RFC 2965, and what browsers let a script set of a WebSocket.
TEST_F(RedactHead, CookiesOfVersionTwoAndSubprotocolsAreReplaced) {
  EXPECT_EQ(redact("GET / HTTP/1.1\r\nCookie2: sid=abc123\r\nSec-WebSocket-Protocol: bearer, s3cr3t, chat\r\n"
                   "Authentication: Bearer abc123\r\n\r\n"),
            "GET / HTTP/1.1\r\nCookie2: sid=" + pseudonym("abc123") + "\r\nSec-WebSocket-Protocol: bearer, " +
                pseudonym("s3cr3t") + ", chat\r\nAuthentication: Bearer " + pseudonym("abc123") + "\r\n\r\n");
  EXPECT_EQ(redact("HTTP/1.1 200 OK\r\nSet-Cookie2: sid=abc123; Path=/\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nSet-Cookie2: sid=" + pseudonym("abc123") + "; Path=/\r\n\r\n");
}

TEST_F(RedactHead, CookiesJoinedWithACommaAreAllReplaced) {
  const std::string out =
      redact("HTTP/1.1 200 OK\r\nSet-Cookie: a=first1; Path=/, b=second2; Secure, c=third3\r\n\r\n");
  for (const char* secret : {"first1", "second2", "third3"}) EXPECT_EQ(out.find(secret), std::string::npos);
  EXPECT_NE(out.find("; Path=/, b="), std::string::npos);
}

// A framework that escapes the value of a cookie (gin) means the same token as one that does not.
TEST_F(RedactHead, AnEscapedCookieEqualsThePlainToken) {
  const std::string plain = pseudonym("ab+12/xy=");
  const std::string out = redact("GET / HTTP/1.1\r\nCookie: t=ab%2B12%2fxy%3D\r\nX-Api-Key: ab+12/xy=\r\n\r\n");
  std::string escaped = plain;
  for (const auto& [from, to] : {std::pair{"+", "%2B"}, {"/", "%2f"}, {"=", "%3D"}}) {
    escaped.replace(escaped.find(from), 1, to);
  }
  EXPECT_EQ(out, "GET / HTTP/1.1\r\nCookie: t=" + escaped + "\r\nX-Api-Key: " + plain + "\r\n\r\n");
}

TEST_F(RedactHead, EveryWayToWriteAFieldIsFound) {
  for (const std::string head : {
           "GET / HTTP/1.1\r\nX-API-KEY:\t s3cretValue \t\r\n\r\n",
           "GET / HTTP/1.1\nx-api-key: s3cretValue\n\n",
           "GET / HTTP/1.1\r\nX-Api-Key : s3cretValue\r\n\r\n",
           "GET / HTTP/1.1\r\nX-Api-Key:\r\n s3cretValue\r\n\r\n",
           "GET / HTTP/1.1\r\nX-Api-Key: a\r\n\ts3cretValue\r\n b\r\nHost: h\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\rX-Api-Key: s3cretValue\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: h\r\n X-Api-Key: s3cretValue\r\n\r\n",
           "\r\n\r\nGET / HTTP/1.1\r\nX-Api-Key: s3cretValue\r\n\r\n",
           "GET / HTTP/1.1\r\nX-Api-Key: 1\r\nX-Api-Key: s3cretValue\r\n\r\n",
           "GET / HTTP/1.1\r\nX-Api-Key: s3cretValue",
           "GET / HTTP/1.1\r\nAuthorization: Bearer\r\n s3cretValue\r\n\r\n",
       }) {
    const std::string out = redact(head);
    EXPECT_EQ(out.find("s3cretValue"), std::string::npos) << head;
    EXPECT_EQ(out.size(), head.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      const bool structure = head[i] == '\r' || head[i] == '\n' || head[i] == ':';
      EXPECT_TRUE(!structure || out[i] == head[i]) << head;
    }
  }
}

TEST_F(RedactHead, WhatIsNoSecretIsNotTouched) {
  const std::string head =
      "GET /a?page=x HTTP/1.1\r\nHost: h\r\nX-Api-Keys: a\r\nXAuthorization: b\r\nAuthorizatio: c\r\nCookies: d=e\r\n"
      "Content-Length: 5\r\nX-Api-Key:\r\nCookie: a=\r\nReferer: /?page=x\r\n\r\n";
  EXPECT_EQ(redact(head), head);
  EXPECT_EQ(replacer.take_replaced().values, 0U);
}

TEST_F(RedactHead, NamedHeadersAndQueryFieldsAreReplacedWherevertheyStand) {
  rules = rules_of(R"({"headers":["X-Tenant"],"keep_headers":["cookie"],"query":["token","api key"]})");
  const std::string token = pseudonym("abc+1");
  std::string escaped = token;
  escaped.replace(escaped.find('+'), 1, "%2B");
  EXPECT_EQ(redact("GET /a?x=1&TOKEN=abc%2B1&api%20key=k9&api+key=k9#f HTTP/1.1\r\nx-tenant: t5\r\nCookie: a=b\r\n"
                   "Referer: http://h/?token=abc%2B1\r\n\r\n"),
            "GET /a?x=1&TOKEN=" + escaped + "&api%20key=" + pseudonym("k9") + "&api+key=" + pseudonym("k9") +
                "#f HTTP/1.1\r\nx-tenant: " + pseudonym("t5") +
                "\r\nCookie: a=b\r\nReferer: http://h/?token=" + escaped + "\r\n\r\n");
  EXPECT_EQ(
      redact("HTTP/1.1 302 Found\r\nLocation: /cb#state=1&token=q7Z\r\nLink: </n?token=q7Z>; rel=\"next\"\r\n\r\n"),
      "HTTP/1.1 302 Found\r\nLocation: /cb#state=1&token=" + pseudonym("q7Z") +
          "\r\nLink: </n?token=" + pseudonym("q7Z") + ">; rel=\"next\"\r\n\r\n");
}

TEST_F(RedactHead, AQueryFieldInsideAnotherOrBehindASemicolonIsFound) {
  rules = rules_of(R"({"query":["token"]})");
  for (const std::string target : {"/?next=/b?token=s3cret9", "/?a=1;token=s3cret9", "/?token=x;s3cret9&b=1",
                                   "/?token=s3cret9\"s3cret9", "/?token=?s3cret9"}) {
    EXPECT_EQ(redact("GET " + target + " HTTP/1.1\r\n\r\n").find("s3cret9"), std::string::npos) << target;
  }
}

TEST_F(RedactHead, WhatIsReplacedIsCounted) {
  (void)redact("GET / HTTP/1.1\r\nCookie: a=bc; d=efg\r\nAuthorization: Bearer xyz1\r\n\r\n");
  const Replaced replaced = replacer.take_replaced();
  EXPECT_EQ(replaced.values, 3U);
  EXPECT_EQ(replaced.bytes, 9U);
}

// HTTP forbids them (RFC 9110 §5.1); servers that drop such bytes read a credential.
TEST_F(RedactHead, BytesThatANameMustNotHaveHideNothing) {
  using namespace std::string_literals;
  rules = rules_of(R"({"headers":["My-Own"]})");
  for (const std::string& name : {"Authorization\0"s, "(Authorization)"s, "\xEF\xBB\xBF"s + "Authorization",
                                  "\x0B"s + "Authorization", "X Api-Key"s, "My-To\0ken"s, "Foo-Token\x7F"s, "[Cookie]"s,
                                  "\"Authorization\""s, "Auth\x01orization"s, "(My-Own"s}) {
    const std::string out = redact("GET / HTTP/1.1\r\nHost: h\r\n" + name + ": a=s3cretValue\r\nA: b\r\n\r\n");
    EXPECT_EQ(out.find("s3cretValue"), std::string::npos) << name;
    EXPECT_TRUE(out.ends_with("\r\nA: b\r\n\r\n")) << name;
  }
  const std::string harmless = "GET / HTTP/1.1\r\n(Host): a=s3cret\r\nX Y: s3cret\r\n(): s3cret\r\n: s3cret\r\n\r\n";
  EXPECT_EQ(redact(harmless), harmless);
}

}  // namespace
}  // namespace tracerec::redact
