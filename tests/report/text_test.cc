// The page of text: what stands where, whether it fits the terminal, and that no finding is lost.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <vector>

#include "base/columns.h"
#include "gate/finding_groups.h"
#include "tests/report/sample_report.h"

namespace tracerec::report {
namespace {

using testing::finding;
using testing::hostile_report;
using testing::sample_report;
using testing::write;

std::vector<std::string> lines_of(const Report& report, std::size_t width = 100) {
  std::istringstream in(write("text", report, {.width = width}));
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t line_with(const std::vector<std::string>& lines, std::string_view text) {
  const auto at = std::find_if(lines.begin(), lines.end(),
                               [&](const std::string& line) { return line.find(text) != std::string::npos; });
  EXPECT_NE(at, lines.end()) << text;
  return static_cast<std::size_t>(at - lines.begin());
}

// Commands are to be pasted, and whole.
bool is_command(const std::string& line) {
  return line.find("tracerec ") != std::string::npos;
}

// `count` findings that have nothing in common.
Report report_with(std::size_t count) {
  Report report = sample_report();
  report.summary.findings.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = "/e" + std::to_string(i), location = "$.field" + std::to_string(i);
    report.summary.findings.push_back(
        finding(("GET " + name).c_str(), location.c_str(), diff::Kind::kMissing, gate::Severity::kHigh, 1,
                {static_cast<std::int64_t>(i), location, "\"v" + std::to_string(i) + "\"", "", ""}));
  }
  return report;
}

TEST(TextPage, BeginsWithTheVerdictAndWhy) {
  const auto lines = lines_of(sample_report());
  EXPECT_TRUE(lines[0].starts_with("FAILED  http://127.0.0.1:8081")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("1,200 compared · 1,180 match · 20 differ · 2 without a response (timeout 2)"))
      << lines[1];
  EXPECT_LT(line_with(lines, "because  findings > 0"), line_with(lines, "MUST FIX"));
  EXPECT_LT(line_with(lines, "failed > 0 (failed = 2)"), line_with(lines, "MUST FIX"));
}

// What no finding says must not be below the findings.
TEST(TextPage, WhyARunProvesNothingIsNotCut) {
  Report report = report_with(30);
  const std::string why =
      "run 3 was interrupted after 12 of 76 exchanges, so that nothing is known of the others: replay again, or judge "
      "what there is with --allow-partial";
  report.verdict.reasons = {why, "findings > 0 (findings = 30)"};
  const auto lines = lines_of(report, 60);
  std::string text;
  for (std::size_t i = 0; i < line_with(lines, "MUST FIX"); ++i)
    text += lines[i].substr(std::min<std::size_t>(lines[i].size(), 9)) + " ";
  EXPECT_NE(text.find(why), std::string::npos) << text;
}

// One failed login is not fifty lines.
TEST(TextPage, WhatWasNotSentForWantOfAValueIsBelowItsCauseAlone) {
  Report report = sample_report();
  report.summary.failures = {{21, "GET", "/a", "unresolved"}};
  report.summary.failed_by_reason = {{"unresolved", 2}};
  for (const std::string& line : lines_of(report)) EXPECT_EQ(line.find("exchange 21"), std::string::npos) << line;
  EXPECT_NE(line_with(lines_of(report), "exchange 9 was answered with 500 without it"), 0U);
  report.summary.failed_by_reason = {{"unresolved", 1}, {"timeout", 1}};
  EXPECT_NE(line_with(lines_of(report), "exchange 21"), 0U);
}

TEST(TextPage, EveryLineFitsTheTerminal) {
  for (const Report& report : {sample_report(), hostile_report(), report_with(3)}) {
    for (const std::size_t width : {40U, 60U, 80U, 100U, 120U}) {
      for (const std::string& line : lines_of(report, width)) {
        EXPECT_TRUE(is_command(line) || display_width(line) <= width) << line;
      }
    }
  }
}

TEST(TextPage, ManyFindingsAreOneScreenAndTheRestIsCounted) {
  const auto lines = lines_of(report_with(500));
  EXPECT_LE(lines.size(), 40U);
  EXPECT_NE(line_with(lines, "more causes"), 0U);
  EXPECT_TRUE(lines.back().starts_with("all ")) << lines.back();
}

TEST(TextPage, APassingReportIsAFewLines) {
  Report report;
  report.verdict.passed = true;
  report.summary.compared = report.summary.equal = 5;
  report.summary.coverage = {80, 60, 14, 4, 2, 0};
  const auto lines = lines_of(report);
  EXPECT_LE(lines.size(), 6U);
  EXPECT_TRUE(lines[0].starts_with("PASSED ")) << lines[0];
}

TEST(TextPage, ARenameAtFourEndpointsIsOneEntryWithItsMembers) {
  Report report = report_with(0);
  for (const char* endpoint : {"GET /orders", "POST /orders", "GET /orders/{id}", "PUT /orders/{id}"}) {
    report.summary.findings.push_back(finding(endpoint, "$.customer", diff::Kind::kMissing, gate::Severity::kHigh, 5,
                                              {16, "$.customer", "\"cleo\"", "", ""}));
    report.summary.findings.push_back(finding(endpoint, "$.customerName", diff::Kind::kAdded, gate::Severity::kMedium,
                                              5, {16, "$.customerName", "", "\"cleo\"", ""}));
  }
  const auto lines = lines_of(report);
  const std::size_t at = line_with(lines, "customer → customerName  renamed");
  EXPECT_TRUE(lines[at].ends_with("20 responses, 4 endpoints")) << lines[at];
  EXPECT_NE(lines[at + 1].find("\"cleo\" → absent"), std::string::npos) << lines[at + 1];
  EXPECT_TRUE(lines[at + 1].ends_with(" +7")) << lines[at + 1];
  EXPECT_NE(lines[at + 2].find("in GET /orders, POST /orders, GET /orders/{id}, PUT /orders/{id}"), std::string::npos);
  EXPECT_NE(line_with(lines, " --group --run 3 --reason"), 0U);
}

TEST(TextPage, LongValuesAreCutWhereTheyAreEqual) {
  Report report = report_with(1);
  const std::string same(80, 'x');
  report.summary.findings[0].kind = diff::Kind::kValue;
  report.summary.findings[0].samples[0].recorded = same + "OLD" + same;
  report.summary.findings[0].samples[0].replayed = same + "NEW" + same;
  const auto lines = lines_of(report);
  const std::string& line = lines[line_with(lines, "→")];
  const std::string& sample = lines[line_with(lines, "OLD")];
  EXPECT_NE(sample.find("NEW"), std::string::npos) << sample << line;
}

TEST(TextPage, CommandsNameTheRunAndAreWhole) {
  Report report = report_with(1);
  report.show_command = "tracerec -d " + std::string(90, 'd') + " show";
  const auto lines = lines_of(report, 60);
  EXPECT_NE(line_with(lines, report.show_command + " 0 --run 3 --diff"), 0U);
  EXPECT_NE(line_with(lines, "tracerec diff --run 3 --report text:full"), 0U);
}

TEST(TextPage, ProvenSlowdownsAreOnIt) {
  const auto lines = lines_of(sample_report());
  EXPECT_NE(line_with(lines, "SLOWER  POST /customResponse"), 0U);
  EXPECT_NE(line_with(lines, "p50 1.5 → 3.0 ms, proven"), 0U);
}

TEST(TextPage, TooFewSamplesForAProofAreNoReasonToHideASlowdown) {
  Report report = sample_report();
  gate::LatencyRow& row = report.latency.endpoints[0];
  row.change = gate::Change::kNotProven;
  row.against = {6, 4.5, 5, 5, 5};
  row.replayed = {6, 80.7, 90, 90, 90};
  row.effect.median_ratio = 80.7 / 4.5;
  const auto lines = lines_of(report);
  const std::string& line = lines[line_with(lines, "SLOWER?  POST /customResponse")];
  EXPECT_TRUE(line.ends_with("p50 4.5 → 80.7 ms  6 samples, 20 needed to call it")) << line;
  report.latency.proves = false;
  for (const std::string& other : lines_of(report)) EXPECT_FALSE(other.starts_with("SLOWER")) << other;
}

// Recorded times have no network and no client in them; what all endpoints take longer is no hint.
TEST(TextPage, ASlowEndpointIsHintedAtAlsoAgainstRecordedTimes) {
  Report report = sample_report();
  report.latency.proves = false;
  report.latency.endpoints.clear();
  for (const char* name : {"GET /a", "GET /b", "GET /search", "GET /c"})
    report.latency.endpoints.push_back({name, {6, 4.5, 5, 5, 5}, {}, {6, 46, 90, 90, 90}, {}, {}});
  for (const std::string& line : lines_of(report)) EXPECT_FALSE(line.starts_with("SLOWER")) << line;
  report.latency.endpoints[2].replayed.p50_ms = 140;
  const auto lines = lines_of(report);
  const std::string& line = lines[line_with(lines, "SLOWER?  GET /search")];
  EXPECT_TRUE(line.ends_with("p50 4.5 → 140.0 ms  6 samples; replay --baseline proves it")) << line;
}

TEST(TextPage, ACrowdOfFindingsHidesNoOtherEndpoint) {
  Report report = report_with(0);
  const auto add = [&](const char* endpoint, const std::string& location, diff::Kind kind, gate::Severity severity) {
    report.summary.findings.push_back(
        finding(endpoint, location.c_str(), kind, severity, 9, {1, location, "1", "2", ""}));
  };
  for (int i = 0; i < 1000; ++i)
    add("GET /prices", "$.k" + std::to_string(i), diff::Kind::kMissing, gate::Severity::kHigh);
  add("GET /broken", "status", diff::Kind::kStatus, gate::Severity::kMedium);
  add("GET /other", "$.tags", diff::Kind::kOrder, gate::Severity::kLow);
  report.summary.findings_not_kept = 700;
  report.summary.not_kept = {{"GET /prices", "", diff::Kind::kMissing, 700}};
  const auto lines = lines_of(report);
  EXPECT_LE(lines.size(), 40U);
  EXPECT_LT(line_with(lines, "MUST FIX"), line_with(lines, "GET /broken"));
  EXPECT_LT(line_with(lines, "CHECK"), line_with(lines, "GET /other"));
  EXPECT_NE(line_with(lines, "700 of  GET /prices  missing"), 0U);
  for (const char* format : {"markdown", "html", "json", "text:full", "github"}) {
    const std::string text = write(format, report);
    EXPECT_NE(text.find("GET /broken"), std::string::npos) << format;
    EXPECT_NE(text.find("700"), std::string::npos) << format;
  }
}

TEST(TextPage, TheViewerIsNamedWhereTheDifferenceIs) {
  Report report = report_with(1);
  report.ui_command = "tracerec -d shop.db ui";
  const auto lines = lines_of(report);
  EXPECT_TRUE(lines[line_with(lines, "look   ")].ends_with("--diff  # in a browser: tracerec -d shop.db ui"));
  const auto narrow = lines_of(report, 60);
  EXPECT_EQ(narrow[line_with(narrow, "look   ") + 1], "         tracerec -d shop.db ui");
}

TEST(TextPage, ColoursChangeNoText) {
  std::string coloured = write("text", sample_report(), {.colours = true});
  for (std::size_t at; (at = coloured.find('\x1b')) != std::string::npos;)
    coloured.erase(at, coloured.find('m', at) - at + 1);
  EXPECT_EQ(coloured, write("text", sample_report()));
}

}  // namespace
}  // namespace tracerec::report
