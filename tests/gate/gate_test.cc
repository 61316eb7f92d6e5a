#include "gate/gate.h"

#include <gtest/gtest.h>

namespace tracerec::gate {
namespace {

const Metrics kMetrics = {{"compared", 100}, {"findings", 2},      {"findings.high", 1}, {"match_rate", 0.985},
                          {"failed", 0},     {"latency.p95", 201}, {"status_changes", 0}};

bool passes(const char* expression) {
  const auto condition = parse_condition(expression);
  EXPECT_TRUE(condition) << expression;
  const auto verdict = evaluate({*condition}, kMetrics);
  EXPECT_TRUE(verdict) << expression;
  return verdict->passed;
}

TEST(Gate, ExpressionsOfTheCommandLine) {
  EXPECT_FALSE(passes("findings > 0"));
  EXPECT_TRUE(passes("findings>2"));
  EXPECT_FALSE(passes("findings >= 2"));
  EXPECT_FALSE(passes("findings.high >= 1"));
  EXPECT_FALSE(passes("match_rate < 0.99"));
  EXPECT_TRUE(passes("match_rate<=.98"));
  EXPECT_TRUE(passes("status_changes"));
  EXPECT_FALSE(passes("findings"));
  EXPECT_FALSE(passes("latency.p95 > 200"));
  EXPECT_FALSE(passes(" findings == 2 "));
  EXPECT_TRUE(passes("failed.timeout > 0"));
  EXPECT_TRUE(passes("failed.too_long > 0"));
}

TEST(Gate, ReasonsSayWhatHeld) {
  const auto verdict =
      evaluate({*parse_condition("findings.high >= 1"), *parse_condition("latency.p95 > 200")}, kMetrics);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->reasons, (std::vector<std::string>{"findings.high >= 1 (findings.high = 1)",
                                                        "latency.p95 > 200 (latency.p95 = 201)"}));
}

TEST(Gate, DefaultIsFindingsOrFailed) {
  EXPECT_TRUE(evaluate({}, {{"compared", 1}, {"findings", 0}, {"failed", 0}})->passed);
  EXPECT_FALSE(evaluate({}, {{"compared", 1}, {"findings", 1}, {"failed", 0}})->passed);
  EXPECT_FALSE(evaluate({}, {{"compared", 1}, {"findings", 0}, {"failed", 1}})->passed);
}

TEST(Gate, WhatNobodyLookedAtFailsUntilAnExpressionIsAboutIt) {
  const auto passes_with = [](const char* expression, const char* metric) {
    const auto verdict = evaluate({*parse_condition(expression)}, {{"compared", 1}, {"findings", 0}, {metric, 1}});
    return verdict.has_value() && verdict->passed;
  };
  for (const char* metric :
       {"failed", "not_compared.baseline_failed", "not_compared.replayed_incomplete", "not_compared.undecodable"}) {
    EXPECT_FALSE(evaluate({}, {{"compared", 1}, {"findings", 0}, {metric, 1}})->passed) << metric;
    EXPECT_FALSE(passes_with("findings > 0", metric)) << metric;
    EXPECT_TRUE(passes_with((std::string(metric) + " > 1").c_str(), metric)) << metric;
  }
  EXPECT_TRUE(passes_with("failed.timeout > 0", "failed"));
  EXPECT_TRUE(evaluate({*parse_condition("failed")}, {{"compared", 1}, {"findings", 5}})->passed);
}

TEST(Gate, NothingComparedNeverPasses) {
  const auto verdict = evaluate({}, {{"compared", 0}, {"findings", 0}, {"failed", 0}});
  ASSERT_TRUE(verdict);
  EXPECT_FALSE(verdict->passed);
  EXPECT_EQ(verdict->reasons, std::vector<std::string>{"nothing was compared"});
  EXPECT_FALSE(evaluate({*parse_condition("findings > 5")}, {{"findings", 0}})->passed);
}

TEST(Gate, BadExpressionsAreOneLine) {
  for (const char* bad :
       {"", "  ", "> 3", "findings >", "findings ! 3", "findings = 3", "findings > x", "findings > 1 2", "a b > 1",
        "findings > inf", "findings > nan", "findings => 1", "f\n > 1", "findings >> 1"}) {
    const auto condition = parse_condition(bad);
    ASSERT_FALSE(condition) << bad;
    EXPECT_EQ(condition.error().message.find('\n'), std::string::npos);
  }
}

TEST(Gate, UnknownMetricNamesTheKnownOnes) {
  const auto verdict = evaluate({*parse_condition("finding > 0")}, kMetrics);
  ASSERT_FALSE(verdict);
  EXPECT_NE(verdict.error().message.find("there is no metric finding"), std::string::npos);
  EXPECT_NE(verdict.error().message.find("findings.high"), std::string::npos);
}

}  // namespace
}  // namespace tracerec::gate
