#include "gate/noise.h"

#include <gtest/gtest.h>

#include <random>

#include "gate/judge.h"
#include "tests/diff/messages.h"

namespace tracerec::gate {
namespace {

using diff::json_response;
using diff::pair_of;
using diff::response;

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

class GinLike : public testing::Test {
 protected:
  std::string letters(std::size_t size) {
    std::string text;
    while (text.size() < size) text += kLetters[random_() % kLetters.size()];
    return text;
  }
  diff::Message gin(std::size_t size, const char* field = "answer") {
    return json_response("{\"" + std::string(field) + "\":\"" + letters(size) + "\"}");
  }
  void learn_group(std::int64_t id, std::size_t size, int members) {
    for (int i = 0; i < members; ++i) noise_.learn({id, "POST", "/customResponse", gin(size)});
  }
  // What a judge with the learned noise says about one pair.
  Summary judge(diff::Message recorded, diff::Message replayed) {
    Judge judge(noise_);
    judge.add_pair(pair_of(1, "/customResponse", std::move(recorded), std::move(replayed)));
    return judge.summary();
  }

  std::mt19937 random_{11};
  Noise noise_;
};

TEST_F(GinLike, OtherSizesProfitFromWhatSomeTaught) {
  learn_group(1, 16, 3);
  learn_group(2, 100, 2);
  const Summary summary = judge(gin(4096), gin(4096));
  EXPECT_TRUE(summary.findings.empty());
  EXPECT_EQ(summary.equal, 1U);
  EXPECT_EQ(summary.equal_noisy, 1U);
  ASSERT_EQ(summary.noise.size(), 1U);
  EXPECT_EQ(summary.noise[0].location, "$.answer");
  EXPECT_EQ(summary.noise[0].shape, "letters, same length");
  EXPECT_EQ(summary.noise[0].applied, 1U);
  EXPECT_EQ(summary.noise[0].seen.groups, 2U);
  EXPECT_EQ(summary.noise[0].seen.members, 5U);
  EXPECT_EQ(summary.noise[0].groups_differed, 2U);
  EXPECT_EQ(summary.noise[0].members_differed, 3U);
}

TEST_F(GinLike, LengthOffByOneIsFound) {
  learn_group(1, 64, 2);
  const Summary summary = judge(gin(100), gin(99));
  ASSERT_EQ(summary.findings.size(), 1U);
  EXPECT_EQ(summary.findings[0].kind, diff::Kind::kShape);
  EXPECT_EQ(summary.findings[0].location, "$.answer");
  EXPECT_EQ(summary.findings[0].samples[0].note, "has length 99, expected 100");
}

TEST_F(GinLike, AnotherAlphabetIsFound) {
  learn_group(1, 64, 3);
  diff::Message digits = json_response("{\"answer\":\"" + std::string(100, '7') + "\"}");
  const Summary summary = judge(gin(100), digits);
  ASSERT_EQ(summary.findings.size(), 1U);
  EXPECT_EQ(summary.findings[0].kind, diff::Kind::kShape);
}

// Only the target was asked again: it may vary where it should not.
TEST_F(GinLike, WhatTheTargetAloneVariesMustBeOfTheRecordedKind) {
  std::uint64_t next = 0x1234567890abcdef;
  const auto hex = [&next](std::size_t length) {
    std::string text;
    while (text.size() < length)
      text += "0123456789abcdef"[(next = next * 6364136223846793005U + 1442695040888963407U) >> 60];
    return text;
  };
  const auto one = [](const std::string& value) { return json_response("{\"answer\":\"" + value + "\"}"); };
  const char* const uuid = "723bd033-dff5-4ff3-b1bf-aee9bea2340a";
  for (int i = 0; i < 6; ++i) {
    noise_.learn({-1 - i / 2, "POST", "/customResponse", gin(36), true});
  }
  EXPECT_TRUE(judge(gin(36), gin(36)).findings.empty());
  const Summary from_uuid = judge(one(uuid), gin(36));
  ASSERT_EQ(from_uuid.findings.size(), 1U);
  EXPECT_EQ(from_uuid.findings[0].samples[0].note, "is not a valid UUID, as the recorded one was");
  const Summary from_hex = judge(one(std::string(18, 'a') + std::string(18, 'b')), gin(36));
  ASSERT_EQ(from_hex.findings.size(), 1U);
  EXPECT_EQ(from_hex.findings[0].kind, diff::Kind::kShape);
  EXPECT_TRUE(judge(one(hex(36)), one(hex(36))).findings.empty()) << "as it was recorded";
  learn_group(1, 36, 3);  // the recording varies like that, too
  EXPECT_TRUE(judge(one(uuid), gin(36)).findings.empty());
}

TEST_F(GinLike, RenamedFieldIsFound) {
  learn_group(1, 64, 5);
  const Summary summary = judge(gin(100), gin(100, "reply"));
  ASSERT_EQ(summary.findings.size(), 2U);
  EXPECT_EQ(summary.findings[0].kind, diff::Kind::kMissing);
  EXPECT_EQ(summary.findings[0].severity, Severity::kHigh);
  EXPECT_EQ(summary.findings[1].kind, diff::Kind::kAdded);
}

TEST_F(GinLike, AnotherTypeAndAnotherStatusAreFound) {
  learn_group(1, 64, 5);
  EXPECT_EQ(judge(gin(5), json_response(R"({"answer":12345})")).findings.at(0).kind, diff::Kind::kType);
  EXPECT_EQ(judge(gin(5), json_response("{}", 500)).findings.at(0).kind, diff::Kind::kStatus);
}

TEST_F(GinLike, WithoutDuplicatesEveryDifferenceIsAFinding) {
  learn_group(1, 64, 1);
  EXPECT_EQ(judge(gin(10), gin(10)).findings.at(0).kind, diff::Kind::kValue);
}

TEST_F(GinLike, OtherEndpointsLearnNothing) {
  learn_group(1, 64, 5);
  Judge judge(noise_);
  judge.add_pair(pair_of(1, "/other", gin(10), gin(10)));
  EXPECT_EQ(judge.summary().findings.size(), 1U);
}

// The recording asked three times and got the same: what the candidate varies there is its own.
TEST(Noise, WhatWasConstantInTheRecordingIsNotNoiseOfTheCandidate) {
  const auto at = [](std::string body, std::int64_t unix_ns) {
    diff::Message message = json_response(std::move(body));
    message.at_unix_ns = unix_ns;
    return message;
  };
  constexpr std::int64_t kSecond = 1'000'000'000;
  for (const auto& [recorded, first, second, apart_ns, findings] :
       {std::tuple{R"({"name":"ann"})", R"({"name":"bob"})", R"({"name":"cid"})", std::int64_t{1}, 1U},
        {R"({"list":["a","b"]})", R"({"list":["b","a"]})", R"({"list":["a","b"]})", 1, 1},
        {R"({"is":true})", R"({"is":false})", R"({"is":true})", 1, 1},
        {R"({"uptime":17})", R"({"uptime":18})", R"({"uptime":19})", 1, 0},  // a clock of seconds may look constant
        {R"({"uptime":17})", R"({"uptime":18})", R"({"uptime":19})", 2 * kSecond, 1}}) {
    Noise noise;
    for (int i = 0; i < 3; ++i) noise.learn({1, "GET", "/a", at(recorded, kSecond + i * apart_ns)});
    noise.learn({-1, "GET", "/a", at(first, 90 * kSecond), true});
    noise.learn({-1, "GET", "/a", at(second, 92 * kSecond), true});
    Judge judge(noise);
    diff::Pair pair = pair_of(1, "/a", at(recorded, kSecond), at(first, 90 * kSecond));
    pair.method = "GET";
    judge.add_pair(pair);
    EXPECT_EQ(judge.summary().findings.size(), findings) << recorded << apart_ns;
  }
}

TEST(Noise, CountsForTheElementsThatVaried) {
  const auto list = [](const char* uptime, const char* errors) {
    return json_response(std::string(R"([{"name":"uptime","value":)") + uptime + R"(},{"name":"errors","value":)" +
                         errors + "}]");
  };
  Noise noise;
  int second = 0;
  for (const char* uptime : {"17", "5", "99", "23"}) noise.learn({1 + second++ / 2, "GET", "/m", list(uptime, "0")});
  const auto findings = [&](diff::Message recorded, diff::Message replayed) {
    Judge judge(noise);
    diff::Pair pair = pair_of(1, "/m", std::move(recorded), std::move(replayed));
    pair.method = "GET";
    judge.add_pair(pair);
    return judge.summary().findings.size();
  };
  EXPECT_EQ(findings(list("17", "0"), list("18", "0")), 0U);
  EXPECT_EQ(findings(list("17", "0"), list("18", "50")), 1U) << "the neighbour";
}

// An expiry of one hour in the recording; the candidate's of ten hours runs, too.
TEST(Noise, TheCandidateDoesNotWidenWhatTheRecordingShowed) {
  constexpr std::int64_t kSecond = 1'000'000'000, kStart = 1'795'712'837;
  const auto at = [](std::int64_t unix_s, std::int64_t term_s) {
    diff::Message message = json_response("{\"exp\":" + std::to_string(unix_s + term_s) + "}");
    message.at_unix_ns = unix_s * kSecond;
    return message;
  };
  Noise noise;
  for (int i = 0; i < 3; ++i) noise.learn({1, "GET", "/a", at(kStart + 2 * i, 3600)});
  for (int i = 0; i < 6; ++i) noise.learn({-1 - i / 2, "GET", "/a", at(kStart + 900 + 2 * i, 36000), true});
  Judge judge(noise);
  diff::Pair pair = pair_of(1, "/a", at(kStart, 3600), at(kStart + 890, 36000));
  pair.method = "GET";
  judge.add_pair(pair);
  EXPECT_EQ(judge.summary().findings.size(), 1U);
}

// A flag that flips seldom varied at three endpoints of the recording, and at the fourth it did not happen to.
class RareFlag : public testing::Test {
 protected:
  static diff::Message with_flag(bool cached) {
    return json_response(cached ? R"({"cached":true})" : R"({"cached":false})");
  }
  void learn(const std::string& target, bool varied) {
    for (int group = 0; group < 4; ++group, ++groups_) {
      noise_.learn({groups_, "POST", target, with_flag(varied && group == 0)});
      noise_.learn({groups_, "POST", target, with_flag(false)});
    }
  }
  // The flag is set in so many of twelve responses of the candidate.
  Summary judge(int set) {
    Judge judge(noise_);
    for (int i = 0; i < 12; ++i) judge.add_pair(pair_of(i + 1, "/users", with_flag(false), with_flag(i < set)));
    return judge.summary();
  }

