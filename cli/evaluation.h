// From a stored run to reports and an exit code: what `replay` and `diff` share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/exit_status.h"
#include "evaluate/evaluate.h"
#include "schema/rows.h"

namespace tracerec::cli {

struct EvaluationOptions {
  std::vector<std::string> reports;  // "junit=report.xml"
  std::vector<std::string> fail_if;
  std::string rules;  // empty: kDefaultRulesFile, when there is one
  std::size_t mutations = 0;
  std::uint64_t seed = 1;
  std::string against;  // "recorded", the id of a run, or empty
  bool allow_partial = false;
};

constexpr const char* kDefaultRulesFile = "tracerec.rules.json";

void add_evaluation_options(CLI::App& command, EvaluationOptions& options);

struct ReportRequest {
  std::string format;
  std::string path;  // empty: stdout
};

// The options, understood.
struct EvaluationPlan {
  std::vector<ReportRequest> reports;
  evaluate::Plan evaluate;
  std::string rules_words;     // " --rules FILE", as a shell reads it; empty: the usual file
  std::string baseline_words;  // likewise --against
  std::string gate_words;      // and the other options that the verdict depends on
};

// What a report must not be written to: the trace files, what SQLite has beside them, and the rules file.
[[nodiscard]] std::vector<std::string> files_in_use(const std::vector<std::string>& traces,
                                                    const EvaluationOptions& options);

// Checks everything that can be wrong before any work is done. Errors name the option.
[[nodiscard]] Result<EvaluationPlan> plan_evaluation(const EvaluationOptions& options);

// Of --against: the id of a run, 0 for "recorded"; nothing when it was not given.
[[nodiscard]] Result<std::optional<schema::RowId>> parse_against(const std::string& text);

// SIGINT and SIGTERM end the program with exit code 130 and one line: what is stored stays.
void end_while_comparing(schema::RowId run);

// Evaluates the run and writes the reports; the verdict is the exit status. Errors as of evaluate::evaluate(), and an
// unwritable report.
[[nodiscard]] Result<ExitStatus> evaluate_run(const schema::TraceSource& source, const schema::Run& run,
                                              const EvaluationPlan& plan, const evaluate::Recheck* recheck = nullptr);

}  // namespace tracerec::cli
