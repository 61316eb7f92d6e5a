// Where a replay reads its recording, and where it stores its runs.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/unique_fd.h"
#include "cli/command.h"
#include "cli/replay_options.h"
#include "schema/reader.h"

namespace tracerec::cli {

struct ReplayFiles {
  schema::TraceSource source;       // what readers open: the recording and the runs
  std::string runs;                 // what writers open; of a dry run nobody does
  schema::RowId recording_id = 0;   // 0: the newest
  std::vector<std::string> traces;  // the files, each of which has what SQLite makes beside it
  UniqueFd claim;                   // a name that was chosen is ours for as long as it is open
};

// The trace file itself, where it takes runs. Else the file of --into, or one in the current folder that is named after
// the trace file, which is said on stderr: it is made where it is not there, and refers to the recording from then on.
// A dry run makes nothing. Errors: a trace file that cannot be read, a recording that is not finished in a file that is
// being written, a file of runs that has runs of something else.
[[nodiscard]] Result<ReplayFiles> choose_files(const ReplayCommandOptions& options, const Globals& globals);

}  // namespace tracerec::cli