  Noise noise_;
  std::int64_t groups_ = 1;
};

TEST_F(RareFlag, OtherEndpointsSayThatItVaries) {
  for (const char* target : {"/cart", "/orders", "/search"}) learn(target, true);
  learn("/users", false);
  const Summary summary = judge(1);
  EXPECT_TRUE(summary.findings.empty());
  ASSERT_EQ(summary.noise.size(), 4U);
  EXPECT_EQ(summary.noise[3].endpoint, "POST /users");
  EXPECT_EQ(summary.noise[3].applied, 1U);
  EXPECT_EQ(summary.noise[3].shape, "a flag that varied at other endpoints");
}

TEST_F(RareFlag, WhatItDoesInAQuarterOfTheResponsesIsFound) {
  for (const char* target : {"/cart", "/orders", "/search"}) learn(target, true);
  EXPECT_EQ(judge(3).findings.size(), 1U);
  EXPECT_EQ(judge(12).findings.size(), 1U);
}

TEST_F(RareFlag, TwoEndpointsAreTooFew) {
  for (const char* target : {"/cart", "/orders"}) learn(target, true);
  EXPECT_EQ(judge(1).findings.size(), 1U);
}

TEST(Noise, StatusIsNeverNoise) {
  Noise noise;
  noise.learn({1, "POST", "/a", json_response("{}", 200)});
  noise.learn({1, "POST", "/a", json_response("{}", 503)});
  EXPECT_TRUE(noise.entries().empty());
  Judge judge(noise);
  judge.add_pair(pair_of(1, "/a", json_response("{}", 200), json_response("{}", 503)));
  EXPECT_EQ(judge.summary().findings.size(), 1U);
}

TEST(Noise, OrderLengthPresenceAndHeadersCanVary) {
  Noise noise;
  noise.learn({1, "POST", "/a", response(200, {{"X-Node", "n1"}}, R"({"l":[1,2],"o":1,"g":["x"]})")});
  noise.learn({1, "POST", "/a", response(200, {{"X-Node", "n2"}}, R"({"l":[2,1],"g":["x","y"]})")});
  Judge judge(noise);
  judge.add_pair(pair_of(1, "/a", response(200, {{"X-Node", "n1"}}, R"({"l":[5,6],"g":[]})"),
                         response(200, {{"X-Node", "n3"}}, R"({"l":[6,5],"o":3,"g":["q"]})")));
  EXPECT_TRUE(judge.summary().findings.empty());
  judge.add_pair(pair_of(2, "/a", response(200, {}, R"({"l":[5,6]})"), response(200, {}, R"({"l":[5,7]})")));
  ASSERT_EQ(judge.summary().findings.size(), 1U);
  EXPECT_EQ(judge.summary().findings[0].location, "$.l[*]");
}

TEST(Noise, TypesSeenAreAllowedAndNoOthers) {
  Noise noise;
  noise.learn({1, "POST", "/a", json_response(R"({"n":null})")});
  noise.learn({1, "POST", "/a", json_response(R"({"n":"x"})")});
  Judge judge(noise);
  judge.add_pair(pair_of(1, "/a", json_response(R"({"n":"x"})"), json_response(R"({"n":null})")));
  EXPECT_TRUE(judge.summary().findings.empty());
  judge.add_pair(pair_of(2, "/a", json_response(R"({"n":"x"})"), json_response(R"({"n":7})")));
  EXPECT_EQ(judge.summary().findings.size(), 1U);
}

TEST(Noise, LocationsAreBounded) {
  Noise noise;
  for (int i = 0; i < 20; ++i) {
    std::string first = "{", second = "{";
    for (int key = 0; key < 1000; ++key) {
      const std::string name = (key ? ",\"k" : "\"k") + std::to_string(i * 1000 + key) + "\":";
      first += name + "1";
      second += name + "2";
    }
    noise.learn({i, "POST", "/a", json_response(first + "}")});
    noise.learn({i, "POST", "/a", json_response(second + "}")});
  }
  EXPECT_EQ(noise.entries().size(), Noise::kMaxLocations);
  EXPECT_EQ(noise.not_learned(), 10000U);
}

}  // namespace
}  // namespace tracerec::gate
