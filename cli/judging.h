// From a stored run to reports and an exit code: what `replay` and `diff` share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/exit_status.h"
#include "diff/rules.h"
#include "gate/gate.h"
#include "schema/rows.h"

namespace tracerec::cli {

struct JudgingOptions {
  std::vector<std::string> reports;  // "junit=report.xml"
  std::vector<std::string> fail_if;
  std::string rules;  // empty: kDefaultRulesFile, when there is one
  std::size_t mutations = 0;
  std::uint64_t seed = 1;
  std::string against;  // "recorded", the id of a run, or empty
};

constexpr const char* kDefaultRulesFile = "tracerec.rules.json";

void add_judging_options(CLI::App& command, JudgingOptions& options);

struct ReportRequest {
  std::string format;
  std::string path;  // empty: stdout
};

// The options, understood.
struct JudgingPlan {
  std::vector<ReportRequest> reports;
  std::vector<gate::Condition> conditions;
  diff::Rules rules;
  std::size_t mutations = 0;  // how many recorded responses are mutated, to see whether the gate notices
  std::uint64_t seed = 1;
  // Another run whose responses are the baseline; 0: the recording. Nothing: the run's baseline, where it has one.
  std::optional<schema::RowId> against;
};

// How exchanges that differ are sent again, to learn what varies by itself.
struct Rechecking {
  bool writes_too = false;  // not only methods that change nothing
  // Sends these. True: there is more evidence now.
  std::function<Result<bool>(const std::vector<schema::RowId>&)> send;
};

// The whole file. Error: it cannot be read, or is longer than any rules file.
[[nodiscard]] Result<std::string> read_rules_text(const std::string& path);

// "2027-01-31", UTC: approvals expire by it.
[[nodiscard]] std::string today();

// Checks everything that can be wrong before any work is done. Errors name the option.
[[nodiscard]] Result<JudgingPlan> plan_judging(const JudgingOptions& options);

// Slowdowns are proven against another run only. Error: the gate asks for them and there will be none.
[[nodiscard]] Result<void> check_slowdowns(const JudgingPlan& plan, bool against_run);

// Judges the run, writes the reports, and says how the gate decided. When something differs and `rechecking` is given,
// it is judged again with the evidence. Errors: unreadable file, unwritable report.
[[nodiscard]] Result<ExitStatus> judge_run(const std::string& db, const schema::Run& run, const JudgingPlan& plan,
                                           const Rechecking* rechecking = nullptr);

}  // namespace tracerec::cli
