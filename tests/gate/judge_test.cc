#include "gate/judge.h"
#include "gate/approvals.h"
#include "gate/gate.h"
#include "gate/metrics.h"

#include <gtest/gtest.h>

#include "tests/diff/messages.h"

namespace tracerec::gate {
namespace {

using diff::json_response;
using diff::pair_of;
using diff::response;

class JudgeTest : public testing::Test {
 protected:
  Noise noise_;
  Judge judge_{noise_};
};

TEST_F(JudgeTest, ManyPairsOfOneCauseAreOneFinding) {
  for (int id = 1; id <= 10000; ++id) {
    judge_.add_pair(pair_of(id, "/users/" + std::to_string(id), json_response(R"({"name":"x","n":[1,2]})"),
                            json_response(R"({"nome":"x","n":[3,4]})")));
  }
  const Summary summary = judge_.summary();
  ASSERT_EQ(summary.findings.size(), 3U);
  const Finding& first = summary.findings[0];
  EXPECT_EQ(first.endpoint, "POST /users/{id}");
  EXPECT_EQ(first.location, "$.name");
  EXPECT_EQ(first.exchanges, 10000U);
  ASSERT_EQ(first.samples.size(), 3U);
  EXPECT_EQ(first.samples[0].exchange_id, 1);
  EXPECT_EQ(first.samples[0].recorded, "\"x\"");
  const Finding& values = summary.findings[1].kind == diff::Kind::kValue ? summary.findings[1] : summary.findings[2];
  EXPECT_EQ(values.exchanges, 10000U);
  EXPECT_EQ(values.differences, 20000U);
  EXPECT_EQ(summary.compared, 10000U);
  EXPECT_EQ(summary.different, 10000U);
}

TEST_F(JudgeTest, CountsBalance) {
  judge_.add_pair(pair_of(1, "/a", json_response("[1]"), json_response("[1]")));
  judge_.add_pair(pair_of(2, "/a", json_response("[1]"), json_response("[2]")));
  judge_.add_pair(pair_of(3, "/a", json_response("[1]"), json_response("[1]", 500)));
  diff::Pair failed = pair_of(4, "/a", json_response("[1]"), {});
  failed.failure = "timeout";
  judge_.add_pair(failed);
  diff::Pair holed = pair_of(5, "/a", json_response("[1]"), json_response("[2]"));
  holed.recorded_complete = false;
  judge_.add_pair(holed);
  const Summary summary = judge_.summary();
  EXPECT_EQ(summary.compared, 3U);
  EXPECT_EQ(summary.equal, 1U);
  EXPECT_EQ(summary.different, 2U);
  EXPECT_EQ(summary.status_changes, 1U);
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_EQ(summary.failed_by_reason.at("timeout"), 1U);
  EXPECT_EQ(summary.not_compared.at("recorded_incomplete"), 1U);
  const auto metrics = metrics_of(summary);
  EXPECT_EQ(metrics.at("findings"), 2);
  EXPECT_EQ(metrics.at("findings.high"), 1);
  EXPECT_EQ(metrics.at("findings.medium"), 1);
  EXPECT_NEAR(metrics.at("match_rate"), 1.0 / 3, 1e-9);
  EXPECT_EQ(metrics.at("failed.timeout"), 1);
  EXPECT_EQ(metrics.at("not_compared.recorded_incomplete"), 1);
}

TEST_F(JudgeTest, WhatTheBaselineDidNotResponseIsCountedAndComparedWithNothing) {
  diff::Pair pair = pair_of(1, "/a", json_response("[1]"), json_response("[2]"));
  EXPECT_TRUE(judge_.add_pair(pair).different);
  pair.baseline_failed = true;
  EXPECT_FALSE(judge_.add_pair(pair).different);
  pair.failure = "timeout";  // neither answered: that is a failure of the target
  EXPECT_FALSE(judge_.add_pair(pair).different);
  const Summary summary = judge_.summary();
  EXPECT_EQ(summary.compared, 1U);
  EXPECT_EQ(summary.failed, 1U);
  EXPECT_EQ(summary.not_compared.at("baseline_failed"), 1U);
  const auto verdict = evaluate({}, metrics_of(summary));
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->reasons.back(), "not_compared.baseline_failed > 0 (not_compared.baseline_failed = 1)");
}

TEST_F(JudgeTest, SeverityFollowsTheKind) {
  judge_.add_pair(pair_of(1, "/a", response(200, {{"Server", "x"}}, R"({"a":1,"b":1,"c":[1,2],"d":1,"e":1})"),
                          response(200, {{"Server", "y"}}, R"({"a":2,"b":1.0,"c":[2,1],"d":"1"})")));
  std::string found;
  for (const Finding& finding : judge_.summary().findings) {
    found += std::string(name_of(finding.severity)) + " " + std::string(name_of(finding.kind)) + "; ";
  }
  EXPECT_EQ(found, "high type; high missing; medium value; low representation; low order; low value; ")
      << "sorted by severity, count, location";
}

TEST_F(JudgeTest, DistinctFindingsAreBoundedAndTheRestIsCounted) {
  Judge judge(noise_, {.max_findings = 10, .max_samples = 3});
  for (int i = 0; i < 25; ++i) {
    judge.add_pair(pair_of(i, "/p" + std::to_string(i) + "x", json_response("[1]"), json_response("[2]")));
  }
  const Summary summary = judge.summary();
  EXPECT_EQ(summary.findings.size(), 10U);
  EXPECT_EQ(summary.findings_not_kept, 15U);
  EXPECT_EQ(summary.different, 25U);
}

TEST_F(JudgeTest, SampleValuesAreCut) {
  judge_.add_pair(pair_of(1, "/a", json_response("[\"" + std::string(100000, 'x') + "\"]"),
                          json_response("[\"" + std::string(100000, 'y') + "\"]")));
  const Sample sample = judge_.summary().findings.at(0).samples.at(0);
  EXPECT_LE(sample.recorded.size(), kMaxSampleBytes + 3);
  EXPECT_TRUE(sample.recorded.ends_with("…"));
  EXPECT_EQ(cut("aé", 2), "a…") << "not inside a character";
}

// Golden: these stand in approvals that live in git. If this test needs a change, so does every team's rules file.
TEST(Signature, IsStable) {
  EXPECT_EQ(signature_of("POST /customResponse", "$.answer", diff::Kind::kMissing), "12ab03112323");
  EXPECT_EQ(signature_of("GET /users/{id}", "$.items[*].name", diff::Kind::kValue), "789014cf4555");
  EXPECT_EQ(signature_of("GET /", "status", diff::Kind::kStatus), "f49eff5d63ec");
}

}  // namespace
}  // namespace tracerec::gate
