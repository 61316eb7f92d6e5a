#include "diff/mutate.h"

#include <gtest/gtest.h>

#include "diff/json_document.h"
#include "diff/mutation_test.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

TEST(Mutate, EveryMutationIsAnotherValidAnswer) {
  const std::string body = R"({"a":[1,{"b":"x"},[ ] ],"c":null,"d":"\n","e":{"only":true},"f":-1.5})";
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const auto kind = static_cast<MutationKind>(i % kMutationKinds);
    const auto mutation = mutate(json_answer(body), "GET", kind, random);
    ASSERT_TRUE(mutation) << name_of(kind);
    EXPECT_TRUE(mutation->answer.body != body || mutation->answer.status != 200) << name_of(kind);
    EXPECT_TRUE(JsonDocument::parse(mutation->answer.body)) << name_of(kind) << " " << mutation->answer.body;
    const Noise noise;
    Judge judge(noise);
    judge.add_pair(pair_of(1, "/a", json_answer(body), mutation->answer));
    EXPECT_FALSE(judge.summary().findings.empty()) << name_of(kind) << " " << mutation->answer.body;
  }
}

TEST(Mutate, NothingToSpoil) {
  std::mt19937_64 random(1);
  EXPECT_FALSE(mutate(json_answer("7"), "GET", MutationKind::kDropKey, random));
  EXPECT_FALSE(mutate(answer(204, {}, ""), "GET", MutationKind::kChangeValue, random));
  EXPECT_TRUE(mutate(answer(204, {}, ""), "GET", MutationKind::kChangeStatus, random));
  EXPECT_TRUE(mutate(answer(200, {}, "text"), "GET", MutationKind::kChangeLength, random));
}

TEST(MutationTest, IgnoredPlacesSurviveAndAreNamed) {
  const auto rules = parse_rules(R"({"rules": [{"path": "$.a", "ignore": true}]})");
  ASSERT_TRUE(rules);
  const Noise noise;
  const Endpoints endpoints;
  const auto test = [&](std::uint64_t seed) {
    MutationTest mutations(noise, *rules, endpoints, "2026-01-01", seed);
    for (int i = 0; i < 20; ++i) mutations.add(pair_of(i, "/a", json_answer(R"({"a":1,"b":"x"})"), {}), 5);
    return mutations.result();
  };
  const MutationResult result = test(7);
  EXPECT_EQ(result.tried, 100U);
  EXPECT_LT(result.caught, result.tried);
  EXPECT_GT(result.share(), 0.5);
  for (const Survivor& survivor : result.survivors) EXPECT_EQ(survivor.location, "$.a");
  EXPECT_EQ(test(7).caught, result.caught) << "the same seed, the same mutations";
}

}  // namespace
}  // namespace tracerec::diff
