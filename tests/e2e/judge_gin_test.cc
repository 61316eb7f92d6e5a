// Rules, approvals, reports and mutation with the real binary over a real recording.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "harness.h"

namespace tracerec::e2e {
namespace {

using nlohmann::json;

class JudgeGin : public KernelTest {
 protected:
  // A recording with duplicates, replayed against a server that renames a field.
  void record_and_replay() {
    const GinServer production;
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    RawClient client(production.port());
    for (const std::size_t size : {20U, 100U, 100U, 100U, 20U, 20U}) {
      client.send(custom_request(size));
      ASSERT_FALSE(client.read_response().empty());
    }
    stop_recording(*recorder);
    const GinServer staging({"-rename-above", "50"});
    EXPECT_EQ(tracerec({"-d", db(), "replay", "--target", staging.address(), "--speed", "max"}).exit_code, 1);
  }
  std::string rules() { return folder() + "/rules.json"; }
  Outcome judge(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"-d", db(), "diff", "--report", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return tracerec(arguments);
  }
};

TEST_F(JudgeGin, ApprovedFindingsPassAndTheFileKeepsItsComments) {
  record_and_replay();
  std::ofstream(rules()) << "{\n  // ours\n  \"rules\": []\n}\n";
  const Outcome before = judge({"--rules", rules()});
  EXPECT_EQ(before.exit_code, 1);
  std::vector<std::string> approve{"-d", db(), "approve", "--reason", "renamed in v2", "--rules", rules()};
  const std::size_t options = approve.size();
  const json report = json::parse(before.out);
  for (const json& finding : report.at("findings")) approve.push_back(finding.at("signature"));
  ASSERT_GT(approve.size(), options);
  EXPECT_EQ(tracerec(approve).exit_code, 0);
  const Outcome after = judge({"--rules", rules()});
  EXPECT_EQ(after.exit_code, 0) << after.out << after.err;
  EXPECT_EQ(json::parse(after.out).at("approved").size(), approve.size() - options);
  std::ifstream file(rules());
  EXPECT_NE(std::string(std::istreambuf_iterator<char>(file), {}).find("// ours"), std::string::npos);
}

// A renamed field is several findings; whoever reads the rules file later must see what was accepted.
TEST_F(JudgeGin, OneSignatureApprovesAllThatHasItsCauseAndTheFileSaysWhat) {
  record_and_replay();
  const json report = json::parse(judge().out);
  const json& group = report.at("groups").at(0);
  ASSERT_GT(group.at("findings").size(), 1U) << report.at("groups");
  const std::string signature = group.at("findings").at(0);
  const Outcome pasted = tracerec({"-d", db(), "approve", signature, "--reason", "…", "--rules", rules()});
  EXPECT_EQ(pasted.exit_code, 2) << "as the report has it, without a reason";
  EXPECT_EQ(tracerec({"-d", db(), "approve", signature, "--group", "--reason", "v2", "--rules", rules()}).exit_code, 0);
  std::ifstream file(rules());
  const json approvals = json::parse(file).at("approvals");
  ASSERT_EQ(approvals.size(), group.at("findings").size());
  EXPECT_NE(approvals[0].at("finding").get<std::string>().find("POST /customResponse "), std::string::npos)
      << approvals;
  EXPECT_NE(approvals[0].at("finding").get<std::string>().find(" → "), std::string::npos) << approvals;
  const json after = json::parse(judge({"--rules", rules()}).out);
  EXPECT_EQ(after.at("approved").size(), approvals.size());
  EXPECT_EQ(after.at("groups").size() + 1, report.at("groups").size());
}

TEST_F(JudgeGin, WhatNoReportNamedIsNotApproved) {
  record_and_replay();
  const std::vector<std::string> unknown{"approve", "0123456789ab", "--reason", "x", "--rules", rules()};
  const auto approve = [&](const std::string& file, const std::string& option) {
    std::vector<std::string> arguments{"-d", file};
    arguments.insert(arguments.end(), unknown.begin(), unknown.end());
    if (!option.empty()) arguments.push_back(option);
    return tracerec(arguments);
  };
  const Outcome refused = approve(db(), "");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("has no finding 0123456789ab"), std::string::npos) << refused.err;
  EXPECT_EQ(approve(folder() + "/nothing.db", "").exit_code, 2);
  EXPECT_FALSE(std::ifstream(rules()).good()) << "nothing was written";
  EXPECT_EQ(approve(folder() + "/nothing.db", "--unchecked").exit_code, 0);
}

TEST_F(JudgeGin, AWrongRulesFileIsExitCodeTwoWithItsPlace) {
  record_and_replay();
  std::ofstream(rules()) << "{\n  \"rules\": [ { \"path\": \"$.a\" } ]\n}\n";
  const Outcome outcome = judge({"--rules", rules()});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("rules.json: line 2, column 14: this rule has no effect"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(tracerec({"-d", db(), "approve", "nonsense", "--reason", "x"}).exit_code, 2);
  EXPECT_EQ(judge({"--rules", folder() + "/nothing.json"}).exit_code, 2);
}

TEST_F(JudgeGin, MutationProvesTheGateAndRulesWeakenIt) {
  record_and_replay();
  const Outcome strict = judge({"--mutate", "100", "--fail-if", "mutation.caught < 0.6"});
  EXPECT_EQ(strict.exit_code, 0) << strict.out << strict.err;
  std::ofstream(rules()) << R"({"rules": [{"path": "$", "ignore": true}]})";
  const Outcome loose = judge({"--rules", rules(), "--mutate", "100", "--fail-if", "mutation.caught < 0.6"});
  EXPECT_EQ(loose.exit_code, 1) << loose.out << loose.err;
  EXPECT_FALSE(json::parse(loose.out).at("mutation").at("survivors").empty());
}

TEST_F(JudgeGin, ARunIsJudgedAgainstAnotherRun) {
  record_and_replay();
  EXPECT_EQ(judge({"--against", "1"}).exit_code, 2) << "a run cannot be its own baseline";
  EXPECT_EQ(judge({"--against", "99"}).exit_code, 2);
}

TEST_F(JudgeGin, EveryFormatIsWritten) {
  record_and_replay();
  std::vector<std::string> arguments{"-d", db(), "diff"};
  for (const char* format : {"text", "text:full", "json", "junit", "html", "markdown", "github"}) {
    arguments.push_back("--report");
    arguments.push_back(std::string(format) + "=" + folder() + "/report." + format);
  }
  EXPECT_EQ(tracerec(arguments).exit_code, 1);
  for (const char* format : {"text:full", "html", "markdown", "json", "junit"}) {
    EXPECT_EQ(run({"grep", "-q", "curl -sS", folder() + "/report." + format}).exit_code, 0) << format;
  }
  EXPECT_EQ(run({"grep", "-q", "^re-send  tracerec .*--as curl | sh$", folder() + "/report.text"}).exit_code, 0);
  EXPECT_EQ(run({"grep", "-q", "^::error", folder() + "/report.github"}).exit_code, 0);
}

}  // namespace
}  // namespace tracerec::e2e
