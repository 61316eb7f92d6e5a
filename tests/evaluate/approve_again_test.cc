// A verdict that is made again when only the approvals are others is the one that a whole evaluation makes.
#include <gtest/gtest.h>

#include <sstream>

#include "evaluate/rules_file.h"
#include "report/report.h"
#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

std::string json_of(const report::Report& report) {
  std::ostringstream text;
  report::make_json_reporter()->write(report, text);
  return text.str();
}

const std::vector<Sent> kDifferent{
    {.target = "/a", .recorded = R"({"name":"cleo"})", .replayed = R"({"fullName":"cleo"})"},
    {.target = "/b", .new_status = 500},
    {.target = "/c", .recorded = R"({"n":1})", .replayed = R"({"n":2})"}};

Plan approving(const report::Report& report, std::size_t count) {
  Plan plan;
  plan.today = "2027-01-01";
  for (std::size_t i = 0; i < count; ++i)
    plan.rules.approvals.push_back({report.summary.findings[i].signature(), "reason", "", "", {}, ""});
  return plan;
}

TEST(ApproveAgain, GivesWhatAnEvaluationGives) {
  const StoredRun stored(kDifferent);
  Basis basis;
  const auto first = evaluate(stored.path(), stored.run(), {}, nullptr, {nullptr, &basis});
  ASSERT_TRUE(first);
  for (std::size_t count = 0; count <= first->summary.findings.size(); ++count) {
    const Plan plan = approving(*first, count);
    const auto again = approve_again(*first, basis, plan);
    const auto whole = stored.evaluate(plan);
    ASSERT_TRUE(again && whole);
    EXPECT_EQ(again->verdict.passed, whole->verdict.passed) << count;
    EXPECT_EQ(again->verdict.reasons, whole->verdict.reasons) << count;
    EXPECT_EQ(again->summary.approved.size(), count);
    EXPECT_EQ(again->summary.findings.size(), whole->summary.findings.size());
    if (count == 0) {
      EXPECT_EQ(json_of(*again), json_of(*whole));
    }
  }
}

TEST(ApproveAgain, ADoubtStaysOne) {
  StoredRun stored(kDifferent);
  RunRows rows;
  rows.responses.push_back(response_to(1, R"({"fullName":"cleo"})"));
  rows.ended_unix_ns = 0;
  const auto killed = stored.add_run(std::move(rows));
  Basis basis;
  const auto first = evaluate(stored.path(), stored.run(killed), {}, nullptr, {nullptr, &basis});
  ASSERT_TRUE(first) << first.error().message;
  const auto again = approve_again(*first, basis, approving(*first, first->summary.findings.size()));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->summary.findings.empty());
  EXPECT_FALSE(again->verdict.passed) << "the run has no end";
}

TEST(ApproveAgain, KnowsWhichExchangesDiffer) {
  const StoredRun stored(kDifferent);
  Basis basis;
  ASSERT_TRUE(evaluate(stored.path(), stored.run(), {}, nullptr, {nullptr, &basis}));
  EXPECT_EQ(basis.different, (std::vector<schema::RowId>{1, 2, 3}));
}

TEST(Watch, CountsAndStops) {
  const StoredRun stored(kDifferent);
  Watch watch;
  ASSERT_TRUE(evaluate(stored.path(), stored.run(), {}, nullptr, {&watch, nullptr}));
  EXPECT_EQ(watch.compared, 3U);
}

TEST(RulesFile, TermsAreNamed) {
  EXPECT_TRUE(check_terms({"why", "", "2027-01-31", {}}, "2027-01-31"));
  EXPECT_EQ(check_terms({" ", "", "", {}}, "2027-01-01").error().message,
            "reason must say why this difference is accepted");
  EXPECT_TRUE(
      check_terms({"d\xe9sir\xe9", "", "", {}}, "2027-01-01").error().message.starts_with("reason is not UTF-8"));
  EXPECT_TRUE(check_terms({"x", "\xff", "", {}}, "2027-01-01").error().message.starts_with("owner is not UTF-8"));
  EXPECT_TRUE(check_terms({"x", "", "soon", {}}, "2027-01-01").error().message.starts_with("expires soon"));
  EXPECT_TRUE(check_terms({"x", "", "2026-12-31", {}}, "2027-01-01").error().message.starts_with("expires 2026-12-31"));
}

}  // namespace
}  // namespace tracerec::evaluate::testing
