// One token or one session cookie for two users of the recording is found, also when later requests carried it.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/base64.h"
#include "redact/pseudonym.h"
#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

// How the secrets of a recording and of its run are stored.
struct Kept {
  schema::Secrets recording, run;
  bool recorded_is_pseudonym, replayed_is_pseudonym;
};
using schema::Secrets;
constexpr Kept kWays[] = {{Secrets::kReplaced, Secrets::kReplaced, true, true},
                          {Secrets::kKept, Secrets::kKept, false, false},
                          {Secrets::kReplaced, Secrets::kKept, true, false}};

std::string as_stored(const std::string& secret, bool is_pseudonym, std::uint8_t key) {
  redact::Pseudonyms pseudonyms(redact::RedactionKey{key});
  return is_pseudonym ? std::string(pseudonyms.of(secret)) : secret;
}

std::string web_token(const std::string& user, int second) {
  const std::string claims = "{\"iat\":" + std::to_string(1700000000 + second) + ",\"sub\":\"" + user + "\"}";
  return encode_base64url(R"({"alg":"HS256"})") + "." + encode_base64url(claims) + "." +
         encode_base64url(std::string(30, 's') + std::to_string(10 + second % 26));
}

std::string opaque(const std::string& user, int second) {
  return user + "9f1e2d3c4b5a69788796a5b4c3" + std::to_string(1000 + second);
}

struct Login {
  std::string user;      // who logs in
  std::string recorded;  // the secrets that the two servers give
  std::string replayed;
  std::string cookie{};  // the one that the request carries
};

Sent login(const Login& one, const Kept& kept, bool by_cookie) {
  const std::string was = as_stored(one.recorded, kept.recorded_is_pseudonym, 1);
  const std::string is = as_stored(one.replayed, kept.replayed_is_pseudonym, 2);
  Sent sent{.method = "POST",
            .target = "/login",
            .notes = kept.recorded_is_pseudonym ? "redacted" : "",
            .request_body = "user=" + one.user};
  if (!one.cookie.empty())
    sent.request_headers = "Cookie: a=b; sid=" + as_stored(one.cookie, kept.recorded_is_pseudonym, 1) + "\r\n";
  if (by_cookie) {
    sent.recorded_headers = "Set-Cookie: sid=" + was + "; HttpOnly\r\n";
    sent.replayed_headers = "Set-Cookie: sid=" + is + "; HttpOnly\r\n";
  } else {
    sent.recorded = "{\"token\":\"" + was + "\"}";
    sent.replayed = "{\"token\":\"" + is + "\"}";
  }
  return sent;
}

// `carried`: later requests took the secrets from the responses.
std::size_t findings(const std::vector<Login>& logins, const Kept& kept, bool by_cookie, bool carried) {
  std::vector<Sent> sent;
  RunRows rows;
  rows.secrets = kept.run;
  for (const Login& one : logins) {
    sent.push_back(login(one, kept, by_cookie));
    const auto id = static_cast<schema::RowId>(sent.size());
    rows.responses.push_back(response_to(id, sent.back().replayed, 200, sent.back().replayed_headers));
    const std::string where = by_cookie ? "cookie sid" : "$.token";
    if (carried) rows.substitutions.push_back({0, id, {{"header Authorization", id, where, true}}});
  }
  StoredRun stored(sent, kept.recording);
  const schema::RowId run = stored.add_run(rows);
  const auto report = stored.evaluate({}, nullptr, run);
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? report->summary.findings.size() : 99;
}

template <class Check>
void for_each_way(const Check& check) {
  for (const Kept& kept : kWays) {
    for (const bool carried : {false, true}) {
      SCOPED_TRACE(::testing::Message() << "pseudonyms: " << kept.recorded_is_pseudonym << kept.replayed_is_pseudonym
                                        << ", carried: " << carried);
      check(kept, carried);
    }
  }
}

