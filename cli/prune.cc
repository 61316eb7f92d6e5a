// tracerec prune
#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "base/text.h"
#include "base/time_text.h"
#include "cli/command.h"
#include "cli/evaluation.h"
#include "cli/filters.h"
#include "cli/pick.h"
#include "cli/prune_plan.h"
#include "cli/removal_text.h"
#include "cli/whole_number.h"
#include "evaluate/rules_file.h"
#include "schema/reader.h"
#include "schema/trace_edit.h"
#include "schema/writability.h"

namespace tracerec::cli {
namespace {

struct Options {
  schema::RowId recording = 0;
  FilterOptions filter;
  std::int64_t per_endpoint = 0;
  std::string since, until;
  std::string rules;
  bool dedup = false;
  bool no_dependencies = false;
  bool drop_runs = false;
  bool dry_run = false;
};

// "2027-01-31", "2027-01-31T12:00:00Z": UTC where it has no zone.
Result<std::int64_t> read_time(const char* option, const std::string& text, std::int64_t when_empty) {
  if (text.empty()) return when_empty;
  const auto time = time_at(text, 0), date = date_at(text, 0);
  if (time && time->end == text.size()) return time->unix_ns;
  if (date && date->end == text.size()) return date->unix_ns;
  return Error{std::string(option) + " " + printable(text, 40) +
               " is no time: write 2027-01-31 or 2027-01-31T12:00:00Z"};
}

Result<std::vector<std::string>> read_templates(const std::string& given) {
  const std::string path = given.empty() ? kDefaultRulesFile : given;
  const auto text = given.empty() ? evaluate::read_rules_text_if_there(path) : evaluate::read_rules_text(path);
  if (!text) return text.error();
  if (text->empty()) return std::vector<std::string>();
  auto rules = evaluate::parse_rules_of(path, *text);
  if (!rules) return rules.error();
  return std::move(rules->endpoints);
}

Result<KeepConditions> read_conditions(const Options& options) {
  const bool says_any = !options.filter.include.empty() || !options.filter.exclude.empty() ||
                        options.per_endpoint > 0 || !options.since.empty() || !options.until.empty() || options.dedup;
  if (!says_any) {
    return Error{"say what to keep: --keep-per-endpoint, --include, --exclude, --since, --until or --dedup"};
  }
  KeepConditions conditions;
  auto filter = make_filter(options.filter);
  if (!filter) return filter.error();
  conditions.filter = std::move(*filter);
  const auto since = read_time("--since", options.since, INT64_MIN);
  if (!since) return since.error();
  const auto until = read_time("--until", options.until, INT64_MAX);
  if (!until) return until.error();
  auto templates = read_templates(options.rules);
  if (!templates) return templates.error();
  conditions.since_unix_ns = *since;
  conditions.until_unix_ns = *until;
  conditions.per_endpoint = static_cast<std::size_t>(options.per_endpoint);
  conditions.templates = std::move(*templates);
  conditions.dedup = options.dedup;
  conditions.dependencies = !options.no_dependencies;
  return conditions;
}

void say_plan(const PrunePlan& plan, schema::RowId recording_id, std::uint64_t runs, bool dry_run) {
  std::uint64_t equal = 0;
  for (const auto& [id, count] : plan.repeats) equal += count;
  const std::uint64_t gone = plan.all - plan.kept.count();
  std::printf("recording %lld: %s of %s kept, %s %s\n", static_cast<long long>(recording_id),
              format_count(plan.kept.count()).c_str(), counted(plan.all, "exchange").c_str(),
              format_count(gone).c_str(), dry_run ? "would be removed" : "removed");
  if (plan.needed > 0) {
    std::printf("  %s of them because others need them (--no-dependencies: not)\n", format_count(plan.needed).c_str());
  }
  if (!plan.repeats.empty()) {
    std::printf("  %s of them for %s equal ones, themselves included\n", format_count(plan.repeats.size()).c_str(),
                format_count(equal).c_str());
  }
  if (!plan.all_compared)
    std::puts("  more than 4,000,000 different ones: those after them were not compared, and are kept");
  if (gone > 0 && runs > 0)
    std::printf("  %s %s\n", counted(runs, "run").c_str(), dry_run ? "would be removed" : "removed");
}

Result<std::uint64_t> runs_of(schema::Reader& reader, schema::RowId recording_id) {
  const auto runs = reader.runs();
  if (!runs) return runs.error();
  std::uint64_t count = 0;
  for (const schema::RunSummary& one : *runs) count += one.run.recording_id == recording_id ? 1U : 0U;
  return count;
}

struct Planned {
  PrunePlan plan;
  schema::RowId recording_id;
  std::uint64_t runs;
};

// The readers are closed again: while one is open, the space is not given back.
Result<Planned> plan(const Options& options, const KeepConditions& conditions, const Globals& globals) {
  if (schema::is_being_written(globals.db))
    return Error{globals.db + ": another tracerec is writing it: wait for its end"};
  const auto rows = schema::Reader::open(globals.source());
  if (!rows) return rows.error();
  const auto bodies = schema::Reader::open(globals.source());
  if (!bodies) return bodies.error();
  if ((*rows)->recording_path() != globals.db) {
    return Error{globals.db + " has runs of recordings in another file: prune -d " + (*rows)->recording_path()};
  }
  const auto recording = pick_recording(**rows, options.recording, globals.db);
  if (!recording) return recording.error();
  auto made = plan_prune(**rows, **bodies, recording->id, conditions);
  if (!made) return made.error();
  const auto runs = runs_of(**rows, recording->id);
  if (!runs) return runs.error();
  return Planned{std::move(*made), recording->id, *runs};
}

Result<void> prune(const Options& options, const Globals& globals) {
  const auto conditions = read_conditions(options);
  if (!conditions) return conditions.error();
  const auto planned = plan(options, *conditions, globals);
  if (!planned) return planned.error();
  const PrunePlan& plan = planned->plan;
  const bool removes = plan.kept.count() < plan.all;
  if (plan.kept.count() == 0 && plan.all > 0)
    return Error{"nothing would be left of recording " + std::to_string(planned->recording_id) +
                 ": tracerec rm removes a recording"};
  const Result<void> allowed = check_runs(removes ? planned->runs : 0, planned->recording_id, options.drop_runs);
  if (options.dry_run || !removes) {
    say_plan(plan, planned->recording_id, planned->runs, options.dry_run);
    return allowed;
  }
  if (!allowed) return allowed;
  if (auto writable = check_writable(globals.db); !writable) return writable;
  const auto edit = schema::TraceEdit::open(globals.db);
  if (!edit) return edit.error();
  const auto repeats = [&plan](schema::RowId id) {
    const auto at = plan.repeats.find(id);
    return at == plan.repeats.end() ? std::uint64_t{1} : at->second;
  };
  auto pruned = (*edit)->prune(
      planned->recording_id, [&](auto id) { return plan.kept.contains(id); }, repeats);
  if (!pruned) return pruned;
  return commit_and_say(**edit, globals.db, [&] { say_plan(plan, planned->recording_id, planned->runs, false); });
}

}  // namespace

void add_prune(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("prune", "Make a recording smaller: keep some of its exchanges");
  auto options = std::make_shared<Options>();
  command->add_option("--recording", options->recording, "Default: the newest")->type_name("ID")->check(row_id());
  command->add_option("--keep-per-endpoint", options->per_endpoint, "At most N of each endpoint, its statuses in turn")
      ->check(whole_number(1, 1'000'000))
      ->type_name("N");
  add_filter_options(*command, options->filter);
  command->add_option("--since", options->since, "Only what began then or later (UTC without a zone)")
      ->type_name("TIME");
  command->add_option("--until", options->until, "Only what began then or before")->type_name("TIME");
  command->add_flag("--dedup", options->dedup,
                    "Of equal requests with equal responses (but for Date) the first one;\n"
                    "it is noted for how many it stands");
  command->add_flag("--no-dependencies", options->no_dependencies,
                    "Do not keep what the kept requests need (logins, what created their ids)");
  command->add_option("--rules", options->rules, "For the names of endpoints (default: tracerec.rules.json)")
      ->type_name("FILE");
  command->add_flag("--drop-runs", options->drop_runs,
                    "Remove the runs of the recording, too, where exchanges are removed");
  command->add_flag("--dry-run", options->dry_run, "Print what would be removed; change nothing");
  command->footer(
      "An exchange is kept that has all that is asked for, and what it needs. The recording says from then on how "
      "many\n"
      "it had. What was removed cannot be brought back.\n"
      "  tracerec prune --keep-per-endpoint 20 --dry-run\n"
      "  tracerec prune --dedup --exclude 'GET /health'");
  command->callback([options, &globals, &action] {
    action = [options, &globals] {
      const auto done = prune(*options, globals);
      return done ? ExitStatus::kDone : fail(done.error());
    };
  });
}

}  // namespace tracerec::cli
