// tracerec approve
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/edit_lock.h"
#include "base/replace_file.h"
#include "base/same_file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/command_text.h"
#include "cli/evaluation.h"
#include "cli/pick.h"
#include "cli/whole_number.h"
#include "evaluate/rules_file.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::vector<std::string> signatures;
  std::string reason, owner, expires;
  std::uint64_t max_count = 0;
  std::string rules = kDefaultRulesFile;
  schema::RowId run = 0;
  std::string against;
  bool unchecked = false;
  bool group = false;
};

Result<void> check(const Options& options, const evaluate::ApprovalTerms& terms) {
  for (const std::string& signature : options.signatures) {
    if (evaluate::is_signature(signature)) continue;
    return Error{"'" + printable(signature, 40) +
                 "' is not a valid signature: a report names each finding by 12 hexadecimal digits"};
  }
  const auto good = evaluate::check_terms(terms, evaluate::today());
  return good ? good : Error{"--" + good.error().message};
}

constexpr const char* kUncheckedHint = "; --unchecked accepts a signature of a run that is not in this file";

Result<report::Report> evaluate_again(const Options& options, const schema::TraceSource& source) {
  auto reader = schema::Reader::open(source);
  if (!reader) return Error{"cannot look up the findings: " + reader.error().message + kUncheckedHint};
  auto run = pick_run(**reader, options.run, source.path);
  if (!run) return Error{run.error().message + kUncheckedHint};
  EvaluationOptions evaluation;
  evaluation.rules = std::filesystem::exists(options.rules) ? options.rules : "";
  evaluation.allow_partial = true;
  evaluation.against = options.against;
  auto plan = plan_evaluation(evaluation);
  if (!plan) return plan.error();
  return evaluate::evaluate(source, *run, plan->evaluate);
}

struct Found {
  std::vector<evaluate::Accepted> accepted;
  std::size_t left_of_cause = 0;  // findings that the report shows as one with them
};

// An approval of what no report ever named would wait in the file for a finding that nobody has seen.
Result<Found> look_up(const Options& options, const schema::TraceSource& source) {
  Found approved;
  if (options.unchecked) {
    for (const std::string& signature : options.signatures) approved.accepted.push_back({signature, ""});
    return approved;
  }
  const auto report = evaluate_again(options, source);
  if (!report) return report.error();
  auto found = evaluate::accepted_in(*report, options.signatures, options.group);
  if (!found) return Error{found.error().message + ", or name its run with --run" + kUncheckedHint};
  approved.accepted = std::move(*found);
  const auto groups = evaluate::accepted_in(*report, options.signatures, true);
  if (groups) approved.left_of_cause = groups->size() - approved.accepted.size();
  return approved;
}

Result<Found> approve(const Options& options, const schema::TraceSource& source) {
  evaluate::ApprovalTerms terms{options.reason, options.owner, options.expires, {}};
  if (options.max_count > 0) terms.max_count = options.max_count;
  if (auto good = check(options, terms); !good) return good.error();
  if (auto unused = check_unused("--rules", options.rules, trace_files(source.path)); !unused) return unused.error();
  auto found = look_up(options, source);
  if (!found) return found.error();
  const auto alone = EditLock::take(options.rules);
  if (!alone) return alone.error();
  auto text = evaluate::read_rules_text_if_there(options.rules);
  if (!text) return text.error();
  auto edited = evaluate::with_approvals(*text, found->accepted, terms);
  if (!edited) return with_context(options.rules, edited.error());
  if (auto written = replace_file(options.rules, *edited); !written) return written.error();
  return found;
}

void say_done(const Found& found, const std::string& rules) {
  for (const evaluate::Accepted& one : found.accepted) {
    if (!one.finding.empty()) std::fprintf(stderr, "  %s  %s\n", one.signature.c_str(), one.finding.c_str());
  }
  std::fprintf(stderr, "approved %zu in %s; diff and replay read it\n", found.accepted.size(),
               printable(rules).c_str());
  if (found.left_of_cause > 0)
    std::fprintf(stderr, "%zu more of the same cause: with --group they are accepted, too\n", found.left_of_cause);
}

}  // namespace

void add_approve(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("approve", "Accept findings by their signature, in the rules file");
  auto options = std::make_shared<Options>();
  command->add_option("signature", options->signatures, "As the report names them")->required()->type_name("SIGNATURE");
  command->add_option("--reason", options->reason, "Why they are accepted; reviewers read it")
      ->required()
      ->type_name("TEXT");
  command->add_option("--owner", options->owner, "Whom to ask")->type_name("NAME");
  command->add_option("--expires", options->expires, "The last day on which it counts")->type_name("YYYY-MM-DD");
  command->add_option("--max", options->max_count, "Accept it in at most this many exchanges")
      ->type_name("N")
      ->check(whole_number(1, UINT32_MAX));
  command->add_option("--run", options->run, "That has the findings (default: the newest)")
      ->check(row_id())
      ->type_name("ID");
  command->add_option("--against", options->against, "The baseline that the report had, as for diff")
      ->type_name(kBaselineValue);
  CLI::Option* group = command->add_flag(
      "--group", options->group, "Also what the report shows as one with them: the other findings of the same cause");
  command->add_flag("--unchecked", options->unchecked, "Do not look the findings up: their run is not in this file")
      ->excludes(group);
  command->add_option("--rules", options->rules, "The file to edit; made when it is not there")
      ->capture_default_str()
      ->type_name("FILE");
  command->footer(
      "Comments and layout of the file stay as they are; an approval of the same signature is replaced.\n"
      "Commit the file: `tracerec diff` and `replay` read it, and name approvals that expired or are not needed.\n"
      "  tracerec approve 12ab03112323 --reason 'answer is called response since v2' --owner anna --expires "
      "2027-01-31");
  command->callback([options, &globals, &action] {
    action = [options, &globals] {
      const auto done = approve(*options, globals.source());
      if (!done) return fail(done.error());
      say_done(*done, options->rules);
      return ExitStatus::kDone;
    };
  });
}

}  // namespace tracerec::cli
