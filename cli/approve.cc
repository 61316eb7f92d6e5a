// tracerec approve
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/text.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/pick.h"
#include "cli/whole_number.h"
#include "schema/reader.h"

namespace tracerec::cli {
namespace {

struct Options {
  std::vector<std::string> signatures;
  std::string reason, owner, expires;
  std::uint64_t max_count = 0;
  std::string rules = kDefaultRulesFile;
  schema::RowId run = 0;
  bool unchecked = false;
};

bool is_signature(const std::string& text) {
  return text.size() == 12 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<void> check(const Options& options) {
  for (const std::string& signature : options.signatures) {
    if (is_signature(signature)) continue;
    return Error{"'" + printable(signature, 40) +
                 "' is not a valid signature: a report names each finding by 12 hexadecimal digits"};
  }
  if (trim(options.reason).empty()) return Error{"--reason must say why this difference is accepted"};
  if (!options.expires.empty() && !diff::is_date(options.expires)) {
    return Error{"--expires " + printable(options.expires, 40) + " is not a valid date: write 2027-01-31"};
  }
  if (!options.expires.empty() && options.expires < today()) {
    return Error{"--expires " + options.expires + " has passed: the approval would not count"};
  }
  return {};
}

bool is_finding(const report::Report& report, const std::string& signature) {
  const gate::Summary& summary = report.summary;
  for (const auto* list : {&summary.findings, &summary.dependent, &summary.approved}) {
    for (const gate::Finding& finding : *list) {
      if (finding.signature() == signature) return true;
    }
  }
  return false;
}

// An approval of what no report ever named would wait in the file for a finding that nobody has seen.
Result<void> check_known(const Options& options, const std::string& db) {
  if (options.unchecked) return {};
  const std::string hint = "; --unchecked accepts a signature of a run that is not in this file";
  auto reader = schema::Reader::open(db);
  if (!reader) return Error{"cannot look up the findings: " + reader.error().message + hint};
  auto run = pick_run(**reader, options.run, db);
  if (!run) return Error{run.error().message + hint};
  EvaluationOptions evaluation;
  evaluation.rules = std::filesystem::exists(options.rules) ? options.rules : "";
  evaluation.allow_partial = true;
  auto plan = plan_evaluation(evaluation);
  if (!plan) return plan.error();
  auto report = evaluate::evaluate(db, *run, plan->evaluate);
  if (!report) return report.error();
  for (const std::string& signature : options.signatures) {
    if (is_finding(*report, signature)) continue;
    return Error{"run " + std::to_string(run->id) + " has no finding " + signature +
                 ": copy it from a report, or name its run with --run" + hint};
  }
  return {};
}

// The file is replaced as a whole, so that nobody reads half of it.
Result<void> write_file(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file.good()) {
    const std::string why = std::strerror(errno);
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    return Error{"cannot write " + temporary + ": " + why + "; " + path + " is as it was"};
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  return error ? Result<void>(Error{"cannot replace " + path + ": " + error.message()}) : Result<void>();
}

Result<void> approve(const Options& options, const std::string& db) {
  if (auto good = check(options); !good) return good;
  if (auto known = check_known(options, db); !known) return known;
  std::string text;
  if (std::filesystem::exists(options.rules)) {
    auto read = read_rules_text(options.rules);
    if (!read) return read.error();
    text = std::move(*read);
  }
  for (const std::string& signature : options.signatures) {
    diff::Approval approval{signature, options.reason, options.owner, options.expires, {}, {}};
    if (options.max_count > 0) approval.max_count = options.max_count;
    auto edited = diff::add_approval(text, approval);
    if (!edited) return with_context(options.rules, edited.error());
    text = std::move(*edited);
  }
  return write_file(options.rules, text);
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
  command->add_flag("--unchecked", options->unchecked, "Do not look the findings up: their run is not in this file");
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
      if (auto done = approve(*options, globals.db); !done) return fail(done.error());
      std::fprintf(stderr, "approved %zu in %s\n", options->signatures.size(), printable(options->rules).c_str());
      return ExitStatus::kDone;
    };
  });
}

}  // namespace tracerec::cli
