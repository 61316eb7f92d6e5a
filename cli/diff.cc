// tracerec diff
#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/pick.h"
#include "cli/report_files.h"
#include "cli/whole_number.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

struct Options {
  schema::RowId run = 0;
  EvaluationOptions evaluation;
};

// For the case that the newest run is not the one that somebody thinks of: a replay that could not store its run has
// left an older one. The text report begins with it.
void name_run(const schema::Run& run, const std::vector<ReportRequest>& reports) {
  const bool in_text = std::any_of(reports.begin(), reports.end(), [](const ReportRequest& one) {
    return one.format.starts_with("text") && one.path.empty();
  });
  char when[32];
  if (in_text) return;
  std::fprintf(stderr, "comparing run %lld, begun %s UTC\n", static_cast<long long>(run.id),
               format_unix_ns(run.started_unix_ns, when));
}

ExitStatus evaluate_again(const Options& options, const Globals& globals) {
  auto plan = plan_evaluation(options.evaluation);
  if (!plan) return fail(plan.error());
  if (auto writable = check_report_files(plan->reports, files_in_use({globals.db}, options.evaluation)); !writable)
    return fail(writable.error());
  auto reader = schema::Reader::open(globals.source());
  if (!reader) return fail(reader.error());
  const std::vector<std::string> recordings = {(*reader)->recording_path()};  // of a file of runs, another file
  if (auto writable = check_report_files(plan->reports, files_in_use(recordings, options.evaluation)); !writable)
    return fail(writable.error());
  auto run = pick_run(**reader, options.run, globals.db);
  if (!run) return fail(run.error());
  end_while_comparing(run->id);
  if (options.run == 0) name_run(*run, plan->reports);
  auto verdict = evaluate_run(globals.source(), *run, *plan);
  return verdict ? *verdict : fail(verdict.error());
}

}  // namespace

void add_diff(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("diff", "Evaluate a stored run again; sends nothing");
  auto options = std::make_shared<Options>();
  command->add_option("--run", options->run, "Default: the newest")->type_name("ID")->check(row_id());
  add_evaluation_options(*command, options->evaluation);
  command->footer(
      "Compares each response of the run with its baseline (the recorded response, or that of the run's --baseline) "
      "and\n"
      "sets the exit code by --fail-if. Uses what replay re-sent; sends nothing.\n"
      "  tracerec diff --report junit=report.xml --fail-if 'findings.high > 0'\n"
      "  tracerec diff --rules tracerec.rules.json --report html=report.html\n"
      "  tracerec diff --mutate 500 --fail-if 'mutation.score < 0.9'    # mutation testing of the gate");
  command->callback(
      [options, &globals, &action] { action = [options, &globals] { return evaluate_again(*options, globals); }; });
}

}  // namespace tracerec::cli
