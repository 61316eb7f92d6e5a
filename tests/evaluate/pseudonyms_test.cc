// Secrets are pseudonyms on both sides, each with a key of its own: none is a difference, and a broken one still is.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "base/base64.h"
#include "redact/pseudonym.h"
#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

constexpr const char* kRecorded = "tok_723bd033dff54ff3b1bfaee9bea2340a";
constexpr const char* kReplayed = "tok_0f1e2d3c4b5a69788796a5b4c3d2e1f0";

std::string token(const std::string& value) {
  return "{\"token\":\"" + value + "\"}";
}

std::size_t findings(const std::vector<Sent>& exchanges) {
  const auto report = StoredRun(exchanges, schema::Secrets::kReplaced).evaluate();
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? report->summary.findings.size() : 99;
}

std::size_t found(const std::string& recorded, const std::string& replayed, const std::string& method = "GET") {
  return findings(
      {{.method = method, .target = "/session", .recorded = recorded, .replayed = replayed, .notes = "redacted"}});
}

TEST(Pseudonyms, OfTwoKeysAreNoDifference) {
  for (const char* method : {"GET", "POST"}) {
    EXPECT_EQ(found(token(kRecorded), token(kReplayed), method), 0U);
    EXPECT_EQ(found(R"({"user":{"api_key":"abcDEF123"}})", R"({"user":{"api_key":"qweRTZ789"}})", method), 0U);
  }
}

TEST(Pseudonyms, ABrokenTokenIsStillFound) {
  for (const char* broken : {"", "undefined", "null", "NaN", "[object Object]", "None", "tok_0f1e2d3c",
                             "tok 0f1e2d3c4b5a69788796a5b4c3d2e1f0", "0000"}) {
    EXPECT_GE(found(token(kRecorded), token(broken), "POST"), 1U) << broken;
  }
  for (const char* body : {R"({"token":null})", R"({"token":7})", R"({})", R"({"token":{}})"}) {
    EXPECT_GE(found(token(kRecorded), body, "POST"), 1U) << body;
  }
}

TEST(Pseudonyms, OneTokenForTwoUsersIsFound) {
  const auto login = [](const std::string& was, const std::string& is) {
    return Sent{.method = "POST",
                .target = "/login",
                .recorded = token(was),
                .replayed = token(is),
                .notes = "redacted",
                .request_body = "user=" + was.substr(4, 2)};
  };
  const std::string other_recorded = "tok_aa3bd033dff54ff3b1bfaee9bea2340a";
  const std::string other_replayed = "tok_bb1e2d3c4b5a69788796a5b4c3d2e1f0";
  EXPECT_EQ(findings({login(kRecorded, kReplayed), login(other_recorded, other_replayed)}), 0U);
  EXPECT_EQ(findings({login(kRecorded, kReplayed), login(kRecorded, kReplayed)}), 0U) << "one user, twice";
  EXPECT_EQ(findings({login(kRecorded, kReplayed), login(other_recorded, kReplayed)}), 1U);
}

// With a key of its own each: the claims begin with what all tokens of one holder have.
std::string web_token(const std::string& user, int second, std::uint8_t key) {
  redact::Pseudonyms pseudonyms(redact::RedactionKey{key});
  const std::string claims = "{\"iat\":" + std::to_string(1700000000 + second) + ",\"sub\":\"" + user + "\"}";
  return std::string(pseudonyms.of(encode_base64url(R"({"alg":"HS256"})") + "." + encode_base64url(claims) + "." +
                                   encode_base64url(std::string(31, 's') + static_cast<char>('a' + second % 26))));
}

TEST(Pseudonyms, OneWebTokenForTwoUsersIsFound) {
  const auto login = [](const std::string& was, const std::string& is, int n) {
    return Sent{.method = "POST",
                .target = "/login",
                .recorded = token(was),
                .replayed = token(is),
                .notes = "redacted",
                .request_body = "n=" + std::to_string(n)};
  };
  const auto recorded = [](const char* user, int second) { return web_token(user, second, 1); };
  const auto replayed = [](const char* user, int second) { return web_token(user, second, 2); };
  EXPECT_EQ(
      findings({login(recorded("ann", 0), replayed("ann", 7), 1), login(recorded("bob", 1), replayed("bob", 7), 2),
                login(recorded("ann", 9), replayed("ann", 7), 3)}),
      0U)
      << "two tokens of one user in one second are equal";
  EXPECT_EQ(
      findings({login(recorded("ann", 0), replayed("ann", 7), 1), login(recorded("bob", 1), replayed("ann", 7), 2)}),
      1U);
  EXPECT_EQ(
      findings({login(recorded("ann", 0), replayed("ann", 7), 1), login(recorded("bob", 1), replayed("ann", 8), 2)}),
      1U);
}

std::size_t found_with_rules(const Sent& sent, const std::string& redaction) {
  const auto report = StoredRun({sent}, schema::Secrets::kReplaced, R"({"redaction":)" + redaction + "}").evaluate();
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? report->summary.findings.size() : 99;
}

// What only a rules file names was a finding between a recording and its own server.
TEST(Pseudonyms, OfTheRulesOfTheRecordingAreNoDifference) {
  const Sent header{.recorded_headers = "X-Tenant: abc123\r\n", .replayed_headers = "X-Tenant: qwe789\r\n"};
  Sent json{.recorded = R"({"users":[{"email":"ab@c.de"}]})", .replayed = R"({"users":[{"email":"xy@z.qw"}]})"};
  Sent noted = header;
  noted.notes = json.notes = "redacted";
  EXPECT_EQ(found_with_rules(noted, R"({"headers":["x-tenant"]})"), 0U);
  EXPECT_EQ(found_with_rules(noted, R"({"headers":["X-Other"]})"), 1U);
  EXPECT_EQ(found_with_rules(json, R"({"json":["$.users[*].email"]})"), 0U);
  EXPECT_EQ(found_with_rules(json, R"({"json":["$.email"]})"), 1U);
  json.replayed = R"({"users":[{"email":""}]})";
  EXPECT_EQ(found_with_rules(json, R"({"json":["$.users[*].email"]})"), 1U) << "a broken one still is";
}

// The location does not say it: $.env[*].value.
TEST(Pseudonyms, OfNamedPairsAndInsideOfSecretsAreNoDifference) {
  EXPECT_EQ(found(R"({"env":[{"name":"DB_PASSWORD","value":"abcDEF123"}]})",
                  R"({"env":[{"name":"DB_PASSWORD","value":"qweRTZ789"}]})"),
            0U);
  EXPECT_EQ(
      found(R"({"env":[{"name":"PATH","value":"abcDEF123"}]})", R"({"env":[{"name":"PATH","value":"qweRTZ789"}]})"),
      1U);
  EXPECT_EQ(found(R"({"credential":{"first":"abcDEF123"},"tokens":["abc123"]})",
                  R"({"credential":{"first":"qweRTZ789"},"tokens":["xyz789"]})"),
            0U);
}

// Of files that older versions wrote nothing more is known: a run has secrets as they are.
TEST(Pseudonyms, WithoutAMarkTheNoteOfTheExchangeDecides) {
  const auto report =
      StoredRun({{.target = "/s", .recorded = token(kRecorded), .replayed = token(kReplayed)}}).evaluate();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->summary.findings.size(), 1U);
}

}  // namespace
}  // namespace tracerec::evaluate::testing
