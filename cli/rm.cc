// tracerec rm
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "cli/command.h"
#include "cli/pick.h"
#include "cli/removal_text.h"
#include "cli/whole_number.h"
#include "schema/reader.h"
#include "schema/trace_edit.h"

namespace tracerec::cli {
namespace {

struct Options {
  schema::RowId recording = 0;
  schema::RowId run = 0;
  bool drop_runs = false;
  bool dry_run = false;
};

// What would go. Error: it is not there, or something that was not asked for would go with it.
Result<schema::Removed> look_up_run(const std::vector<schema::RunSummary>& runs, schema::RowId id) {
  schema::Removed would;
  for (const schema::RunSummary& one : runs) {
    if (one.run.baseline_run_id == id) {
      return Error{"run " + std::to_string(id) + " is the baseline of run " + std::to_string(one.run.id) +
                   ": remove that one first"};
    }
    if (one.run.id != id && one.run.recheck_of != id) continue;
    ++would.runs;
    would.responses += one.responses;
  }
  return would;
}

Result<schema::Removed> look_up_recording(schema::Reader& reader, const std::vector<schema::RunSummary>& runs,
                                          const Options& options) {
  const auto recordings = reader.recordings();
  if (!recordings) return recordings.error();
  schema::Removed would;
  for (const schema::RecordingSummary& one : *recordings) {
    if (one.recording.id != options.recording) continue;
    would.recordings = 1;
    would.exchanges = one.exchanges;
  }
  for (const schema::RunSummary& one : runs) {
    if (one.run.recording_id != options.recording) continue;
    ++would.runs;
    would.responses += one.responses;
  }
  return would;
}

// The reader is closed again: while one is open, the space is not given back.
Result<schema::Removed> look_up(const Options& options, const Globals& globals) {
  const auto reader = schema::Reader::open(globals.source());
  if (!reader) return reader.error();
  const auto runs = (*reader)->runs();
  if (!runs) return runs.error();
  if (options.run != 0) {
    const auto run = pick_run(**reader, options.run, globals.db);
    return run ? look_up_run(*runs, options.run) : run.error();
  }
  if ((*reader)->recording_path() != globals.db)
    return Error{globals.db + " has runs of recordings in another file: rm -d " + (*reader)->recording_path()};
  const auto recording = pick_recording(**reader, options.recording, globals.db);
  return recording ? look_up_recording(**reader, *runs, options) : recording.error();
}

void say(const schema::Removed& sums, const char* what) {
  std::printf("%s: %s with %s, %s with %s\n", what, counted(sums.recordings, "recording").c_str(),
              counted(sums.exchanges, "exchange").c_str(), counted(sums.runs, "run").c_str(),
              counted(sums.responses, "response").c_str());
}

Result<void> remove(const Options& options, const Globals& globals) {
  if ((options.recording == 0) == (options.run == 0)) return Error{"give --recording N or --run N: one of them"};
  const auto would = look_up(options, globals);
  if (!would) return would.error();
  const auto allowed = check_runs(options.run != 0 ? 0 : would->runs, options.recording, options.drop_runs);
  if (options.dry_run) {
    say(*would, "would be removed");
    return allowed;
  }
  if (!allowed) return allowed;
  if (auto writable = check_writable(globals.db); !writable) return writable;
  const auto edit = schema::TraceEdit::open(globals.db);
  if (!edit) return edit.error();
  auto removed = options.run != 0 ? (*edit)->remove_run(options.run) : (*edit)->remove_recording(options.recording);
  if (!removed) return removed;
  return commit_and_say(**edit, globals.db, [&] { say((*edit)->removed(), "removed"); });
}

}  // namespace

void add_rm(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("rm", "Remove a recording or a run, and give the space back");
  auto options = std::make_shared<Options>();
  command->add_option("--recording", options->recording, "With all its exchanges")
      ->type_name("ID")
      ->check(whole_number(1, INT64_MAX));
  command->add_option("--run", options->run, "With what was re-sent for it")
      ->type_name("ID")
      ->check(whole_number(1, INT64_MAX));
  command->add_flag("--drop-runs", options->drop_runs, "Of a recording: its runs, too");
  command->add_flag("--dry-run", options->dry_run, "Print what would be removed; change nothing");
  command->footer(
      "What was removed cannot be brought back.\n"
      "  tracerec rm --run 3");
  command->callback([options, &globals, &action] {
    action = [options, &globals] {
      const auto done = remove(*options, globals);
      return done ? ExitStatus::kDone : fail(done.error());
    };
  });
}

}  // namespace tracerec::cli
