#include "gate/finding_store.h"

#include <gtest/gtest.h>

namespace tracerec::gate {
namespace {

diff::Difference of_kind(diff::Kind kind, std::string_view location) {
  diff::Difference difference;
  difference.kind = kind;
  difference.location = location;
  return difference;
}

std::size_t count(const FindingStore& store) {
  std::size_t findings = 0;
  store.for_each([&](const Finding&) { ++findings; });
  return findings;
}

TEST(FindingStore, TheMostSevereFindingsAreKept) {
  FindingStore store({}, 3);
  for (const char* location : {"$.a", "$.b", "$.c", "$.d"}) {
    if (Finding* finding = store.find_or_make("GET /", of_kind(diff::Kind::kOrder, location))) finding->differences = 1;
  }
  EXPECT_EQ(store.not_kept(), 1U);
  EXPECT_NE(store.find_or_make("GET /", of_kind(diff::Kind::kMissing, "$.token")), nullptr);
  EXPECT_NE(store.find_or_make("GET /", of_kind(diff::Kind::kValue, "$.total")), nullptr);
  EXPECT_NE(store.find_or_make("GET /", of_kind(diff::Kind::kMissing, "$.id")), nullptr);
  EXPECT_EQ(store.find_or_make("GET /", of_kind(diff::Kind::kOrder, "$.a")), nullptr);
  EXPECT_EQ(store.not_kept(), 5U);
  EXPECT_EQ(store.find_or_make("GET /", of_kind(diff::Kind::kValue, "$.more")), nullptr) << "not above the least";
  EXPECT_NE(store.find_or_make("GET /", of_kind(diff::Kind::kType, "$.more")), nullptr) << "above it";
  EXPECT_EQ(count(store), 3U);
}

bool has(const FindingStore& store, std::string_view endpoint) {
  bool found = false;
  store.for_each([&](const Finding& one) { found = found || one.endpoint == endpoint; });
  return found;
}

void add(FindingStore& store, const std::string& endpoint, const diff::Difference& difference) {
  if (Finding* const finding = store.find_or_make(endpoint, difference)) ++finding->differences;
}

diff::Difference status(std::string_view before, std::string_view after) {
  diff::Difference difference = of_kind(diff::Kind::kStatus, "status");
  difference.recorded.text = before;
  difference.replayed.text = after;
  return difference;
}

TEST(FindingStore, AThousandFindingsOfOneCausePushOutNoBrokenEndpoint) {
  for (const bool is_map : {true, false}) {  // keys that are data at one endpoint; one field at many endpoints
    FindingStore store({}, 1000);
    for (int i = 0; i < 1500; ++i) {
      const std::string number = std::to_string(i);
      add(store, is_map ? "GET /prices" : "GET /a" + number,
          of_kind(diff::Kind::kMissing, is_map ? "$.prices.k" + number : "$.price"));
    }
    add(store, "GET /broken", status("200", "201"));
    add(store, "GET /other", of_kind(diff::Kind::kOrder, "$.tags"));
    EXPECT_TRUE(has(store, "GET /broken"));
    EXPECT_TRUE(has(store, "GET /other")) << "however mild";
    EXPECT_EQ(count(store), 1000U);
    const auto causes = store.not_kept_by_cause();
    ASSERT_EQ(causes.size(), 1U);
    EXPECT_EQ(causes[0].differences, 502U);
    EXPECT_EQ(store.not_kept(), 502U);
    EXPECT_EQ(causes[0].endpoint, is_map ? "GET /prices" : "");
    EXPECT_EQ(causes[0].name, is_map ? "" : "price");
  }
}

TEST(FindingStore, TheFirstOfACauseComesBeforeTheSecondOfAnother) {
  FindingStore store({}, 3);
  for (const char* location : {"$.a.price", "$.b.price", "$.c.price", "$.d.price"})
    add(store, "GET /a", of_kind(diff::Kind::kMissing, location));
  add(store, "GET /a", of_kind(diff::Kind::kOrder, "$.tags"));
  add(store, "GET /b", of_kind(diff::Kind::kOrder, "$.tags"));
  EXPECT_TRUE(has(store, "GET /b"));
  std::size_t prices = 0;
  store.for_each([&](const Finding& one) { prices += one.kind == diff::Kind::kMissing; });
  EXPECT_EQ(prices, 1U);
}

// Keys that are data have other names each, and are no better for it.
TEST(FindingStore, TwoCrowdsShareTheRoom) {
  FindingStore store({}, 1000);
  for (int i = 0; i < 1500; ++i) add(store, "GET /map", of_kind(diff::Kind::kMissing, "$.k" + std::to_string(i)));
  for (int i = 0; i < 1500; ++i)
    add(store, "GET /wide", of_kind(diff::Kind::kType, "$.a" + std::to_string(i) + ".price"));
  std::size_t of_map = 0;
  store.for_each([&](const Finding& one) { of_map += one.endpoint == "GET /map"; });
  EXPECT_GT(of_map, 400U);
  EXPECT_LT(of_map, 600U);
  EXPECT_EQ(count(store), 1000U);
}

TEST(FindingStore, WhatWasLeftOutIsCountedAlsoBeyondTheCausesThatAreNamed) {
  FindingStore store({}, 0);
  std::uint64_t named = 0;
  for (int i = 0; i < 300; ++i) add(store, "GET /a" + std::to_string(i), of_kind(diff::Kind::kOrder, "$.x"));
  for (const NotKept& cause : store.not_kept_by_cause()) named += cause.differences;
  EXPECT_EQ(store.not_kept_by_cause().size(), FindingStore::kMaxCauses);
  EXPECT_EQ(named, FindingStore::kMaxCauses);
  EXPECT_EQ(store.not_kept(), 300U);
}

TEST(FindingStore, AChangeOfStatusToAnotherClassIsAnotherFinding) {
  FindingStore store({}, 10);
  for (const char* after : {"201", "204", "500", "503", "404"}) add(store, "GET /a", status("200", after));
  EXPECT_EQ(count(store), 3U) << "in its class, 2xx to 5xx, 2xx to 4xx";
}

TEST(FindingStore, ApprovedOnesTakeNoRoom) {
  diff::Rules rules;
  for (const char* location : {"$.a", "$.b", "$.c"}) {
    diff::Approval approval;
    approval.signature = signature_of("POST /graphql", location, diff::Kind::kMissing);
    rules.approvals.push_back(approval);
  }
  FindingStore store(rules, 1);
  for (const char* location : {"$.a", "$.b", "$.c"})
    EXPECT_NE(store.find_or_make("POST /graphql Products", of_kind(diff::Kind::kMissing, location)), nullptr);
  EXPECT_NE(store.find_or_make("POST /graphql Products", of_kind(diff::Kind::kOrder, "$.d")), nullptr);
  EXPECT_EQ(store.not_kept(), 0U);
  EXPECT_EQ(count(store), 4U);
}

}  // namespace
}  // namespace tracerec::gate
