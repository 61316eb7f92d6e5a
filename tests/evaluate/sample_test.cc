// Some exchanges of each endpoint.
#include "evaluate/sample.h"

#include <gtest/gtest.h>

#include <vector>

#include "replay/plan.h"
#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

Sent sent(const std::string& method, const std::string& target, int status = 200) {
  Sent one;
  one.method = method;
  one.target = target;
  one.status = status;
  return one;
}

struct SampleTest : ::testing::Test {
  static std::vector<schema::RowId> sample(const StoredRun& stored, std::size_t most, const EndpointFilter& filter = {},
                                           const std::vector<std::string>& templates = {}) {
    const auto rows = schema::Reader::open(stored.path()), bodies = schema::Reader::open(stored.path());
    const auto chosen = sample_per_endpoint(
        **rows, **bodies, 1, [&](const auto& one) { return replay::skip_reason(one, filter) == nullptr; }, templates,
        most);
    EXPECT_TRUE(chosen);
    std::vector<schema::RowId> ids;
    for (schema::RowId id = 1; chosen && id < 100; ++id) {
      if (chosen->contains(id)) ids.push_back(id);
    }
    return ids;
  }
};

using Ids = std::vector<schema::RowId>;

TEST_F(SampleTest, TakesTheFirstOfEachEndpoint) {
  const StoredRun stored({sent("GET", "/a"), sent("GET", "/a"), sent("GET", "/b"), sent("GET", "/a?x=1"),
                          sent("POST", "/a"), sent("GET", "/b")});
  EXPECT_EQ(sample(stored, 1), (Ids{1, 3, 5}));
  EXPECT_EQ(sample(stored, 2), (Ids{1, 2, 3, 5, 6}));
  EXPECT_EQ(sample(stored, 50), (Ids{1, 2, 3, 4, 5, 6}));
}

// The error that happens once in a thousand requests is what a regression breaks first.
TEST_F(SampleTest, RareStatusesAreAmongThem) {
  const StoredRun stored(
      {sent("GET", "/a"), sent("GET", "/a"), sent("GET", "/a"), sent("GET", "/a", 404), sent("GET", "/a", 500)});
  EXPECT_EQ(sample(stored, 2), (Ids{1, 4}));
  EXPECT_EQ(sample(stored, 4), (Ids{1, 2, 4, 5}));
}

TEST_F(SampleTest, IdsInPathsAreOneEndpoint) {
  std::vector<Sent> users;
  for (int i = 0; i < 40; ++i) users.push_back(sent("GET", "/users/" + std::to_string(1000 + i)));
  EXPECT_EQ(sample(StoredRun(users), 3), (Ids{1, 2, 3}));
  const StoredRun few({sent("GET", "/shops/north"), sent("GET", "/shops/south")});
  EXPECT_EQ(sample(few, 1), (Ids{1, 2}));
  EXPECT_EQ(sample(few, 1, {}, {"GET /shops/{shop}"}), (Ids{1}));
}

// What cannot be sent must not use the places up.
TEST_F(SampleTest, OnlyWhatCanBeSentCounts) {
  Sent cut = sent("GET", "/a");
  cut.complete = false;
  Sent outgoing = sent("GET", "/a");
  outgoing.notes = "outgoing";
  const StoredRun stored({cut, outgoing, sent("GET", "/a"), sent("GET", "/b")});
  EXPECT_EQ(sample(stored, 1), (Ids{3, 4}));
  EXPECT_EQ(sample(stored, 1, {{}, {*EndpointPattern::parse("/b")}}), (Ids{3}));
}

}  // namespace
}  // namespace tracerec::evaluate::testing
