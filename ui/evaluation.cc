#include "ui/evaluation.h"

#include <charconv>
#include <filesystem>
#include <sstream>
#include <utility>

#include "base/sha256.h"
#include "base/text.h"
#include "evaluate/rules_file.h"
#include "report/report.h"

namespace tracerec::ui {
namespace {

Result<evaluate::Plan> plan_for(const App& app, const std::string& rules_text, const std::string& against) {
  evaluate::Plan plan;
  plan.conditions = app.options.conditions;
  plan.allow_partial = app.options.allow_partial;
  plan.version = app.options.version;
  plan.today = evaluate::today();
  const auto baseline = baseline_of(against);
  if (!baseline) return baseline.error();
  plan.against = *baseline;
  if (rules_text.empty()) return plan;
  auto rules = evaluate::parse_rules_of(app.options.rules, rules_text);
  if (!rules) return rules.error();
  plan.rules = std::move(*rules);
  return plan;
}

// The run as it is: it may still be running, and be rechecked.
Result<std::string> key_of(schema::Reader& reader, const schema::Run& run, const evaluate::Plan& plan,
                           const std::string& against, const std::string& rules_text) {
  const auto rechecks = reader.rechecks_of(run.id);
  if (!rechecks) return rechecks.error();
  return "run " + std::to_string(run.id) + " ended " + std::to_string(run.ended_unix_ns) + " rechecks " +
         std::to_string(rechecks->size()) + " against " + against + " on " + plan.today + " rules " +
         size_and_sha256(rules_text);
}

Json json_of(const report::Report& report) {
  std::ostringstream text;
  report::make_json_reporter()->write(report, text);
  return Json::parse(text.str());
}

Outcome evaluate_now(App& app, const EvaluationKey& key, Progress& progress) {
  const ReaderPool::Hold hold(app.readers);
  auto evaluated = std::make_shared<Evaluated>();
  auto report = evaluate::evaluate(app.options.db, key.run, key.plan, nullptr, {&progress.watch, &evaluated->basis});
  if (!report) return report.error();
  evaluated->run = key.run;
  evaluated->plan = key.plan;
  evaluated->rules_text = key.rules_text;
  evaluated->json = json_of(*report);
  evaluated->report = std::move(*report);
  return std::shared_ptr<const void>(std::move(evaluated));
}

}  // namespace

Result<std::optional<schema::RowId>> baseline_of(const std::string& against) {
  if (against.empty()) return std::optional<schema::RowId>();
  if (against == "recorded") return std::optional<schema::RowId>(0);
  schema::RowId id = 0;
  const char* const end = against.data() + against.size();
  const auto [parsed_to, error] = std::from_chars(against.data(), end, id);
  if (error == std::errc{} && parsed_to == end && id > 0) return std::optional(id);
  return Error{"against is the id of a run or 'recorded'"};
}

Result<diff::Rules> current_rules(const App& app) {
  const auto text = evaluate::read_rules_text_if_there(app.options.rules);
  if (!text) return text.error();
  return text->empty() ? diff::Rules{} : evaluate::parse_rules_of(app.options.rules, *text);
}

Result<EvaluationKey> evaluation_key(App& app, schema::Reader& reader, schema::RowId run_id,
                                     const std::string& against) {
  const auto run = reader.run(run_id);
  if (!run) return run.error();
  if (!*run) return Error{"there is no run " + std::to_string(run_id)};
  auto text = evaluate::read_rules_text_if_there(app.options.rules);
  if (!text) return text.error();
  auto plan = plan_for(app, *text, against);
  if (!plan) return plan.error();
  auto key = key_of(reader, **run, *plan, against, *text);
  if (!key) return key.error();
  return EvaluationKey{**run, std::move(*plan), std::move(*text), std::move(*key)};
}

Result<Jobs::State> ask_evaluation(App& app, schema::Reader& reader, const EvaluationKey& key) {
  const auto counts = reader.count_responses(key.run.id);
  if (!counts) return counts.error();
  const std::uint64_t total = counts->answered + counts->failed;
  return app.jobs.ask(key.key, [&app, key, total](Progress& progress) {
    progress.total = total;
    return evaluate_now(app, key, progress);
  });
}

Result<EvaluatedRun> find_evaluated(App& app, schema::Reader& reader, schema::RowId run_id,
                                    const std::string& against) {
  const auto key = evaluation_key(app, reader, run_id, against);
  if (!key) return key.error();
  const auto outcome = app.jobs.find(key->key);
  if (outcome && *outcome) return std::static_pointer_cast<const Evaluated>(**outcome);
  return Error{"run " + std::to_string(run_id) +
               " has not been evaluated by the rules as they are: ask for its report"};
}

Result<EvaluatedRun> keep_with_approvals(App& app, schema::Reader& reader, const Evaluated& evaluated,
                                         const std::string& against, const std::string& rules_text) {
  auto rules = evaluate::parse_rules_of(app.options.rules, rules_text);
  if (!rules) return rules.error();
  auto next = std::make_shared<Evaluated>(evaluated);
  next->plan.rules.approvals = std::move(rules->approvals);
  next->rules_text = rules_text;
  auto report = evaluate::approve_again(evaluated.report, evaluated.basis, next->plan);
  if (!report) return report.error();
  next->json = json_of(*report);
  next->report = std::move(*report);
  const auto key = key_of(reader, next->run, next->plan, against, rules_text);
  if (!key) return key.error();
  app.jobs.keep(*key, next);
  return EvaluatedRun(std::move(next));
}

}  // namespace tracerec::ui
