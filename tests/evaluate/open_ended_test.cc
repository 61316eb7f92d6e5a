// Runs of streams of events without an end.
#include <gtest/gtest.h>

#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

const std::string kStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string event(int number) {
  return "f\r\ndata: {\"n\":" + std::to_string(number) + "}\n\n\r\n";
}

Sent stream_of(const std::string& recorded, const std::string& replayed) {
  Sent sent;
  sent.target = "/events";
  sent.recorded = recorded;
  sent.replayed = replayed;
  sent.recorded_head = sent.replayed_head = kStream;
  sent.complete = false;
  sent.notes = "open_ended";
  return sent;
}

Plan plan_with(const char* condition) {
  Plan plan;
  if (auto parsed = gate::parse_condition(condition)) plan.conditions.push_back(*parsed);
  return plan;
}

TEST(OpenEndedRuns, AreComparedAndCounted) {
  const StoredRun run({stream_of(event(1) + event(2), event(1)), stream_of(event(1), event(1) + event(2))});
  const auto report = run.evaluate();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->verdict.passed);
  EXPECT_EQ(report->summary.compared, 2U);
  EXPECT_EQ(report->summary.open_ended, 2U);
  EXPECT_TRUE(report->summary.not_compared.empty());
}

TEST(OpenEndedRuns, TheGateMayAskForThem) {
  const StoredRun run({stream_of(event(1), event(1))});
  for (const auto& [condition, passes] : {std::pair{"open_ended < 1", true}, {"open_ended > 0", false}}) {
    const auto report = run.evaluate(plan_with(condition));
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->verdict.passed, passes) << condition;
  }
}

TEST(OpenEndedRuns, AnotherEventOrNoneFails) {
  for (const std::string& replayed : {event(2), std::string{}}) {
    const StoredRun run({stream_of(event(1), replayed)});
    const auto report = run.evaluate();
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_FALSE(report->verdict.passed) << replayed;
    EXPECT_EQ(report->summary.findings.size(), 1U);
  }
}

// Re-sent twice, it had another number of events each time: no noise.
TEST(OpenEndedRuns, RechecksOfOtherLengthsTeachNoNoise) {
  StoredRun run({stream_of(event(1), event(2))});
  for (const std::string& body : {event(2) + event(3), event(2)}) {
    RunRows rows;
    rows.recheck_of = run.run_id();
    rows.responses.push_back(response_to(1, body));
    rows.responses.back().response_head = kStream;
    run.add_run(std::move(rows));
  }
  const auto report = run.evaluate();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->verdict.passed);
  EXPECT_TRUE(report->summary.noise.empty());
}

TEST(OpenEndedRuns, OnesWithMissingBytesAreNoBaseline) {
  Sent sent = stream_of(event(1), event(1));
  sent.notes = "response_cut";
  const auto report = StoredRun({sent}).evaluate();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->summary.compared, 0U);
  EXPECT_EQ(report->summary.open_ended, 0U);
}

}  // namespace
}  // namespace tracerec::evaluate::testing
