// Evaluations of runs, made by jobs and kept.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "evaluate/evaluate.h"
#include "ui/app.h"

namespace tracerec::ui {

// An evaluated run: what the pages about it show.
struct Evaluated {
  schema::Run run;
  evaluate::Plan plan;
  std::string rules_text;  // that the plan was made from
  report::Report report;
  evaluate::Basis basis;
  Json json;  // of `report`: docs/report.schema.json
};
using EvaluatedRun = std::shared_ptr<const Evaluated>;

// "recorded" is 0; empty: the run's own baseline. Error: it is neither that nor the id of a run.
[[nodiscard]] Result<std::optional<schema::RowId>> baseline_of(const std::string& against);

// The rules file as it is; none: no rules. Error: it is no rules file.
[[nodiscard]] Result<diff::Rules> current_rules(const App& app);

// What an evaluation is known by: the run as it is now, its baseline, and the rules as they are now.
struct EvaluationKey {
  schema::Run run;
  evaluate::Plan plan;
  std::string rules_text;
  std::string key;
};

// `against`: as for the command diff; empty: the run's own baseline. Error: there is no such run, or the rules file
// cannot be read.
[[nodiscard]] Result<EvaluationKey> evaluation_key(App& app, schema::Reader& reader, schema::RowId run_id,
                                                   const std::string& against);

// Begins it, or says how far it is.
[[nodiscard]] Result<Jobs::State> ask_evaluation(App& app, schema::Reader& reader, const EvaluationKey& key);

// The one that is there. Error: there is none for the run and the rules as they are; ask for the report first.
[[nodiscard]] Result<EvaluatedRun> find_evaluated(App& app, schema::Reader& reader, schema::RowId run_id,
                                                  const std::string& against);

// Keeps `evaluated` with its approvals taken from `rules_text`, all else as it was evaluated. Error: they cannot be
// read.
[[nodiscard]] Result<EvaluatedRun> keep_with_approvals(App& app, schema::Reader& reader, const Evaluated& evaluated,
                                                       const std::string& against, const std::string& rules_text);

}  // namespace tracerec::ui
