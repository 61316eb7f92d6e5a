// A file of runs whose recordings are in another file (docs/trace-format.md, Runs files). Internal to schema/.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "schema/rows.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

// By which a reader of the recordings attaches the file of runs.
constexpr const char* kRunsSchema = "runs";

// The recordings that the file names; none: it is not a file of runs. Precondition: it has format 10 or later.
[[nodiscard]] Result<std::vector<SourceRecording>> sources_of(const Database& database);

// Adds one, or brings its path up to date. Errors: the file has recordings of its own, or names another one by that id.
[[nodiscard]] Result<void> insert_source(const Database& database, const SourceRecording& source);

// Error: the file has runs of recordings of another file, so that none may be recorded into it.
[[nodiscard]] Result<void> check_takes_recordings(const Database& database);

// Makes run, run_ledger, substitution and response mean the tables of the attached file, and the bodies of responses
// have ids below 0: those of recordings are above. `path` is for errors: the file has not the tables of this format.
// Call it within a transaction. Writes nothing to either file.
[[nodiscard]] Result<void> show_runs(const Database& database, const std::string& path);

// Error: a recording of `runs_path` is not in the file that `database` reads, or was another when its runs were made.
[[nodiscard]] Result<void> check_sources(const Database& database, const std::vector<SourceRecording>& sources,
                                         const std::string& runs_path, const std::string& recording_path);

// Where the file of the recordings is: `given`; else where the sources say, or if there is none, one of that name
// beside the file of runs. Error: there is none.
[[nodiscard]] Result<std::string> find_recording_file(const std::vector<SourceRecording>& sources,
                                                      const std::string& runs_path, const std::string& given);

}  // namespace tracerec::schema
