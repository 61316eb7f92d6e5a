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
