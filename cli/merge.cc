// tracerec merge, tracerec split
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/same_file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/new_file.h"
#include "cli/removal_text.h"
#include "cli/signals.h"
#include "schema/reader.h"
#include "schema/trace_copy.h"

namespace tracerec::cli {
namespace {

struct MergeOptions {
  std::vector<std::string> from;
  std::string to;
};

struct Source {
  std::string path;
  schema::RowId recording_id;  // 0: all
};

// The file has its name when all is in it. The copy is closed before.
Result<void> copy(const std::vector<Source>& sources, const std::string& to, const std::atomic<bool>& stop) {
  for (const Source& source : sources) {
    for (const std::string& made : trace_files(to + ".part")) {
      if (auto unused = check_unused("writing " + to, made, trace_files(source.path)); !unused) return unused;
    }
  }
  NewFile file(to);
  if (auto made = file.make(); !made) return made;
  {
    const auto into = schema::TraceCopy::create(file.path());
    if (!into) return into.error();
    (*into)->stop_when(&stop);
    for (const Source& source : sources) {
      auto added = (*into)->add(source.path, source.recording_id);
      if (stop.load()) return Error{"interrupted: " + to + " was not written"};
      if (!added) return added;
    }
    if (auto finished = (*into)->finish(); !finished) return finished;
  }
  return file.keep();
}

// Of a file that is not read as a whole, only a part would be copied.
Result<std::vector<schema::RecordingSummary>> recordings_of(const std::string& path) {
  const auto reader = schema::Reader::open(path);
  return reader ? (*reader)->recordings() : reader.error();
}

Result<void> merge(const MergeOptions& options, const std::atomic<bool>& stop) {
  std::vector<Source> sources;
  for (const std::string& from : options.from) sources.push_back({from, 0});
  if (auto copied = copy(sources, options.to, stop); !copied) return copied;
  const auto recordings = recordings_of(options.to);
  if (!recordings) return recordings.error();
  std::printf("%s: %s of %s\n", printable(options.to, 200).c_str(), counted(recordings->size(), "recording").c_str(),
              counted(options.from.size(), "file").c_str());
  return {};
}

std::string file_for(const std::string& db, const std::string& folder, schema::RowId recording_id) {
  const std::filesystem::path name = std::filesystem::path(db).stem();
  return (std::filesystem::path(folder) / (name.string() + "-" + std::to_string(recording_id) + ".db")).string();
}

Result<void> split(const std::string& folder, const Globals& globals, const std::atomic<bool>& stop) {
  const auto recordings = recordings_of(globals.db);
  if (!recordings) return recordings.error();
  if (recordings->empty()) return Error{globals.db + " holds no recording"};
  std::error_code error;
  std::filesystem::create_directory(folder, error);
  if (error) return Error{"cannot make " + folder + ": " + error.message()};
  for (const schema::RecordingSummary& one : *recordings) {
    const std::string to = file_for(globals.db, folder, one.recording.id);
    if (std::filesystem::exists(to, error)) return Error{to + " exists: give another folder"};
  }
  for (const schema::RecordingSummary& one : *recordings) {
    const std::string to = file_for(globals.db, folder, one.recording.id);
    if (auto copied = copy({{globals.db, one.recording.id}}, to, stop); !copied) return copied;
    std::printf("%s: recording %lld, %s\n", printable(to, 200).c_str(), static_cast<long long>(one.recording.id),
                counted(one.exchanges, "exchange").c_str());
  }
  return {};
}

ExitStatus end(const Result<void>& done, const std::atomic<bool>& stop) {
  if (done) return ExitStatus::kDone;
  const ExitStatus failed = fail(done.error());
  return stop.load() ? ExitStatus::kInterrupted : failed;
}

}  // namespace

void add_merge(CLI::App& app, const Globals&, Action& action) {
  CLI::App* command = app.add_subcommand("merge", "Write the recordings and runs of some trace files into a new one");
  auto options = std::make_shared<MergeOptions>();
  command->add_option("file", options->from, "Trace files; they are not changed")->required()->type_name("FILE");
  command->add_option("-o,--output", options->to, "The new file; must not exist yet")->required()->type_name("FILE");
  command->footer(
      "Recordings, runs and exchanges get new ids, in the order of the files.\n"
      "  tracerec merge monday.db tuesday.db -o week.db");
  command->callback([options, &action] {
    action = [options] {
      const std::atomic<bool>& stop = stop_on_signals();
      return end(merge(*options, stop), stop);
    };
  });
}

void add_split(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* command = app.add_subcommand("split", "Write each recording with its runs into a file of its own");
  auto folder = std::make_shared<std::string>();
  command->add_option("-o,--output", *folder, "Where to; made when it is not there")->required()->type_name("FOLDER");
  command->footer(
      "The trace file is not changed, and ids stay as they are: a file of runs (replay --into) takes the new file for\n"
      "its recording, too (--recording-file).\n"
      "  tracerec -d week.db split -o days");
  command->callback([folder, &globals, &action] {
    action = [folder, &globals] {
      const std::atomic<bool>& stop = stop_on_signals();
      return end(split(*folder, globals, stop), stop);
    };
  });
}

}  // namespace tracerec::cli
