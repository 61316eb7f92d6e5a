#include "report/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace tracerec::report {
namespace {

diff::Finding finding(const char* endpoint, const char* location, diff::Kind kind, diff::Severity severity,
                      std::uint64_t exchanges, diff::Sample sample) {
  diff::Finding result;
  result.endpoint = endpoint;
  result.location = location;
  result.kind = kind;
  result.severity = severity;
  result.exchanges = result.differences = exchanges;
  result.samples.push_back(std::move(sample));
  return result;
}

Report sample_report() {
  Report report;
  report.run_id = 3;
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
  report.summary.findings = {finding("POST /customResponse", "$.answer", diff::Kind::kMissing, diff::Severity::kHigh,
                                     12, {7, "$.answer", "\"abc\"", "", ""}),
                             finding("POST /customResponse", "status", diff::Kind::kStatus, diff::Severity::kHigh, 8,
                                     {9, "status", "200", "500", ""}),
                             finding("GET /items/{id}", "$.items[*].price", diff::Kind::kValue, diff::Severity::kMedium,
                                     1, {11, "$.items[3].price", "10", "12", ""}),
                             finding("GET /items/{id}", "header:Server", diff::Kind::kAdded, diff::Severity::kLow, 1,
                                     {11, "header:Server", "", "x", ""})};
  report.summary.noise = {{"POST /customResponse", "$.answer", "value", "letters, same length", {4, 20}, 4, 16, 900},
                          {"GET /x", "$.y", "value", "integer", {1, 2}, 1, 1, 0}};
  report.verdict = {false, {"findings > 0 (findings = 4)", "failed > 0 (failed = 2)"}};
  report.skipped = {{"incomplete", 3}};
  report.ledger = {{"planned", 1205, 0}, {"sent", 1202, 0}};
  report.latency = {{"p50", 1.25, 1.5}, {"p99", 10, 12.125}};
  return report;
}

// Everything that a hostile server could put into a recording.
Report hostile_report() {
  Report report = sample_report();
  const std::string hostile =
      std::string("\x1b[31m\x1b]0;title\x07\r\n<script>&\"'>]]>\xC2\x9B\xEF\xBF\xBF\xE2\x80\xAE\xFF") + '\0' + "end";
  report.target = hostile;
  report.summary.failed_by_reason = {{hostile, 1}};
  report.summary.not_compared = {{hostile, 1}};
  report.skipped = {{hostile, 1}};
  report.ledger = {{hostile, 1, 1}};
  report.verdict.reasons = {hostile};
  report.summary.noise[0].endpoint = report.summary.noise[0].location = hostile;
  diff::Finding& finding = report.summary.findings[2];
  finding.endpoint = finding.location = hostile;
  finding.samples[0] = {1, "$" + hostile, hostile, hostile, hostile};
  return report;
}

std::string write(const char* format, const Report& report, ReporterOptions options = {}) {
  std::ostringstream out;
  const auto reporter = make_reporter(format, options);
  (*reporter)->write(report, out);
  return out.str();
}

// TRACEREC_UPDATE_GOLDEN=1 writes the files anew; look at the change before committing it.
void expect_golden(const char* file, const std::string& text) {
  const std::filesystem::path path = std::filesystem::path(TRACEREC_GOLDEN_DIR) / file;
  if (std::getenv("TRACEREC_UPDATE_GOLDEN")) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream in(path, std::ios::binary);
  EXPECT_EQ(text, std::string(std::istreambuf_iterator<char>(in), {}));
}

TEST(Report, TextIsGolden) {
  expect_golden("report.txt", write("text", sample_report()));
}
TEST(Report, JsonIsGolden) {
  expect_golden("report.json", write("json", sample_report()));
}
TEST(Report, JunitIsGolden) {
  expect_golden("report.xml", write("junit", sample_report()));
}

TEST(Report, PassedGateReadsAsPassed) {
  Report report;
  report.verdict.passed = true;
  report.summary.compared = report.summary.equal = 5;
  EXPECT_NE(write("text", report).find("gate passed\n"), std::string::npos);
  const std::string junit = write("junit", report);
  EXPECT_NE(junit.find("failures=\"0\""), std::string::npos);
  EXPECT_EQ(junit.find("<failure"), std::string::npos);
}

TEST(Report, FindingsUnderAPassedGateAreNoFailures) {
  Report report = sample_report();
  report.verdict = {true, {}};
  const std::string junit = write("junit", report);
  EXPECT_EQ(junit.find("<failure"), std::string::npos);
  EXPECT_NE(junit.find("$.items[*].price value"), std::string::npos);
}

TEST(Report, ColoursOnlyWhenAskedFor) {
  EXPECT_EQ(write("text", sample_report()).find('\x1b'), std::string::npos);
  EXPECT_NE(write("text", sample_report(), {.colours = true}).find("\x1b[1;31m"), std::string::npos);
}

TEST(Report, TextLetsNoControlCodesThrough) {
  for (const char c : write("text", hostile_report())) {
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  }
  const std::string text = write("text", hostile_report());
  EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos) << "C1 control";
  EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos) << "bidi override";
  EXPECT_NE(text.find("\\x1b[31m"), std::string::npos);
}

TEST(Report, JsonIsJsonWhateverWasRecorded) {
  EXPECT_TRUE(nlohmann::json::accept(write("json", hostile_report())));
  const auto json = nlohmann::json::parse(write("json", sample_report()));
  EXPECT_EQ(json["findings"][0]["signature"], "12ab03112323");
  EXPECT_TRUE(json["findings"][0]["samples"][0]["new"].is_null());
  EXPECT_EQ(json["verdict"]["passed"], false);
}

// The one check of well-formedness that we did not write ourselves.
TEST(Report, JunitIsWellFormedXml) {
  if (std::system("command -v xmllint >/dev/null 2>&1") != 0) GTEST_SKIP() << "no xmllint (libxml2-utils)";
  const auto path = std::filesystem::temp_directory_path() / ("tracerec-junit-" + std::to_string(::getpid()) + ".xml");
  for (const Report& report : {sample_report(), hostile_report()}) {
    std::ofstream(path, std::ios::binary) << write("junit", report);
    EXPECT_EQ(std::system(("xmllint --noout " + path.string()).c_str()), 0);
  }
  std::filesystem::remove(path);
}

TEST(Report, JunitEscapesMarkup) {
  const std::string junit = write("junit", hostile_report());
  EXPECT_EQ(junit.find("<script>"), std::string::npos);
  EXPECT_EQ(junit.find("]]>"), std::string::npos);
  EXPECT_EQ(junit.find("\xEF\xBF\xBF"), std::string::npos) << "U+FFFF is no XML character";
}

TEST(Report, UnknownFormatIsNamed) {
  const auto reporter = make_reporter("yaml");
  ASSERT_FALSE(reporter);
  EXPECT_EQ(reporter.error().message, "no report format 'yaml'; there are text, json and junit");
}

}  // namespace
}  // namespace tracerec::report
