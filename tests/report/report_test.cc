#include "report/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "report/changed_part.h"
#include "tests/report/sample_report.h"

namespace tracerec::report {
namespace {

using testing::hostile_report;
using testing::sample_report;
using testing::write;

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
TEST(Report, FullTextIsGolden) {
  expect_golden("report.full.txt", write("text:full", sample_report()));
}
TEST(Report, JsonIsGolden) {
  expect_golden("report.json", write("json", sample_report()));
}
TEST(Report, JunitIsGolden) {
  expect_golden("report.xml", write("junit", sample_report()));
}

TEST(Report, HtmlIsGolden) {
  expect_golden("report.html", write("html", sample_report()));
}
TEST(Report, MarkdownIsGolden) {
  expect_golden("report.md", write("markdown", sample_report()));
}
TEST(Report, GithubIsGolden) {
  expect_golden("report.github", write("github", sample_report()));
}

TEST(Report, PassedGateReadsAsPassed) {
  Report report;
  report.verdict.passed = true;
  report.summary.compared = report.summary.equal = 5;
  EXPECT_TRUE(write("text", report).starts_with("PASSED  "));
  EXPECT_NE(write("text:full", report).find("gate passed\n"), std::string::npos);
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

// A CI system that shows JUnit alone must not hide what was folded.
TEST(Report, JunitNamesDependentFindingsUnderTheirCause) {
  const std::string junit = write("junit", sample_report());
  const auto case_of = [&](const char* name) {
    const std::size_t begin = junit.find(name);
    return junit.substr(begin, junit.find("</testcase>", begin) - begin);
  };
  EXPECT_NE(case_of("\"status status 2xx-5xx\"").find("GET /customResponse/{id} status status in 5 exchanges"),
            std::string::npos);
  EXPECT_NE(case_of("\"status status 2xx-5xx\"").find("3 exchanges were not sent because of it"), std::string::npos);
  const std::string sends = case_of("tracerec.sends");
  EXPECT_NE(sends.find("exchange 4 failed (timeout): 2 exchanges that need its `body /id` were not sent"),
            std::string::npos);
  EXPECT_NE(sends.find("  GET /orders/{id} status status in 1 exchange\n"), std::string::npos);
}

std::string attribute_of(const std::string& junit, const char* element, const std::string& name) {
  const std::size_t at = junit.find(" " + name + "=\"", junit.find(element)) + name.size() + 3;
  return junit.substr(at, junit.find('"', at) - at);
}

TEST(Report, JunitHasACaseForEachEndpointAndItsTime) {
  const std::string junit = write("junit", sample_report());
  EXPECT_EQ(attribute_of(junit, "<testsuite ", "time"), "4.200");
  EXPECT_EQ(attribute_of(junit, "classname=\"GET /quiet\" name=\"no findings\"", "time"), "0.900");
  EXPECT_EQ(attribute_of(junit, "classname=\"POST /customResponse\" name=\"$.answer missing\"", "time"), "2.500");
  EXPECT_EQ(attribute_of(junit, "classname=\"POST /customResponse\" name=\"status status 2xx-5xx\"", "time"), "0.000")
      << "no time is counted twice";
}

// One defect is one failure.
TEST(Report, JunitCountsTheGateOnlyForWhatNoOtherCaseSays) {
  Report report = sample_report();
  EXPECT_EQ(attribute_of(write("junit", report), "<testsuite ", "failures"), "5");
  report.verdict.reasons.push_back("run 3 was interrupted");
  EXPECT_EQ(attribute_of(write("junit", report), "<testsuite ", "failures"), "6");
  EXPECT_NE(write("junit", report).find("run 3 was interrupted\" type=\"gate\""), std::string::npos);
  Report nothing;
  nothing.verdict = {false, {"findings == 0 (findings = 0)"}};
  EXPECT_EQ(attribute_of(write("junit", nothing), "<testsuite ", "failures"), "1")
      << "never green when the gate is red";
}

TEST(Report, JunitListsAreBounded) {
  Report report = sample_report();
  report.unresolved.resize(1000, report.unresolved[0]);
  const std::string junit = write("junit", report);
  EXPECT_NE(junit.find("and 950 more of these"), std::string::npos);
  EXPECT_LT(junit.size(), 20000U);
}

TEST(Report, ColoursOnlyWhenAskedFor) {
  EXPECT_EQ(write("text", sample_report()).find('\x1b'), std::string::npos);
  EXPECT_NE(write("text", sample_report(), {.colours = true}).find("\x1b[1;31m"), std::string::npos);
}

TEST(Report, TextLetsNoControlCodesThrough) {
  for (const char* format : {"text", "text:full"}) {
    const std::string text = write(format, hostile_report());
    for (const char c : text) {
      EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
    }
    EXPECT_EQ(text.find("\xC2\x9B"), std::string::npos) << "C1 control";
    EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos) << "bidi override";
    EXPECT_NE(text.find("\\x1b[31m"), std::string::npos);
  }
}

TEST(Report, JsonHasEveryFindingInOneGroup) {
  const auto json = nlohmann::json::parse(write("json", sample_report()));
  std::vector<std::string> grouped, all;
  for (const auto& group : json["groups"])
    for (const auto& signature : group["findings"]) grouped.push_back(signature);
  for (const auto& finding : json["findings"]) all.push_back(finding["signature"]);
  std::sort(grouped.begin(), grouped.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(grouped, all);
}

TEST(Report, JsonIsJsonWhateverWasRecorded) {
  const std::string hostile = write("json", hostile_report());
  EXPECT_TRUE(nlohmann::json::accept(hostile));
  EXPECT_EQ(hostile.find("\xEF\xBF\xBD"), std::string::npos) << "which byte it was is said";
  EXPECT_NE(hostile.find("\\\\xff"), std::string::npos);
  EXPECT_EQ(hostile.find("\xE2\x80\xAE"), std::string::npos) << "bidi override";
  EXPECT_EQ(hostile.find("\\u001b"), std::string::npos);
  const auto json = nlohmann::json::parse(write("json", sample_report()));
  EXPECT_EQ(json["findings"][0]["signature"], "12ab03112323");
  EXPECT_TRUE(json["findings"][0]["samples"][0]["candidate"].is_null());
  EXPECT_EQ(json["verdict"]["passed"], false);
}

// TRACEREC_JUNIT_XSD names schemas that others wrote, with colons between them: none is part of the repository.
std::vector<std::string> junit_schemas() {
  std::vector<std::string> schemas{std::string(TRACEREC_SOURCE_DIR) + "/tests/report/junit.xsd"};
  const char* others = std::getenv("TRACEREC_JUNIT_XSD");
  std::stringstream list(others == nullptr ? "" : others);
  for (std::string one; std::getline(list, one, ':');) schemas.push_back(one);
  return schemas;
}

TEST(Report, JunitIsWhatItsSchemasSay) {
  const bool installed = std::system("command -v xmllint >/dev/null 2>&1") == 0;
  ASSERT_TRUE(installed || std::getenv("CI") == nullptr) << "no xmllint (libxml2-utils): scripts/packages.sh names it";
  if (!installed) GTEST_SKIP() << "no xmllint (libxml2-utils)";
  const auto path = std::filesystem::temp_directory_path() / ("tracerec-junit-" + std::to_string(::getpid()) + ".xml");
  Report passed = sample_report();
  passed.verdict = {true, {}};
  for (const Report& report : {sample_report(), hostile_report(), passed}) {
    std::ofstream(path, std::ios::binary) << write("junit", report);
    for (const std::string& schema : junit_schemas()) {
      EXPECT_EQ(std::system(("xmllint --noout --schema " + schema + " " + path.string() + " 2>&1").c_str()), 0)
          << schema;
    }
  }
  std::filesystem::remove(path);
}

TEST(Report, JunitEscapesMarkup) {
  const std::string junit = write("junit", hostile_report());
  EXPECT_EQ(junit.find("<script>"), std::string::npos);
  EXPECT_EQ(junit.find("]]>"), std::string::npos);
  EXPECT_EQ(junit.find("\xEF\xBF\xBF"), std::string::npos) << "U+FFFF is no XML character";
}

// Elements and attributes come from us alone: without texts, the hostile report has the same tags as the plain one.
std::string tags_of(const std::string& html) {
  std::string tags;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    tags += html.substr(at, html.find_first_of(" >", at) - at) + ">";
  }
  return tags;
}

TEST(Report, HtmlEscapesEverything) {
  const std::string html = write("html", hostile_report());
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find('\x1b'), std::string::npos);
  EXPECT_EQ(tags_of(html), tags_of(write("html", sample_report())));
  for (const char* outside : {"http-equiv=\"refresh", "<iframe", "<img", "src=", "@import", "url("}) {
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
  }
}

TEST(Report, HtmlSaysAbsentAndHasTheCommandToApprove) {
  const std::string html = write("html", sample_report());
  EXPECT_NE(
      html.find("<td class=\"mono\"><del>&quot;abc&quot;</del></td><td class=\"mono\"><em class=\"soft\">absent</em>"),
      std::string::npos);
  EXPECT_NE(html.find("<em class=\"soft\">absent</em></td><td class=\"mono\"><ins>x</ins>"), std::string::npos);
  EXPECT_NE(html.find("<td class=\"mono\">1<del>0</del></td><td class=\"mono\">1<ins>2</ins></td>"), std::string::npos);
  EXPECT_NE(html.find("<pre class=\"command\">tracerec approve 12ab03112323 --run 3 --reason"), std::string::npos);
  EXPECT_NE(html.find("<a href=\"#cause-2\">"), std::string::npos);
}

TEST(ChangedPart, IsCutBetweenCharacters) {
  const ChangedPart part = changed_part("aä–x", "aö—x");
  EXPECT_EQ(part.begin, "a");
  EXPECT_EQ(part.old_part, "ä–");
  EXPECT_EQ(part.new_part, "ö—");
  EXPECT_EQ(part.end, "x");
  EXPECT_EQ(changed_part("aa", "aaa").new_part, "a");
  EXPECT_EQ(changed_part("", "x").new_part, "x");
  EXPECT_EQ(changed_part("same", "same").begin, "same");
}

// No console error and no request, in a browser: the policy of the page would make each of them one.
TEST(Report, HtmlIsShownByChromium) {
  const bool installed = std::system("command -v chromium >/dev/null 2>&1") == 0;
  ASSERT_TRUE(installed || std::getenv("CI") == nullptr) << "no chromium: scripts/packages.sh names it";
  if (!installed) GTEST_SKIP() << "no chromium";
  const auto folder = std::filesystem::temp_directory_path() / ("tracerec-html-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "report.html", std::ios::binary) << write("html", hostile_report());
  const std::string command = "cd " + folder.string() +
                              " && timeout 90 chromium --headless --no-sandbox --disable-gpu --enable-logging=stderr "
                              "--user-data-dir=profile --dump-dom report.html >dom 2>log";
  const int status = std::system(command.c_str());
  std::ifstream dom(folder / "dom"), log(folder / "log");
  const std::string shown(std::istreambuf_iterator<char>(dom), {});
  const std::string messages(std::istreambuf_iterator<char>(log), {});
  EXPECT_EQ(status, 0) << messages;
  EXPECT_NE(shown.find("Gate failed"), std::string::npos);
  EXPECT_EQ(messages.find("CONSOLE"), std::string::npos) << messages;
  std::filesystem::remove_all(folder);
}

TEST(Report, MarkdownShowsSlowdownsWithoutAClick) {
  const std::string text = write("markdown", sample_report());
  const std::size_t at = text.find("- `POST /customResponse`: p50 1.5 → 3.0 ms");
  ASSERT_NE(at, std::string::npos) << text;
  const auto count = [&](const char* tag) {
    std::size_t found = 0;
    for (std::size_t i = text.find(tag); i < at; i = text.find(tag, i + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<details>"), count("</details>")) << "not inside";
}

// GitHub does not break code in a table: what is longer makes the table scroll.
TEST(Report, MarkdownTablesHaveNoLongWords) {
  Report report = sample_report();
  report.summary.findings[2].samples[0].recorded = std::string(180, 'x');
  report.summary.findings[2].location = "$." + std::string(300, 'y');
  std::istringstream lines(write("markdown", report));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| high") && !line.starts_with("| medium")) continue;
    std::size_t longest = 0, run = 0;
    for (const char c : line) longest = std::max(longest, run = c == '`' || c == ' ' ? 0 : run + 1);
    EXPECT_LE(longest, 100U) << line;
  }
}

TEST(Report, MarkdownKeepsBackticks) {
  Report report = sample_report();
  report.summary.findings = {report.summary.findings[2]};
  report.summary.findings[0].samples[0].recorded = "a``b`c|d";
  report.summary.findings[0].samples[0].replayed = "`";
  const std::string text = write("markdown", report);
  EXPECT_NE(text.find("```a``b`c\\|d``` → `` ` ``"), std::string::npos) << text;
}

// A pair of backslashes before a | would end the cell.
TEST(Report, MarkdownKeepsBackslashesInTheirCell) {
  Report report = sample_report();
  report.summary.findings = {report.summary.findings[2]};
  report.summary.findings[0].samples[0].recorded = R"(a\|b|c)";
  report.summary.findings[0].samples[0].replayed = R"(\\|)";
  const std::string text = write("markdown", report);
  EXPECT_NE(text.find(R"(`a\\\|b\|c` → `\\\|`)"), std::string::npos) << text;
}

TEST(Report, MarkdownIsBoundedAndHarmless) {
  Report report = hostile_report();
  for (int i = 0; i < 5000; ++i) {
    report.summary.findings.push_back(report.summary.findings[2]);
    report.summary.findings.back().location += std::to_string(i);
    report.summary.rules.push_back(report.summary.rules[0]);
  }
  const std::string text = write("markdown", report);
  EXPECT_LT(text.size(), 65536U);
  EXPECT_NE(text.find("more findings are not shown here"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  for (std::size_t at = text.find("<script"); at != std::string::npos; at = text.find("<script", at + 1)) {
    const std::size_t line = text.rfind('\n', at) + 1;
    EXPECT_EQ(std::count(text.begin() + static_cast<std::ptrdiff_t>(line),
                         text.begin() + static_cast<std::ptrdiff_t>(at), '`') %
                  2,
              1)
        << "only inside code: " << text.substr(line, 200);
  }
}

TEST(Report, GithubCommandsAreOneLineEach) {
  std::istringstream lines(write("github", hostile_report()));
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(line.starts_with("::")) << line;
}

// GitHub shows ten of a kind: a renamed field must not take them all.
TEST(Report, GithubHasOneAnnotationForACause) {
  Report report;
  report.verdict = {false, {"findings > 0"}};
  for (const char* endpoint : {"GET /a", "GET /b"}) {
    report.summary.findings.push_back(testing::finding(endpoint, "$.old", diff::Kind::kMissing, gate::Severity::kHigh,
                                                       2, {7, "$.old", "\"cleo\"", "", ""}));
    report.summary.findings.push_back(testing::finding(endpoint, "$.new", diff::Kind::kAdded, gate::Severity::kMedium,
                                                       2, {7, "$.new", "", "\"cleo\"", ""}));
  }
  const std::string text = write("github", report);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2) << text;
  EXPECT_NE(text.find("::error title=several endpoints::old → new  renamed in 4 responses, 2 endpoints"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(" and 3 more\n"), std::string::npos) << text;
}

// By a validator that others wrote.
TEST(Report, JsonFollowsItsSchema) {
  const bool installed = std::system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null") == 0;
  ASSERT_TRUE(installed || std::getenv("CI") == nullptr) << "no python3-jsonschema: scripts/packages.sh names it";
  if (!installed) GTEST_SKIP() << "no python3-jsonschema";
  const auto path = std::filesystem::temp_directory_path() / ("tracerec-json-" + std::to_string(::getpid()) + ".json");
  const std::string check =
      "/usr/bin/python3 -c 'import json,sys,jsonschema; jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))"
      ".validate(json.load(open(sys.argv[2])))' ";
  for (const Report& report : {sample_report(), hostile_report(), Report{}}) {
    std::ofstream(path, std::ios::binary) << write("json", report);
    EXPECT_EQ(
        std::system((check + TRACEREC_SOURCE_DIR + "/docs/report.schema.json " + path.string() + " 2>&1").c_str()), 0);
  }
  std::filesystem::remove(path);
}

TEST(Report, UnknownFormatIsNamed) {
  const auto reporter = make_reporter("yaml");
  ASSERT_FALSE(reporter);
  EXPECT_EQ(reporter.error().message,
            "no report format 'yaml'; there are text, text:full, json, junit, html, markdown, github");
}

}  // namespace
}  // namespace tracerec::report
