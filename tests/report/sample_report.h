// Reports for the tests of report/: one of everything, and one of what a hostile server could put into a recording.
#pragma once

#include <sstream>
#include <string>
#include <utility>

#include "report/report.h"

namespace tracerec::report::testing {

inline gate::Finding finding(const char* endpoint, const char* location, diff::Kind kind, gate::Severity severity,
                             std::uint64_t exchanges, gate::Sample sample) {
  gate::Finding result;
  result.endpoint = endpoint;
  result.location = location;
  result.kind = kind;
  result.severity = severity;
  result.exchanges = result.differences = exchanges;
  result.samples.push_back(std::move(sample));
  return result;
}

inline Report sample_report() {
  Report report;
  report.run_id = 3;
  report.run_started_unix_ns = 1'700'000'000'123'456'789;
  report.recording_id = 1;
  report.target = "http://127.0.0.1:8081";
  report.version = "0.1.0";
  report.summary.compared = 1200;
  report.summary.equal = 1180;
  report.summary.equal_noisy = 900;
  report.summary.different = 20;
  report.summary.status_changes = 8;
  report.summary.failed = 2;
  report.summary.failed_by_reason = {{"timeout", 2}};
  report.summary.not_compared = {{"volatile_header", 1200}};
  report.summary.findings = {finding("POST /customResponse", "$.answer", diff::Kind::kMissing, gate::Severity::kHigh,
                                     12, {7, "$.answer", "\"abc\"", "", ""}),
                             finding("POST /customResponse", "status", diff::Kind::kStatus, gate::Severity::kHigh, 8,
                                     {9, "status", "200", "500", ""}),
                             finding("GET /items/{id}", "$.items[*].price", diff::Kind::kValue, gate::Severity::kMedium,
                                     1, {11, "$.items[3].price", "10", "12", ""}),
                             finding("GET /items/{id}", "header:Server", diff::Kind::kAdded, gate::Severity::kLow, 1,
                                     {11, "header:Server", "", "x", ""})};
  report.summary.noise = {
      {"POST /customResponse", "$.answer", "value", "letters, same length", {4, 20}, 4, 16, {0.51, 1}, 900},
      {"GET /x", "$.y", "value", "integer", {1, 2}, 1, 1, {0.2, 1}, 0}};
  report.summary.state = {{"GET /orders", "$.total", "value", "integer", {1, 2}, 1, 1, {0.2, 1}, 0}};
  report.summary.generated = {{"POST /orders", "$.created_at", "value", "", {}, 0, 0, {}, 40}};
  report.summary.failures = {{21, "GET", "/slow?a=1", "timeout"}};
  report.summary.limits = {{"findings", 17}};
  report.summary.findings_not_kept = 17;
  report.summary.not_kept = {{"GET /prices", "", diff::Kind::kMissing, 12}, {"", "price", diff::Kind::kType, 4}};
  report.summary.findings[1].status_classes = "2xx-5xx";
  report.verdict = {false, {"findings > 0 (findings = 4)", "failed > 0 (failed = 2)"}};
  report.skipped = {{"incomplete", 3}};
  report.ledger = {{"planned", 1205, 0}, {"sent", 1202, 0}};
  report.against_run = 6;
  report.latency.proves = true;
  report.latency.total = {"all", {1200, 1.25, 5, 10, 30}, {1200, 1.5, 6, 11, 31}, {1200, 1.75, 7, 12.125, 32}, {}, {}};
  report.latency.intended = {"from intended", {}, {1200, 2, 8, 13, 33}, {1200, 2.5, 9, 14, 34}, {}, {}};
  report.latency.endpoints = {{"POST /customResponse",
                               {200, 1, 2, 3, 4},
                               {200, 1.5, 2.5, 3.5, 4.5},
                               {200, 3, 4, 5, 6},
                               {0.5, {0.4, 0.6}, 2, 1e-9},
                               gate::Change::kSlower}};
  report.endpoints = {{"GET /items/{id}", 2, 1'500'000},
                      {"GET /quiet", 980, 900'000'000},
                      {"POST /customResponse", 200, 2'500'000'000}};
  report.elapsed_ns = 4'200'000'000;
  report.rechecked = {12, 11};
  report.baseline = Baseline{6, "http://old:8080", 1200, {{"timeout", 2}}};
  report.curl = {{7, "curl -sS -i -X $'POST' 'http://127.0.0.1:8081/customResponse'"}};
  report.summary.findings[1].dependents = 1;
  report.summary.dependent = {finding("GET /customResponse/{id}", "status", diff::Kind::kStatus, gate::Severity::kHigh,
                                      5, {12, "status", "200", "404", ""})};
  report.summary.dependent.push_back(finding("GET /orders/{id}", "status", diff::Kind::kStatus, gate::Severity::kHigh,
                                             1, {14, "status", "200", "404", ""}));
  report.summary.dependent[1].dependent_exchanges = 1;
  report.summary.dependent[1].cause = "exchange 4";
  report.summary.findings[1].unsent = 3;
  report.unresolved = {{4, "body /id", "failed (timeout)", 2},
                       {9, "body /token", "was answered with 500 without it", 3}};
  report.summary.dependent[0].dependent_exchanges = 5;
  report.summary.dependent[0].cause = report.summary.findings[1].signature();
  report.summary.approved = {
      finding("GET /v", "$.version", diff::Kind::kValue, gate::Severity::kMedium, 2, {13, "$.version", "1", "2", ""})};
  report.summary.approved[0].approval = "new version (anna)";
  report.summary.rules = {{"rules[0] (line 3)",
                           "*",
                           "$.a",
                           5,
                           2,
                           1,
                           {"GET /x $.a.b"},
                           "too broad: 1 of the 2 locations that it covers never varied"}};
  report.summary.approvals = {
      {{"000000000000", "r", "", "", {}, "approvals[0] (line 9)"}, 0, "unused: the difference is gone; remove it"}};
  report.summary.coverage = {80, 60, 14, 4, 2, 1};
  gate::MutationResult mutation;
  mutation.seed = 1, mutation.tried = 10, mutation.killed = 9;
  mutation.tried_of = {2, 2, 2, 2, 2}, mutation.killed_of = {2, 2, 1, 2, 2};
  mutation.survivors = {{"GET /x", "$.y", gate::MutationKind::kChangeValue, 1}};
  report.mutation = mutation;
  return report;
}

// Everything that a hostile server could put into a recording.
inline Report hostile_report() {
  Report report = sample_report();
  const std::string hostile =
      std::string("\x1b[31m\x1b]0;title\x07\r\n<script>&\"'>]]>\xC2\x9B\xEF\xBF\xBF\xE2\x80\xAE\xFF") + '\0' + "end";
  report.target = hostile;
  report.summary.failed_by_reason = {{hostile, 1}};
  report.summary.not_compared = {{hostile, 1}};
  report.skipped = {{hostile, 1}};
  report.ledger = {{hostile, 1, 1}};
  report.verdict.reasons = {hostile, hostile};
  report.summary.noise[0].endpoint = report.summary.noise[0].location = hostile;
  report.summary.noise[0].kinds = report.summary.noise[0].shape = hostile;
  report.summary.state[0].endpoint = report.summary.generated[0].location = hostile;
  report.summary.failures[0].target = report.summary.failures[0].reason = hostile;
  report.curl[1] = hostile;
  report.summary.rules[0].path = report.summary.rules[0].problem = report.summary.approvals[0].approval.signature =
      hostile;
  report.summary.rules[0].quiet_examples = {hostile};
  report.summary.approved[0].approval = report.summary.approved[0].endpoint = hostile;
  report.summary.dependent[0].location = report.summary.dependent[1].endpoint = hostile;
  report.summary.not_kept[0].endpoint = report.summary.not_kept[1].name = hostile;
  report.summary.approvals[0].approval.reason = report.summary.approvals[0].approval.owner = hostile;
  report.unresolved[0].location = report.unresolved[0].outcome = hostile;
  report.mutation->survivors[0].endpoint = hostile;
  report.latency.endpoints[0].name = report.endpoints[1].name = hostile;
  gate::Finding& finding = report.summary.findings[2];
  finding.endpoint = finding.location = hostile;
  finding.samples[0] = {1, "$" + hostile, hostile, hostile, hostile};
  return report;
}

inline std::string write(const char* format, const Report& report, ReporterOptions options = {}) {
  std::ostringstream out;
  const auto reporter = make_reporter(format, options);
  (*reporter)->write(report, out);
  return out.str();
}

}  // namespace tracerec::report::testing
