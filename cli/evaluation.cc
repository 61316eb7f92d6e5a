#include "cli/evaluation.h"

#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <utility>

#include "base/same_file.h"
#include "base/text.h"
#include "cli/command_text.h"
#include "cli/output.h"
#include "cli/report_files.h"
#include "cli/signals.h"
#include "cli/version.h"
#include "cli/whole_number.h"
#include "evaluate/rules_file.h"
#include "evaluate/shell_word.h"
#include "report/report.h"

namespace tracerec::cli {
namespace {

Result<void> write_to_stdout(const report::Report& report, const report::Reporter& reporter) {
  reporter.write(report, std::cout);
  std::cout.flush();
  return std::cout.good()
             ? Result<void>()
             : Error{std::string("cannot write the report to stdout: ") + std::strerror(errno == 0 ? EIO : errno)};
}

// A file is written to its end. Somebody who takes a report from a pipe may never do so: then Ctrl-C ends the program.
void handle_signals_while_writing(const std::string& path, schema::RowId run) {
  struct stat file {};
  const bool known = path.empty() ? ::fstat(STDOUT_FILENO, &file) == 0 : ::stat(path.c_str(), &file) == 0;
  if (!known || S_ISREG(file.st_mode)) return void(stop_on_signals());
  const std::string id = std::to_string(run);
  end_on_signals("tracerec: interrupted while a report was written; run " + id + " is stored: tracerec diff --run " +
                 id + " reports it");
}

Result<void> write_report(const report::Report& report, const ReportRequest& request) {
  const bool to_stdout = request.path.empty();
  const bool colours = to_stdout && ::isatty(STDOUT_FILENO) == 1;
  auto reporter = report::make_reporter(request.format, {.colours = colours, .width = output_columns()});
  if (!reporter) return reporter.error();
  handle_signals_while_writing(request.path, report.run_id);
  std::fflush(stdout);  // what is there comes before what /dev/stdout gets
  auto written = to_stdout
                     ? write_to_stdout(report, **reporter)
                     : write_report_file(request.path, [&](std::ostream& out) { (*reporter)->write(report, out); });
  (void)stop_on_signals();
  return written;
}

}  // namespace

void add_evaluation_options(CLI::App& command, EvaluationOptions& options) {
  command
      .add_option("--report", options.reports,
                  "text (a page), text:full, json, junit, html, markdown or github, to\n"
                  "stdout or =FILE; repeatable (default: text)")
      ->type_name(kReportValue)
      ->allow_extra_args(false);
  command
      .add_option("--fail-if", options.fail_if,
                  "Fail the gate when this holds, as 'findings.high > 0'; repeatable\n"
                  "(default: findings > 0, failed > 0, not_compared.baseline_failed > 0)")
      ->type_name("EXPR")
      ->allow_extra_args(false);
  command.add_option("--rules", options.rules, "What may differ (default: tracerec.rules.json, when it is there)")
      ->type_name("FILE");
  command
      .add_option("--mutate", options.mutations,
                  "Also mutate N recorded responses: mutation.score (0 to 1) is\n"
                  "the share that the gate detects")
      ->check(whole_number(0, 1'000'000))
      ->type_name("N");
  command
      .add_option("--against", options.against,
                  "The baseline: the responses of another run, or the recorded ones\n"
                  "(default: the run's --baseline, where it has one, else recorded)")
      ->type_name(kBaselineValue);
  command.add_flag("--allow-partial", options.allow_partial,
                   "Judge what there is of a run that was interrupted, killed or given up;\n"
                   "otherwise its gate fails");
  command.add_option("--mutate-seed", options.seed, "Equal seeds mutate equal locations")
      ->capture_default_str()
      ->check(whole_number(0, UINT64_MAX))
      ->type_name("N");
}

std::vector<std::string> files_in_use(const std::vector<std::string>& traces, const EvaluationOptions& options) {
  std::vector<std::string> files;
  for (const std::string& trace : traces) {
    if (trace.empty()) continue;
    for (std::string& file : trace_files(trace)) files.push_back(std::move(file));
  }
  files.push_back(options.rules.empty() ? kDefaultRulesFile : options.rules);
  return files;
}

namespace {

Result<diff::Rules> load_rules(const std::string& given) {
  const std::string path = given.empty() ? kDefaultRulesFile : given;
  auto text = given.empty() ? evaluate::read_rules_text_if_there(path) : evaluate::read_rules_text(path);
  if (!text) return text.error();
  return given.empty() && text->empty() ? diff::Rules{} : evaluate::parse_rules_of(path, *text);
}

// For a command to paste.
std::string word(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,-";
  const bool is_plain = !text.empty() && text.find_first_not_of(kPlain) == std::string::npos;
  return is_plain ? text : evaluate::shell_quote(text);
}

// The options that the verdict depends on, apart from the rules.
std::string gate_words(const EvaluationOptions& options) {
  std::string words;
  for (const std::string& text : options.fail_if) words += " --fail-if " + word(text);
  return options.allow_partial ? words + " --allow-partial" : words;
}

void name_commands(const schema::TraceSource& source, const EvaluationPlan& plan, report::Report& report) {
  std::string program = source.path == "tracerec.db" ? "tracerec" : "tracerec -d " + word(source.path);
  if (!source.recording_path.empty()) program += " --recording-file " + word(source.recording_path);
  report.show_command = program + " show";
  report.baseline_words = plan.baseline_words;
  report.diff_command = program + " diff" + plan.rules_words + plan.baseline_words + plan.gate_words;
  report.approve_command = program + " approve" + plan.rules_words + plan.baseline_words;
  report.ui_command = program + " ui" + plan.rules_words + plan.gate_words;
}

}  // namespace

Result<std::optional<schema::RowId>> parse_against(const std::string& text) {
  if (text.empty()) return std::optional<schema::RowId>();
  if (text == "recorded") return std::optional<schema::RowId>(0);
  schema::RowId id = 0;
  const char* end = text.data() + text.size();
  const auto [parsed_to, error] = std::from_chars(text.data(), end, id);
  if (error == std::errc{} && parsed_to == end && id > 0) return std::optional(id);
  return Error{"--against " + printable(text, 40) + " is not the id of a run (tracerec ls) and not 'recorded'"};
}

Result<EvaluationPlan> plan_evaluation(const EvaluationOptions& options) {
  EvaluationPlan plan;
  for (const std::string& text : options.reports) {
    const std::size_t equals = text.find('=');
    ReportRequest request{text.substr(0, equals), equals == std::string::npos ? "" : text.substr(equals + 1)};
    if (auto known = report::make_reporter(request.format, {}); !known)
      return with_context("--report " + printable(text, 80), known.error());
    plan.reports.push_back(std::move(request));
  }
  auto rules = load_rules(options.rules);
  if (!rules) return rules.error();
  plan.evaluate.rules = std::move(*rules);
  plan.rules_words = options.rules.empty() ? "" : " --rules " + word(options.rules);
  plan.baseline_words = options.against.empty() ? "" : " --against " + word(options.against);
  plan.gate_words = gate_words(options);
  plan.evaluate.mutations = options.mutations;
  plan.evaluate.seed = options.seed;
  plan.evaluate.today = evaluate::today();
  plan.evaluate.allow_partial = options.allow_partial;
  plan.evaluate.version = kVersion;
  auto against = parse_against(options.against);
  if (!against) return against.error();
  plan.evaluate.against = *against;
  if (plan.reports.empty()) plan.reports.push_back({"text", ""});
  for (const std::string& text : options.fail_if) {
    auto condition = gate::parse_condition(text);
    if (!condition) return with_context("--fail-if", condition.error());
    plan.evaluate.conditions.push_back(std::move(*condition));
  }
  return plan;
}

namespace {

// Each pair of large documents takes and gives back the same tens of megabytes; without this, glibc returns them to the
// kernel every time, and the page faults take longer than the comparison (docs/diff.md, Figures).
void keep_freed_memory() {
  constexpr int kKeptBytes = 256 << 20;
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

}  // namespace

void end_while_comparing(schema::RowId run) {
  const std::string id = std::to_string(run);
  end_on_signals("tracerec: interrupted while run " + id + " was compared; it is stored: tracerec diff --run " + id +
                 " compares it");
}

namespace {

// What of the traffic the recording lacks, although its exchanges are whole.
void say_what_is_missing(const report::Report& report) {
  std::uint64_t planned = 0, pruned = 0, interrupted = 0;
  bool is_ended = true;
  for (const report::LedgerLine& line : report.ledger) {
    if (line.key == "planned") planned = line.count;
    if (line.key == evaluate::kRecordingPruned) pruned = line.count;
    if (line.key == evaluate::kRecordingInterrupted) interrupted = line.count;
    if (line.key == evaluate::kRecordingUnended) is_ended = false;
  }
  if (pruned > 0)
    std::fprintf(stderr, "the recording was pruned: %s of %s exchanges kept\n", format_count(planned).c_str(),
                 format_count(planned + pruned).c_str());
  if (interrupted > 0)
    std::fprintf(stderr, "the recording is a part: its import was interrupted, and %s more entries were not read\n",
                 format_count(interrupted).c_str());
  if (!is_ended) std::fputs("the recording has no end: what made it was killed, or goes on\n", stderr);
}

}  // namespace

Result<ExitStatus> evaluate_run(const schema::TraceSource& source, const schema::Run& run, const EvaluationPlan& plan,
                                const evaluate::Recheck* recheck) {
  keep_freed_memory();
  end_while_comparing(run.id);
  auto report = evaluate::evaluate(source, run, plan.evaluate, recheck);
  (void)stop_on_signals();
  if (!report) return report.error();
  name_commands(source, plan, *report);
  say_what_is_missing(*report);
  for (const ReportRequest& request : plan.reports) {
    if (auto written = write_report(*report, request); !written) return written.error();
  }
  return report->verdict.passed ? ExitStatus::kDone : ExitStatus::kGateFailed;
}

}  // namespace tracerec::cli