TEST(SharedSecrets, OneTokenForTwoUsersIsFound) {
  for (const auto make : {web_token, opaque}) {
    for_each_way([&](const Kept& kept, bool carried) {
      const auto found = [&](const std::vector<Login>& logins) { return findings(logins, kept, false, carried); };
      EXPECT_EQ(found({{"ann", make("ann", 0), make("ann", 7)}, {"bob", make("bob", 1), make("bob", 7)}}), 0U);
      EXPECT_EQ(found({{"ann", make("ann", 0), make("ann", 7)}, {"ann", make("ann", 0), make("ann", 8)}}), 0U);
      EXPECT_EQ(found({{"ann", make("ann", 0), make("ann", 7)}, {"bob", make("bob", 1), make("ann", 7)}}), 1U);
    });
  }
}

// Two tokens, each with its own time and signature, and one user in both.
TEST(SharedSecrets, OneHolderOfTheTokensOfTwoUsersIsFound) {
  for_each_way([&](const Kept& kept, bool carried) {
    EXPECT_EQ(
        findings({{"ann", web_token("ann", 0), web_token("ann", 7)}, {"bob", web_token("bob", 1), web_token("ann", 8)}},
                 kept, false, carried),
        1U);
    EXPECT_EQ(
        findings({{"ann", web_token("ann", 0), web_token("ann", 7)}, {"ann", web_token("ann", 1), web_token("ann", 7)}},
                 kept, false, carried),
        0U)
        << "two tokens of one user and one second are equal";
  });
}

TEST(SharedSecrets, OneCookieForTwoUsersIsFound) {
  for_each_way([&](const Kept& kept, bool carried) {
    const auto found = [&](const std::vector<Login>& logins) { return findings(logins, kept, true, carried); };
    EXPECT_EQ(found({{"ann", opaque("ann", 0), opaque("new", 7)}, {"bob", opaque("bob", 0), opaque("new", 8)}}), 0U);
    EXPECT_EQ(found({{"ann", opaque("ann", 0), opaque("new", 7)}, {"bob", opaque("bob", 0), opaque("new", 7)}}), 1U);
    EXPECT_EQ(found({{"ann", opaque("ann", 0), opaque("new", 7)}, {"ann", opaque("ann", 1), opaque("new", 7)}}), 0U)
        << "two logins of one user";
    EXPECT_EQ(found({{"ann", opaque("all", 0), opaque("new", 7)}, {"bob", opaque("all", 0), opaque("new", 7)}}), 0U)
        << "they had one before";
    EXPECT_EQ(found({{"ann", "c1", "d1"}, {"bob", "c2", "d1"}}), 0U) << "short ones may be equal by chance";
  });
}

// Signed cookies with a time in seconds: what was written in two seconds is written in one now.
TEST(SharedSecrets, ACookieThatIsWrittenAnewIsOfItsSession) {
  for_each_way([&](const Kept& kept, bool carried) {
    EXPECT_EQ(findings({{"ann", opaque("ann", 0), opaque("new", 7)},
                        {"buys", opaque("ann", 1), opaque("new", 7), opaque("ann", 0)},
                        {"pays", opaque("ann", 2), opaque("new", 7), opaque("ann", 1)}},
                       kept, true, carried),
              0U);
    EXPECT_EQ(findings({{"buys", opaque("ann", 1), opaque("new", 7), opaque("ann", 0)},
                        {"pays", opaque("ann", 2), opaque("new", 7), opaque("ann", 0)}},
                       kept, true, carried),
              0U)
        << "it began before the recording";
    EXPECT_EQ(findings({{"ann", opaque("ann", 0), opaque("new", 7)},
                        {"buys", opaque("ann", 1), opaque("new", 8), opaque("ann", 0)},
                        {"bob", opaque("bob", 1), opaque("new", 8)}},
                       kept, true, carried),
              1U);
  });
}

TEST(SharedSecrets, CookiesOfLoadBalancersAreAsManyAsServers) {
  std::vector<Sent> sent;
  for (const char* user : {"ann", "bob"}) {
    sent.push_back(login({user, opaque(user, 0), opaque("one", 0)}, kWays[1], true));
    for (std::string* headers : {&sent.back().recorded_headers, &sent.back().replayed_headers})
      headers->replace(headers->find("sid="), 4, "SERVERID=");
  }
  const auto report = StoredRun(sent, Secrets::kKept).evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->summary.findings.empty());
}

}  // namespace
}  // namespace tracerec::evaluate::testing
