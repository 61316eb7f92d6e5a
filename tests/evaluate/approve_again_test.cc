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

report::Report report_with_one_cause(std::size_t findings) {
  report::Report report;
  for (std::size_t i = 0; i < findings; ++i) {
    gate::Finding& one = report.summary.findings.emplace_back();
    one.endpoint = "GET /a" + std::to_string(i);
    one.location = "$.price";
    one.kind = diff::Kind::kType;
    one.samples.push_back({1, "$.price", "1", "\"1\"", ""});
  }
  return report;
}

TEST(Approve, TenThousandFindingsOfOneCauseAreOneStep) {
  const report::Report report = report_with_one_cause(10'000);
  const std::vector<std::string> two{report.summary.findings[7].signature(), report.summary.findings[0].signature()};
  const auto accepted = accepted_in(report, two, true);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->size(), 10'000U) << "each once";
  const auto alone = accepted_in(report, two, false);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->size(), 2U);
  const auto text = with_approvals("", *accepted, {"why", "", "", {}});
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_TRUE(parse_rules_of("r.json", *text));
}

// Who accepted one of a cause is told that --group takes the others: then it must find them.
TEST(Approve, TheOthersOfACauseAreFoundAfterOneWasAccepted) {
  report::Report report = report_with_one_cause(3);
  report.summary.approved.push_back(report.summary.findings[1]);
  report.summary.findings.erase(report.summary.findings.begin() + 1);
  const auto accepted = accepted_in(report, {report.summary.approved[0].signature()}, true);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->size(), 3U);
}

TEST(Approve, AFileThatWouldNotBeReadAgainIsNotWritten) {
  std::vector<Accepted> accepted;
  for (std::size_t i = 0; i < 10'000; ++i)
    accepted.push_back({gate::signature_of("GET /a", std::to_string(i), diff::Kind::kType), std::string(2'000, 'x')});
  const auto text = with_approvals("", accepted, {"why", "", "", {}});
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().message.find("longer than 16 MiB"), std::string::npos) << text.error().message;
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
  EXPECT_EQ(check_terms({"why", "an\u202Ena", "", {}}, "2027-01-01").error().message,
            "owner has a control character, or one that hides or reorders text: an\\xe2\\x80\\xaena");
  EXPECT_TRUE(check_terms({"x", "\xff", "", {}}, "2027-01-01").error().message.starts_with("owner is not UTF-8"));
  EXPECT_TRUE(check_terms({"x", "", "soon", {}}, "2027-01-01").error().message.starts_with("expires soon"));
  EXPECT_TRUE(check_terms({"x", "", "2026-12-31", {}}, "2027-01-01").error().message.starts_with("expires 2026-12-31"));
}

}  // namespace
}  // namespace tracerec::evaluate::testing
