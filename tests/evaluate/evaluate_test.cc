// From a stored run to the report, without a process, a socket or root.
#include "evaluate/evaluate.h"

#include <gtest/gtest.h>

#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

using Ids = std::vector<schema::RowId>;

std::vector<std::string> locations_of(const std::vector<gate::Finding>& findings) {
  std::vector<std::string> locations;
  for (const gate::Finding& finding : findings) locations.push_back(finding.endpoint + " " + finding.location);
  return locations;
}

Plan with_condition(const char* text) {
  Plan plan;
  plan.conditions.push_back(gate::parse_condition(text).value());
  return plan;
}

TEST(Evaluate, EqualResponsesPass) {
  const StoredRun stored({{.target = "/a", .recorded = R"({"n":1})", .replayed = R"({"n":1})"}, {.target = "/b"}});
  const auto report = stored.evaluate({.version = "1.2"});
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed);
  EXPECT_EQ(report->summary.compared, 2U);
  EXPECT_EQ(report->summary.equal, 2U);
  EXPECT_EQ(report->target, "http://staging:8080");
  EXPECT_EQ(report->version, "1.2");
  EXPECT_EQ(report->run_id, stored.run_id());
  EXPECT_EQ(report->latency.total.replayed.responses, 2U);
}

TEST(Evaluate, ADifferenceFailsAndSaysHowToReproduceIt) {
  const StoredRun stored({{.method = "POST",
                           .target = "/orders?x='",
                           .recorded = R"({"total":10})",
                           .replayed = R"({"total":11})",
                           .request_body = R"({"qty":2})"}});
  const auto report = stored.evaluate();
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->verdict.passed);
  EXPECT_EQ(locations_of(report->summary.findings), (std::vector<std::string>{"POST /orders $.total"}));
  EXPECT_EQ(report->curl.at(1),
            "curl -sS -i --path-as-is --globoff 'http://staging:8080/orders?x='\\''' -H 'Content-Length: 9'"
            " -H 'User-Agent:' -H 'Accept:' -H 'Content-Type:' -H 'Expect:' --data-binary '{\"qty\":2}'");
}

TEST(Evaluate, EqualRequestsWithDifferentResponsesTeachNoise) {
  std::vector<Sent> exchanges;
  for (const char* id : {"5f1c", "a771", "09be"}) {
    exchanges.push_back({.target = "/a",
                         .recorded = std::string(R"({"trace":")") + id + R"(","n":1})",
                         .replayed = R"({"trace":"77aa","n":1})"});
  }
  const auto report = StoredRun(exchanges).evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed) << report->verdict.reasons.front();
  ASSERT_EQ(report->summary.noise.size(), 1U);
  EXPECT_EQ(report->summary.noise[0].location, "$.trace");
  EXPECT_EQ(report->summary.equal_noisy, 3U);
}

TEST(Evaluate, CallsThatTheRecordedProcessMadeTeachNothing) {
  const StoredRun stored({{.target = "/a", .recorded = R"({"n":1})", .notes = "outgoing"},
                          {.target = "/a", .recorded = R"({"n":2})", .notes = "outgoing"}});
  const auto report = stored.evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->summary.noise.empty());
}

// Two runs that belong to the first one: what differs between them varies on its own.
TEST(Evaluate, WhatWasResentTeachesNoise) {
  StoredRun stored({{.target = "/a", .recorded = R"({"at":"10"})", .replayed = R"({"at":"11"})"}});
  EXPECT_FALSE(stored.evaluate()->verdict.passed);
  for (const char* body : {R"({"at":"12"})", R"({"at":"13"})"}) {
    stored.add_run({.responses = {response_to(1, body)}, .recheck_of = stored.run_id()});
  }
  const auto report = stored.evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed);
  EXPECT_EQ(report->rechecked.exchanges, 1U);
  EXPECT_EQ(report->rechecked.answered, 1U);
}

TEST(Evaluate, WhatDiffersIsResentOnceAndEvaluatedAgain) {
  StoredRun stored({{.target = "/a", .recorded = R"({"at":"10"})", .replayed = R"({"at":"11"})"},
                    {.method = "POST", .target = "/b", .recorded = "[1]", .replayed = "[2]"},
                    {.target = "/equal"},
                    {.target = "/status", .new_status = 500}});
  std::vector<Ids> sent;
  Recheck recheck;
  recheck.send = [&](const Ids& ids, bool) -> Result<bool> {
    sent.push_back(ids);
    for (const char* body : {R"({"at":"12"})", R"({"at":"13"})"}) {
      stored.add_run({.responses = {response_to(1, body)}, .recheck_of = stored.run_id()});
    }
    return true;
  };
  const auto report = stored.evaluate({}, &recheck);
  ASSERT_TRUE(report);
  EXPECT_EQ(sent, (std::vector<Ids>{{1}})) << "not the write, not what is equal, not a status of another class";
  EXPECT_EQ(locations_of(report->summary.findings), (std::vector<std::string>{"GET /status status", "POST /b $[*]"}));
  recheck.writes_too = true;
  sent.clear();
  ASSERT_TRUE(stored.evaluate({}, &recheck));
  EXPECT_EQ(sent, (std::vector<Ids>{{2}})) << "what was learned meanwhile is noise and does not differ any more";
}

