#include "cli/replay_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/same_file.h"
#include "base/text.h"
#include "cli/new_file.h"
#include "cli/pick.h"
#include "schema/batch_writer.h"
#include "schema/writability.h"

// How this works. A file of runs names its recording before the first run is in it, so that every reader finds the
// recording by it. Names that are chosen here are claimed by a lock, so that jobs that run in one folder at a time get
// a file each: shop.runs.db, shop.runs-2.db… Tests: tests/e2e/runs_file_test.cc.

namespace tracerec::cli {
namespace {

constexpr int kMostNames = 1000;

bool has_content(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 && file.st_size > 0;
}

// Nothing: another replay has it. Makes an empty file where there is none.
Result<std::optional<UniqueFd>> claim(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!fd.valid())
    return Error{"cannot make " + path + ": " + std::strerror(errno) + "; --into FILE stores the runs elsewhere"};
  if (!claim_file(fd.get())) return std::optional<UniqueFd>();
  return std::optional(std::move(fd));
}

// Error: the file has runs of something else than of `recording`.
Result<void> check_same_source(const std::string& into, const std::string& recording) {
  if (!has_content(into)) return {};
  const auto together = schema::Reader::open({into, recording});
  if (together) return {};
  const auto alone = schema::Reader::open(into);
  const bool has_no_sources = alone && (*alone)->recording_path() == into;
  return has_no_sources ? Result<void>() : together.error();
}

Result<void> refer(const std::string& into, const schema::SourceRecording& source) {
  if (auto same = check_same_source(into, source.path); !same) return same;
  const auto writer = schema::BatchWriter::open(into, {});
  if (!writer) return writer.error();
  return (*writer)->refer_to(source);
}

// Of a recording whose end is not there yet, the rest would be missing in what is compared. Asking for the writer
// closes a descriptor, so no reader is open then (fcntl(2), Record locks).
Result<schema::SourceRecording> source_for(const schema::TraceSource& from, schema::RowId id) {
  auto reader = schema::Reader::open(from);
  if (!reader) return reader.error();
  const std::string path = (*reader)->recording_path();
  const auto recording = pick_recording(**reader, id, from.path);
  if (!recording) return recording.error();
  if (recording->ended_unix_ns == 0) {
    reader->reset();
    if (schema::is_being_written(path)) {
      return Error{"recording " + std::to_string(recording->id) + " of " + path +
                   " is still being recorded: wait for its end, or choose another with --recording"};
    }
    reader = schema::Reader::open(from);
    if (!reader) return reader.error();
  }
  return (*reader)->source(recording->id);
}

ReplayFiles apart(const std::string& runs, const schema::SourceRecording& source, const Globals& globals) {
  return {runs, runs, source.recording_id, {runs, source.path, globals.db}, {}};
}

// One that is free, or that has runs of the same recording.
Result<ReplayFiles> choose_name(const schema::SourceRecording& source, const Globals& globals) {
  const std::string stem = std::filesystem::path(globals.db).stem().string() + ".runs";
  Error last{"no name is free"};
  for (int i = 1; i <= kMostNames; ++i) {
    const std::string name = stem + (i == 1 ? "" : "-" + std::to_string(i)) + ".db";
    auto claimed = claim(name);
    if (!claimed) return claimed.error();
    if (!*claimed) continue;
    const Result<void> referred = refer(name, source);
    if (!referred) {
      last = referred.error();
      continue;
    }
    ReplayFiles files = apart(name, source, globals);
    files.claim = std::move(**claimed);
    return files;
  }
  return last;
}

Result<ReplayFiles> into_another(const ReplayCommandOptions& options, const Globals& globals) {
  const auto source = source_for(globals.source(), options.recording);
  if (!source) return source.error();
  if (options.into.empty()) return choose_name(*source, globals);
  for (const std::string& made : trace_files(options.into)) {
    if (auto unused = check_unused("--into", made, trace_files(source->path)); !unused) return unused.error();
  }
  if (auto referred = refer(options.into, *source); !referred) return with_context("--into", referred.error());
  return apart(options.into, *source, globals);
}

// A file of runs may get runs of another recording of the file that it names.
Result<ReplayFiles> in_place(const ReplayCommandOptions& options, const Globals& globals) {
  ReplayFiles files{globals.source(), globals.db, options.recording, {globals.db}, {}};
  if (options.dry_run || !has_content(globals.db)) return files;
  {
    // Brings a file of an older version up to date.
    const auto writer = schema::BatchWriter::open(globals.db, {});
    if (!writer) return writer.error();
  }
  const auto reader = schema::Reader::open(globals.source());
  if (!reader) return reader.error();
  const std::string recording_path = (*reader)->recording_path();
  files.traces.push_back(recording_path);
  if (recording_path == globals.db) return files;
  const auto source = source_for(globals.source(), options.recording);
  if (!source) return source.error();
  files.recording_id = source->recording_id;
  const Result<void> referred = refer(globals.db, *source);
  return referred ? Result<ReplayFiles>(std::move(files)) : referred.error();
}

}  // namespace

Result<ReplayFiles> choose_files(const ReplayCommandOptions& options, const Globals& globals) {
  const bool wants_another = !options.into.empty() && !is_one_file(options.into, globals.db);
  if (options.dry_run) return in_place(options, globals);
  if (wants_another) return into_another(options, globals);
  const auto why = options.into.empty() ? schema::why_not_writable(globals.db) : std::nullopt;
  if (!why) return in_place(options, globals);
  auto files = into_another(options, globals);
  if (!files) return with_context(globals.db + " " + *why + ", and its runs cannot go elsewhere", files.error());
  std::fprintf(stderr, "%s %s: the runs go into %s, which refers to it\n", printable(globals.db, 300).c_str(),
               why->c_str(), printable(files->runs, 300).c_str());
  return files;
}

}  // namespace tracerec::cli
