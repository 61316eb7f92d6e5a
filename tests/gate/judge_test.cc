#include "gate/judge.h"
#include "gate/approvals.h"
#include "gate/gate.h"
#include "gate/metrics.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
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

TEST_F(JudgeTest, ADifferenceFarIntoALongValueIsInItsSample) {
  const std::string common(5000, 'x'), end(5000, 'z');
  judge_.add_pair(pair_of(1, "/a", json_response("{\"a\":\"" + common + "old" + end + "\"}"),
                          json_response("{\"a\":\"" + common + "new" + end + "\"}")));
  const Sample sample = judge_.summary().findings.at(0).samples.at(0);
  EXPECT_NE(sample.recorded.find("old"), std::string::npos) << sample.recorded;
  EXPECT_NE(sample.replayed.find("new"), std::string::npos) << sample.replayed;
  for (const std::string& side : {sample.recorded, sample.replayed}) {
    EXPECT_TRUE(side.starts_with("…") && side.ends_with("…")) << side;
    EXPECT_LE(side.size(), kMaxSampleBytes + 3);
  }
}

TEST_F(JudgeTest, ACutIsNotInsideACharacterAndAnEndShowsTheOtherSide) {
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "é€";
  judge_.add_pair(
      pair_of(1, "/a", json_response("[\"" + long_text + "\"]"), json_response("[\"" + long_text + "more\"]")));
  const Sample sample = judge_.summary().findings.at(0).samples.at(0);
  EXPECT_TRUE(is_utf8(sample.recorded) && is_utf8(sample.replayed));
  EXPECT_TRUE(sample.replayed.ends_with("more\"")) << sample.replayed;
  EXPECT_TRUE(sample.recorded.ends_with("€\"")) << sample.recorded;
}

Summary with_approval(Judge& judge, const std::string& signature) {
  diff::Rules rules;
  rules.approvals.push_back({signature, "agreed", "", "", {}, "approvals[0]", ""});
  Summary summary = judge.summary();
  apply_approvals(rules, "2026-01-01", summary);
  return summary;
}

TEST_F(JudgeTest, AnApprovedMildChangeOfStatusAcceptsNoSevereOne) {
  judge_.add_pair(pair_of(1, "/a", response(200, {}, "x"), response(201, {}, "x")));
  const std::string approved = judge_.summary().findings.at(0).signature();
  EXPECT_EQ(approved, signature_of("POST /a", "status", diff::Kind::kStatus)) << "as in earlier versions";
  EXPECT_TRUE(with_approval(judge_, approved).findings.empty());
  judge_.add_pair(pair_of(2, "/a", response(200, {}, "x"), response(500, {}, "x")));
  const Summary summary = with_approval(judge_, approved);
  ASSERT_EQ(summary.findings.size(), 1U);
  EXPECT_EQ(summary.findings[0].severity, Severity::kHigh);
  EXPECT_EQ(summary.approved.size(), 1U);
  EXPECT_EQ(with_approval(judge_, summary.findings[0].signature()).findings.at(0).severity, Severity::kMedium);
}

TEST_F(JudgeTest, AnEarlierApprovalOfAnotherClassOfStatusSaysWhatToApprove) {
  judge_.add_pair(pair_of(1, "/a", response(200, {}, "x"), response(404, {}, "x")));
  const std::string now = judge_.summary().findings.at(0).signature();
  const Summary summary = with_approval(judge_, signature_of("POST /a", "status", diff::Kind::kStatus));
  EXPECT_EQ(summary.findings.size(), 1U);
  ASSERT_EQ(summary.approvals.size(), 1U);
  EXPECT_EQ(summary.approvals[0].problem,
            "covers changes of status within a class; 2xx-4xx is finding " + now + ": approve that instead");
}

// Of what was not sent nobody knows whether it still differs.
TEST(Approvals, AreNotCalledUnusedByARunThatSentAPart) {
  diff::Rules rules;
  rules.approvals.push_back({"0123456789ab", "agreed", "", "", {}, "approvals[0]", ""});
  Summary whole, part, failed;
  part.is_partial = true;
  failed.failed = 1;
  for (Summary* one : {&whole, &part, &failed}) apply_approvals(rules, "2026-01-01", *one);
  EXPECT_EQ(whole.approvals[0].problem, "unused: the difference is gone; remove it");
  EXPECT_EQ(part.approvals[0].problem, "");
  EXPECT_EQ(failed.approvals[0].problem, "");
}

// Golden: these stand in approvals that live in git. If this test needs a change, so does every team's rules file.
TEST(Signature, IsStable) {
  EXPECT_EQ(signature_of("POST /customResponse", "$.answer", diff::Kind::kMissing), "12ab03112323");
  EXPECT_EQ(signature_of("GET /users/{id}", "$.items[*].name", diff::Kind::kValue), "789014cf4555");
  EXPECT_EQ(signature_of("GET /", "status", diff::Kind::kStatus), "f49eff5d63ec");
  EXPECT_EQ(signature_of("GET /", "status", diff::Kind::kStatus, "2xx-5xx"), "447b60f078f5");
}

}  // namespace
}  // namespace tracerec::gate
