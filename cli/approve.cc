// tracerec approve
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/owner.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/pick.h"
#include "cli/same_file.h"
#include "cli/whole_number.h"
#include "gate/finding_groups.h"
#include "report/finding_text.h"
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

bool is_signature(const std::string& text) {
  return text.size() == 12 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<void> check(const Options& options) {
  for (const std::string& signature : options.signatures) {
    if (is_signature(signature)) continue;
    return Error{"'" + printable(signature, 40) +
                 "' is not a valid signature: a report names each finding by 12 hexadecimal digits"};
  }
  // "…" stands in the command that a report gives to paste.
  if (const auto reason = trim(options.reason); reason.empty() || reason == "…")
    return Error{"--reason must say why this difference is accepted"};
  if (!options.expires.empty() && !diff::is_date(options.expires)) {
    return Error{"--expires " + printable(options.expires, 40) + " is not a valid date: write 2027-01-31"};
  }
  if (!options.expires.empty() && options.expires < today()) {
    return Error{"--expires " + options.expires + " has passed: the approval would not count"};
  }
  return {};
}

// One to write down, and what it is.
struct Accepted {
  std::string signature;
  std::string finding;  // for people; empty: nobody looked
};

const gate::Finding* find(const report::Report& report, const std::string& signature) {
  const gate::Summary& summary = report.summary;
  for (const auto* list : {&summary.findings, &summary.dependent, &summary.approved}) {
    for (const gate::Finding& finding : *list) {
      if (finding.signature() == signature) return &finding;
    }
  }
  return nullptr;
}

// The findings that the report shows as one with it, itself among them; alone where it is none of the report's causes.
std::vector<const gate::Finding*> group_of(const report::Report& report, const gate::Finding* finding) {
  const auto& findings = report.summary.findings;
  for (const gate::FindingGroup& group : gate::group_findings(findings)) {
    std::vector<const gate::Finding*> members;
    for (const std::size_t member : group.members) members.push_back(&findings[member]);
    if (std::find(members.begin(), members.end(), finding) != members.end()) return members;
  }
  return {finding};
}

constexpr const char* kUncheckedHint = "; --unchecked accepts a signature of a run that is not in this file";

Result<report::Report> evaluate_again(const Options& options, const std::string& db) {
  auto reader = schema::Reader::open(db);
  if (!reader) return Error{"cannot look up the findings: " + reader.error().message + kUncheckedHint};
  auto run = pick_run(**reader, options.run, db);
  if (!run) return Error{run.error().message + kUncheckedHint};
  EvaluationOptions evaluation;
  evaluation.rules = std::filesystem::exists(options.rules) ? options.rules : "";
  evaluation.allow_partial = true;
  evaluation.against = options.against;
  auto plan = plan_evaluation(evaluation);
  if (!plan) return plan.error();
  return evaluate::evaluate(db, *run, plan->evaluate);
}

void add(std::vector<Accepted>& accepted, const gate::Finding& finding) {
  const std::string signature = finding.signature();
  const bool is_there =
      std::any_of(accepted.begin(), accepted.end(), [&](const Accepted& one) { return one.signature == signature; });
  if (!is_there) accepted.push_back({signature, report::describe_finding(finding)});
}

// An approval of what no report ever named would wait in the file for a finding that nobody has seen.
Result<std::vector<Accepted>> look_up(const Options& options, const std::string& db) {
  std::vector<Accepted> accepted;
  if (options.unchecked) {
    for (const std::string& signature : options.signatures) accepted.push_back({signature, ""});
    return accepted;
  }
  auto report = evaluate_again(options, db);
  if (!report) return report.error();
  for (const std::string& signature : options.signatures) {
    const gate::Finding* finding = find(*report, signature);
    if (!finding) {
      return Error{"run " + std::to_string(report->run_id) + " has no finding " + signature +
                   ": copy it from a report, or name its run with --run" + kUncheckedHint};
    }
    if (!options.group) {
      add(accepted, *finding);
      continue;
    }
    for (const gate::Finding* member : group_of(*report, finding)) add(accepted, *member);
  }
  return accepted;
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

Result<std::string> add_approvals(std::string text, const Options& options, const std::vector<Accepted>& accepted) {
  for (const Accepted& one : accepted) {
    diff::Approval approval{one.signature, options.reason, options.owner, options.expires, {}, {}, one.finding};
    if (options.max_count > 0) approval.max_count = options.max_count;
    auto edited = diff::add_approval(text, approval);
    if (!edited) return with_context(options.rules, edited.error());
    text = std::move(*edited);
  }
  return text;
}

Result<std::vector<Accepted>> approve(const Options& options, const std::string& db) {
  if (auto good = check(options); !good) return good.error();
  if (auto unused = check_unused("--rules", options.rules, trace_files(db)); !unused) return unused.error();
  auto accepted = look_up(options, db);
  if (!accepted) return accepted.error();
  std::string text;
  if (std::filesystem::exists(options.rules)) {
    auto read = read_rules_text(options.rules);
    if (!read) return read.error();
    text = std::move(*read);
  }
  auto edited = add_approvals(std::move(text), options, *accepted);
  if (!edited) return edited.error();
  if (auto written = write_file(options.rules, *edited); !written) return written.error();
  return accepted;
}

void say_done(const std::vector<Accepted>& accepted, const std::string& rules) {
  for (const Accepted& one : accepted) {
    if (!one.finding.empty()) std::fprintf(stderr, "  %s  %s\n", one.signature.c_str(), one.finding.c_str());
  }
  std::fprintf(stderr, "approved %zu in %s\n", accepted.size(), printable(rules).c_str());
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
      ->type_name("RUN|recorded");
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
      const auto done = approve(*options, globals.db);
      if (!done) return fail(done.error());
      say_done(*done, options->rules);
      return ExitStatus::kDone;
    };
  });
}

}  // namespace tracerec::cli
