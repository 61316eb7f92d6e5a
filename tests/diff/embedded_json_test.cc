// JSON in strings.
#include <gtest/gtest.h>

#include "diff/compare.h"
#include "gate/judge.h"
#include "tests/diff/differences.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

TEST(EmbeddedJson, IsComparedAsJson) {
  EXPECT_EQ(diff_texts(R"({"p":"{\"a\":1,\"b\":2}"})", R"({"p":"{\"a\":1,\"b\":3}"})").brief(),
            Lines{"value $.p.json().b"});
  EXPECT_EQ(diff_texts(R"(["[1,2]"])", R"(["[1,2,3]"])").brief(), Lines{"length $[0].json()[2]"});
  EXPECT_EQ(diff_texts(R"({"p":"{}"})", R"({"p":"[]"})").brief(), Lines{"type $.p.json()"});
}

TEST(EmbeddedJson, WrittenDifferentlyIsSpelling) {
  const auto sink = diff_texts(R"({"p":"{\"a\":1,\"b\":[]}"})", R"({"p":"{ \"b\": [], \"a\": 1 }"})");
  EXPECT_TRUE(sink.kept.empty());
  EXPECT_EQ(sink.not_compared, (Lines{"member_order", "spelling"}));
  EXPECT_EQ(diff_texts(R"(["[1,2]"])", R"(["[1,2,3]"])").not_compared, Lines{});
}

TEST(EmbeddedJson, WhatIsNoneOnOneSideIsAPlainString) {
  EXPECT_EQ(diff_texts(R"({"p":"{\"a\":1}"})", R"({"p":"{\"a\":1"})").brief(), Lines{"value $.p"});
  EXPECT_EQ(diff_texts(R"({"p":"{a}"})", R"({"p":"{b}"})").brief(), Lines{"value $.p"});
  EXPECT_EQ(diff_texts(R"({"p":"1"})", R"({"p":"2"})").brief(), Lines{"value $.p"}) << "a number is a text here";
}

TEST(EmbeddedJson, TwoDeepAndNoFurther) {
  const auto nested = [](const std::string& value, int depth) {
    std::string json = value;
    for (int i = 0; i < depth; ++i) {
      std::string quoted;
      for (const char c : json) quoted += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
      json = "[\"" + quoted + "\"]";
    }
    return json;
  };
  EXPECT_EQ(diff_texts(nested("[1]", 2), nested("[2]", 2)).brief(), Lines{"value $[0].json()[0].json()[0]"});
  EXPECT_EQ(diff_texts(nested("[1]", 3), nested("[2]", 3)).brief(), Lines{"value $[0].json()[0].json()[0]"});
  EXPECT_EQ(diff_texts(nested("[1]", 3), nested("[2]", 3)).kept[0].recorded, R"("[1]")");
}

TEST(EmbeddedJson, OneTokenInItIsNoiseAndTheRestIsNot) {
  const auto body = [](const std::string& token, const char* name) {
    return json_response(R"({"p":"{\"token\":\")" + token + R"(\",\"name\":\")" + name + R"(\"}"})");
  };
  gate::Noise noise;
  noise.learn({1, "POST", "/a", body("0123456789abcdef", "anna")});
  noise.learn({1, "POST", "/a", body("fedcba9876543210", "anna")});
  gate::Judge judge(noise);
  judge.add_pair(pair_of(1, "/a", body("00112233445566aa", "anna"), body("bb778899aabbccdd", "anna")));
  EXPECT_TRUE(judge.summary().findings.empty());
  judge.add_pair(pair_of(2, "/a", body("00112233445566aa", "anna"), body("bb778899aabbccdd", "mallory")));
  ASSERT_EQ(judge.summary().findings.size(), 1U);
  EXPECT_EQ(judge.summary().findings[0].location, "$.p.json().name");
}

// A member of that name is written in quotes.
TEST(EmbeddedJson, AMemberOfThatNameIsAnother) {
  EXPECT_EQ(diff_texts(R"-({"p":{"json()":1}})-", R"-({"p":{"json()":2}})-").brief(), Lines{"value $.p['json()']"});
  const auto matches = [](const char* pattern, const char* location) {
    return LocationPattern::parse(pattern)->matches(location, location);
  };
  EXPECT_TRUE(matches("$.p.json().a", "$.p.json().a"));
  EXPECT_FALSE(matches("$.p.json()", "$.p['json()']"));
  EXPECT_FALSE(matches("$.p['json()']", "$.p.json()"));
  EXPECT_FALSE(matches("$.p.*", "$.p.json()"));
  EXPECT_TRUE(matches("$..a", "$.p.json().a"));
}

TEST(EmbeddedJson, ARuleForTheStringKeepsItWhole) {
  const auto rules = parse_rules(R"({"rules": [{"path": "$.p", "shape": "string"}]})");
  ASSERT_TRUE(rules);
  const gate::Noise noise;
  const gate::Endpoints endpoints;
  gate::Judge judge(noise, *rules, endpoints);
  judge.add_pair(pair_of(1, "/a", json_response(R"({"p":"[1]"})"), json_response(R"({"p":"[2]"})")));
  EXPECT_TRUE(judge.summary().findings.empty());
}

TEST(EmbeddedJson, ManyDifferencesAreBoundedTogether) {
  std::string before = "[", after = "[";
  for (std::size_t i = 0; i <= kMaxDifferences; ++i) {
    before += (i ? ",\"[" : "\"[") + std::to_string(i) + "]\"";
    after += (i ? ",\"[-" : "\"[-") + std::to_string(i + 1) + "]\"";
  }
  const auto sink = diff_texts(before + "]", after + "]");
  EXPECT_EQ(sink.kept.size(), kMaxDifferences);
  EXPECT_EQ(sink.not_compared, Lines{"truncated"});
}

}  // namespace
}  // namespace tracerec::diff
