// tracerec rm
#include <cstdio>
#include <memory>
#include <string>

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

// What is asked for is there, and nothing that was not asked for goes with it. The reader is closed again.
Result<void> check(const Options& options, const Globals& globals) {
  const auto reader = schema::Reader::open(globals.source());
  if (!reader) return reader.error();
  if (options.run != 0) {
    const auto run = pick_run(**reader, options.run, globals.db);
    return run ? Result<void>() : run.error();
  }
  if ((*reader)->recording_path() != globals.db)
    return Error{globals.db + " has runs of recordings in another file: rm -d " + (*reader)->recording_path()};
  const auto recording = pick_recording(**reader, options.recording, globals.db);
  if (!recording) return recording.error();
  const auto runs = (*reader)->runs();
  if (!runs) return runs.error();
  std::uint64_t count = 0;
  for (const schema::RunSummary& one : *runs) count += one.run.recording_id == options.recording ? 1U : 0U;
  return check_runs(count, options.recording, options.drop_runs || options.dry_run);
}

Result<void> remove(const Options& options, const Globals& globals) {
  if ((options.recording == 0) == (options.run == 0)) return Error{"give --recording N or --run N: one of them"};
  if (auto good = check(options, globals); !good) return good;
  const auto edit = schema::TraceEdit::open(globals.db);
  if (!edit) return edit.error();
  const auto removed =
      options.run != 0 ? (*edit)->remove_run(options.run) : (*edit)->remove_recording(options.recording);
  if (!removed) return removed;
  const schema::Removed& sums = (*edit)->removed();
  std::printf("%s: %s with %s, %s with %s\n", options.dry_run ? "would be removed" : "removed",
              counted(sums.recordings, "recording").c_str(), counted(sums.exchanges, "exchange").c_str(),
              counted(sums.runs, "run").c_str(), counted(sums.responses, "response").c_str());
  return options.dry_run ? Result<void>() : commit_and_say(**edit, globals.db);
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