TEST(Evaluate, AFailedRecheckIsAnError) {
  const StoredRun stored(std::vector<Sent>{{.recorded = "[1]", .replayed = "[2]"}});
  Recheck recheck;
  recheck.send = [](const Ids&, bool) -> Result<bool> { return Error{"no route to host"}; };
  const auto report = stored.evaluate({}, &recheck);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().message, "no route to host");
}

TEST(Evaluate, AnotherRunCanBeTheBaseline) {
  StoredRun stored(
      {{.target = "/a", .recorded = "[1]", .replayed = "[2]"}, {.target = "/b", .recorded = "[1]", .replayed = "[1]"}});
  const schema::RowId other = stored.add_run({.responses = {response_to(1, "[2]"), failure_of(2, "timeout")}});
  const auto report = stored.evaluate({.against = other});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->against_run, other);
  EXPECT_EQ(report->summary.compared, 1U);
  EXPECT_EQ(report->summary.equal, 1U);
  EXPECT_EQ(report->summary.not_compared.at("baseline_failed"), 1U);
  EXPECT_FALSE(report->verdict.passed) << "what the baseline did not answer is compared with nothing";
  ASSERT_TRUE(report->baseline);
  EXPECT_EQ(report->baseline->answered, 1U);
  EXPECT_EQ(report->baseline->failed.at("timeout"), 1U);
  EXPECT_FALSE(stored.evaluate({.against = 0})->verdict.passed) << "0: the recording";
}

TEST(Evaluate, ARunsOwnBaselineIsTheDefault) {
  StoredRun stored(std::vector<Sent>{{.target = "/a", .recorded = "[1]"}});
  const schema::RowId baseline = stored.add_run({.responses = {response_to(1, "[7]")}});
  const schema::RowId run = stored.add_run({.responses = {response_to(1, "[7]")}, .baseline_run_id = baseline});
  EXPECT_TRUE(stored.evaluate({}, nullptr, run)->verdict.passed);
  EXPECT_FALSE(stored.evaluate({.against = 0}, nullptr, run)->verdict.passed);
}

TEST(Evaluate, ABaselineThatIsNotThereIsAnError) {
  const StoredRun stored({Sent{}});
  const auto report = stored.evaluate({.against = 77});
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("run 77 is not a run of the same recording"), std::string::npos);
}

TEST(Evaluate, AValueThatTheTargetMadeItselfIsNoDifference) {
  const std::string was = "6b1d4ab0-55f1-4e0c-9f3e-1d2f7a0c9b11", is = "0f8fad5b-d9cb-469f-a165-70867728950e";
  StoredRun stored(
      {{.method = "POST",
        .target = "/orders",
        .recorded = "{\"job\":\"" + was + "\"}",
        .replayed = "{\"job\":\"" + is + "\"}"},
       {.target = "/orders/" + was, .recorded = "{\"job\":\"" + was + "\"}", .replayed = "{\"job\":\"" + is + "\"}"}});
  EXPECT_FALSE(stored.evaluate()->verdict.passed);
  RunRows rows;
  rows.responses = {response_to(1, "{\"job\":\"" + is + "\"}"), response_to(2, "{\"job\":\"" + is + "\"}")};
  rows.substitutions.push_back({.run_id = 0, .exchange_id = 2, .rows = {{"path segment 2", 1, "$.job", true}}});
  const schema::RowId run = stored.add_run(std::move(rows));
  const auto report = stored.evaluate({}, nullptr, run);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed) << report->verdict.reasons.front();
}

TEST(Evaluate, WhatCouldNotBeSentIsNamedUnderItsCause) {
  StoredRun stored({{.method = "POST", .target = "/login"}, {.target = "/me"}, {.target = "/me/orders"}});
  RunRows rows;
  rows.responses = {response_to(1, "{}", 503), failure_of(2, "unresolved"), failure_of(3, "unresolved")};
  rows.substitutions.push_back(
      {.run_id = 0, .exchange_id = 2, .rows = {{"header Authorization", 1, "$.token", false}}});
  rows.substitutions.push_back({.run_id = 0, .exchange_id = 3, .rows = {{"path segment 1", 2, "$.id", false}}});
  const auto report = stored.evaluate({}, nullptr, stored.add_run(std::move(rows)));
  ASSERT_TRUE(report);
  ASSERT_EQ(report->unresolved.size(), 1U) << "what needs the second needs the first";
  EXPECT_EQ(report->unresolved[0].exchange_id, 1);
  EXPECT_EQ(report->unresolved[0].exchanges, 2U);
  EXPECT_EQ(report->unresolved[0].outcome, "was answered with 503 without it");
}

