// tracerec approve
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/owner.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/pick.h"
#include "cli/same_file.h"
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

// False with errno set.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Mode and owner of the file that is replaced; else what a new file gets. False with errno set.
bool make_like(const std::string& path, int fd) {
  struct stat file {};
  if (::stat(path.c_str(), &file) == 0) {
    (void)!::fchown(fd, file.st_uid, file.st_gid);  // where that is not allowed, it is the caller's
    return ::fchmod(fd, file.st_mode & 0777U) == 0;
  }
  give_to_invoking_user(fd);
  const mode_t mask = ::umask(0);  // one thread
  ::umask(mask);
  return ::fchmod(fd, 0666U & ~mask) == 0;
}

// The file is replaced as a whole, so that nobody reads half of it; what is written meanwhile has a name that nothing
// else has. Of a link, what it leads to is replaced.
Result<void> write_file(const std::string& name, const std::string& text) {
  const bool is_there = std::filesystem::exists(name);
  const std::string path = is_there ? where_it_leads(name) : name;
  const char* const rest = is_there ? " is as it was" : " was not made";
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return Error{"cannot write beside " + name + ": " + std::strerror(errno) + "; it" + rest};
  const bool written = write_all(fd.get(), text) && make_like(path, fd.get());
  if (written && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const std::string why = std::strerror(errno);
  ::unlink(temporary.c_str());
  return Error{"cannot write " + name + ": " + why + "; it" + rest};
}

Result<void> approve(const Options& options, const std::string& db) {
  if (auto good = check(options); !good) return good;
  if (auto unused = check_unused("--rules", options.rules, trace_files(db)); !unused) return unused;
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
