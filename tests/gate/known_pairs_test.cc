#include "gate/known_pairs.h"

#include <gtest/gtest.h>

namespace tracerec::gate {
namespace {

constexpr std::int64_t kMoment = 1'795'712'837'000'000'000;  // 2026-11-26T17:07:17Z
constexpr const char* kWas = "8bac6538-7258-4373-9373-e65090682581";
constexpr const char* kIs = "14f0831a-aea4-4962-9db1-12b60e33ca63";
constexpr const char* kNew = "0a0b5a0e-6c7b-4a4e-8b3a-2f6d1c9e7f10";
constexpr const char* kOther = "723bd033-dff5-4ff3-b1bf-aee9bea2340a";

diff::Pair pair_of(const char* method, std::int64_t minutes_later = 0) {
  diff::Pair pair;
  pair.method = method;
  pair.recorded.status = pair.replayed.status = 201;
  pair.recorded.at_unix_ns = kMoment + minutes_later * 60'000'000'000;
  pair.replayed.at_unix_ns = pair.recorded.at_unix_ns + 3'600'000'000'000;
  return pair;
}

diff::Difference differ(const char* location, std::string_view recorded, std::string_view replayed,
                        body::ValueType type = body::ValueType::kString) {
  diff::Difference difference;
  difference.kind = diff::Kind::kValue;
  difference.location = location;
  difference.recorded = {type, recorded, recorded};
  difference.replayed = {type, replayed, replayed};
  return difference;
}

TEST(KnownPairs, ATimeOfItsOwnResponseIsKnownLater) {
  Counterparts counterparts;
  KnownPairs known(counterparts);
  const auto time = differ("$.created_at", "2026-11-26T17:07:17Z", "2026-11-26T18:07:18Z");
  diff::Pair list = pair_of("GET", 10);
  list.replayed.at_unix_ns -= 500'000'000'000;  // replayed faster than it was recorded
  EXPECT_FALSE(known.explain(list, time)) << "neither near nor equally far";
  EXPECT_TRUE(known.explain(pair_of("POST"), time));
  EXPECT_TRUE(known.explain(list, time)) << "as the response before said";
  EXPECT_FALSE(known.explain(list, differ("$.created_at", "2026-11-26T17:07:17Z", "2026-11-26T18:05:59Z")));
}

TEST(KnownPairs, NumbersAreTimesToo) {
  Counterparts counterparts;
  KnownPairs known(counterparts);
  const auto integer = body::ValueType::kInteger;
  EXPECT_TRUE(known.explain(pair_of("GET"), differ("$.t", "1795712837", "1795716437", integer)));
  EXPECT_TRUE(known.explain(pair_of("GET"), differ("$.t", "1795712837123", "1795716437001", integer)));
  EXPECT_FALSE(known.explain(pair_of("GET"), differ("$.t", "1795712837", "1795716437000", integer))) << "another unit";
  EXPECT_FALSE(known.explain(pair_of("GET"), differ("$.n", "17", "18", integer)));
}

TEST(KnownPairs, AWriteMakesIdsWhereTheNameSaysSo) {
  Counterparts counterparts;
  KnownPairs known(counterparts);
  EXPECT_FALSE(known.explain(pair_of("GET"), differ("$.id", kWas, kIs)));
  EXPECT_FALSE(known.explain(pair_of("POST"), differ("$.name", kWas, kIs))) << "not an id";
  EXPECT_TRUE(known.explain(pair_of("POST"), differ("$.order_id", kWas, kIs)));
  EXPECT_TRUE(known.explain(pair_of("GET"), differ("$[*]['the name']", kWas, kIs))) << "known now";
  EXPECT_FALSE(known.explain(pair_of("GET"), differ("$.id", kWas, kOther))) << "somebody else's";
  EXPECT_FALSE(known.explain(pair_of("POST"), differ("$.id", kOther, kIs))) << "two have one id";
  const std::string before = std::string("/orders/") + kOther, after = std::string("/orders/") + kNew;
  EXPECT_TRUE(known.explain(pair_of("POST"), differ("header:Location", before, after)));
  EXPECT_FALSE(known.explain(pair_of("POST"), differ("header:Location", before, std::string("/carts/") + kIs)));
  diff::Pair refused = pair_of("POST");
  refused.replayed.status = 409;
  EXPECT_FALSE(known.explain(refused, differ("$.id", kOther, kWas)));
}

TEST(KnownPairs, WhatTheRequestHadIsAnEcho) {
  Counterparts counterparts;
  KnownPairs known(counterparts);
  diff::Pair pair = pair_of("PUT");
  pair.target = std::string("/orders/") + kWas;
  EXPECT_FALSE(known.explain(pair, differ("$.id", kWas, kIs)));
  pair.target = "/orders";
  pair.request = std::string(R"({"key":")") + kWas + "\"}";
  EXPECT_FALSE(known.explain(pair, differ("$.id", kWas, kIs)));
  EXPECT_FALSE(known.explain(pair, differ("$.token", kWas, kIs)));
  counterparts.learn(kWas, kIs);
  EXPECT_TRUE(known.explain(pair, differ("$.id", kWas, kIs))) << "the replay sent the target's";
}

TEST(KnownPairs, AWriteMakesTokensThatAreAlike) {
  Counterparts counterparts;
  KnownPairs known(counterparts);
  const auto post = pair_of("POST");
  EXPECT_TRUE(known.explain(post, differ("$.refresh_token", "mF_9.B5f-4.1JqM8xkQ", "tZ_3.K8q-1.7HbN2pwR")));
  EXPECT_FALSE(known.explain(post, differ("$.refresh_token", "9c1185a5c5e9fc54612808977ee8f548", "undefined")));
  EXPECT_FALSE(known.explain(post, differ("$.refresh_token", "9c1185a5c5e9fc54612808977ee8f548", "")));
  EXPECT_FALSE(known.explain(post, differ("$.name", "mF_9.B5f-4.1JqM8xkW", "tZ_3.K8q-1.7HbN2pwE")));
  EXPECT_FALSE(known.explain(pair_of("GET"), differ("$.token", "mF_9.B5f-4.1JqM8xkV", "tZ_3.K8q-1.7HbN2pwV")));
  EXPECT_FALSE(known.explain(post, differ("$.token", "aF_9.B5f-4.1JqM8xkQ", "tZ_3.K8q-1.7HbN2pwR"))) << "of another";
}

TEST(KnownPairs, AnyResponseHasTheIdOfItsRequest) {
  Counterparts counterparts;
  KnownPairs known(counterparts);
  diff::Pair pair = pair_of("GET");
  pair.recorded.status = pair.replayed.status = 422;
  EXPECT_TRUE(known.explain(pair, differ("$.error.traceId", kWas, kIs)));
  EXPECT_FALSE(known.explain(pair, differ("$.message_id", kOther, kNew)));
}

}  // namespace
}  // namespace tracerec::gate