TEST(Evaluate, ARunThatWasGivenUpIsNeverGreen) {
  StoredRun stored({{.target = "/a"}, {.target = "/b"}});
  const schema::RowId run =
      stored.add_run({.responses = {response_to(1, "{}")}, .ledger = {{"skipped.overload", 1, 0}}});
  const auto report = stored.evaluate(with_condition("findings.high > 0"), nullptr, run);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->verdict.passed);
  EXPECT_NE(report->verdict.reasons.at(0).find("1 exchange was not sent"), std::string::npos);
  EXPECT_EQ(report->skipped.at("overload"), 1U);
}

TEST(Evaluate, ARunWithoutAResponseProvesNothing) {
  const StoredRun stored({{.failure = "refused"}});
  const auto report = stored.evaluate(with_condition("findings > 0"));
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->verdict.passed);
  EXPECT_EQ(report->verdict.reasons.at(0), "nothing was compared");
}

TEST(Evaluate, MutantsAreKilledAndCounted) {
  const StoredRun stored({{.target = "/a", .recorded = R"({"n":1,"s":"x"})", .replayed = R"({"n":1,"s":"x"})"}});
  Plan plan = with_condition("mutation.score < 1");
  plan.mutations = 20;
  const auto report = stored.evaluate(plan);
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->mutation);
  EXPECT_EQ(report->mutation->tried, 20U);
  EXPECT_EQ(report->mutation->killed, 20U);
  EXPECT_TRUE(report->verdict.passed);
  plan.conditions = {gate::parse_condition("mutation.caught < 1").value()};
  EXPECT_TRUE(stored.evaluate(plan)->verdict.passed) << "the former name";
}

TEST(Evaluate, AConditionOnAMetricThatDoesNotExistIsAnError) {
  const StoredRun stored({Sent{}});
  EXPECT_FALSE(stored.evaluate(with_condition("findngs > 0")));
  EXPECT_FALSE(stored.evaluate(with_condition("mutation.score < 1"))) << "no mutants were asked for";
}

// They were refused after everything had been sent.
TEST(Evaluate, ConditionsAreCheckedWithoutARun) {
  for (const char* good : {"findings.high > 0", "failed.timeout", "skipped.filtered > 3", "schedule.p99_ms > 5",
                           "latency.first_byte.p95 > 1", "not_compared", "coverage < 0.5"})
    EXPECT_TRUE(check_conditions(with_condition(good), false)) << good;
  for (const char* bad : {"nometric > 0", "failed.nothing", "skipped.nothing", "slowdowns", "latency.p50_ratio > 2",
                          "mutation.score < 1"})
    EXPECT_FALSE(check_conditions(with_condition(bad), false)) << bad;
  EXPECT_TRUE(check_conditions(with_condition("slowdowns"), true));
  EXPECT_TRUE(check_conditions(with_condition("latency.p99_ratio > 2"), true));
  Plan plan = with_condition("mutation.score < 1");
  plan.mutations = 1;
  EXPECT_TRUE(check_conditions(plan, false));
}

TEST(Evaluate, WhatWasNotSentIsAMetric) {
  StoredRun stored({Sent{}});
  RunRows rows{.responses = {response_to(1, "{}")}, .ledger = {{"skipped.filtered", 3, 0}}};
  const schema::RowId id = stored.add_run(std::move(rows));
  EXPECT_FALSE(stored.evaluate(with_condition("skipped.filtered > 2"), nullptr, id)->verdict.passed);
  EXPECT_FALSE(stored.evaluate(with_condition("skipped == 3"), nullptr, id)->verdict.passed);
  EXPECT_TRUE(stored.evaluate(with_condition("skipped.incomplete"), nullptr, id)->verdict.passed);
  EXPECT_FALSE(stored.evaluate(with_condition("skipped.nothing"), nullptr, id));
}

TEST(Evaluate, OtherInterimResponsesAreCounted) {
  StoredRun stored({Sent{}});
  const auto with_interim = [] {
    RunRows rows{.responses = {response_to(1, "{}")}};
    rows.responses.front().interim = "103 x 103";
    return rows;
  };
  const schema::RowId first = stored.add_run(with_interim()), second = stored.add_run(with_interim());
  EXPECT_EQ(stored.evaluate({}, nullptr, first)->summary.not_compared.at("interim_responses"), 1U);
  Plan plan;
  plan.against = first;
  EXPECT_FALSE(stored.evaluate(plan, nullptr, second)->summary.not_compared.contains("interim_responses"))
      << "both have them";
}

TEST(Evaluate, SlowdownsNeedAnotherRun) {
  const StoredRun stored({Sent{}});
  const auto report = stored.evaluate(with_condition("slowdowns > 0"));
  ASSERT_FALSE(report);
  EXPECT_NE(report.error().message.find("--against"), std::string::npos);
  EXPECT_TRUE(check_slowdowns(with_condition("findings > 0"), false));
  EXPECT_TRUE(check_slowdowns(with_condition("slowdowns > 0"), true));
}

TEST(Evaluate, AFileThatIsNotThereIsAnError) {
  EXPECT_FALSE(evaluate("/nonexistent/t.db", {}, {}));
}

}  // namespace
}  // namespace tracerec::evaluate::testing
