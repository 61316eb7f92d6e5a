// What commands that remove something say.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/error.h"
#include "schema/trace_edit.h"

namespace tracerec::cli {

// "3 runs", "1 run".
[[nodiscard]] std::string counted(std::uint64_t count, const char* what);

// Makes the edit so, calls `say`, gives the space back, and prints the size of `db` before and after. Error: of
// commit(); then nothing was said. That the space cannot be given back is said on stderr.
[[nodiscard]] Result<void> commit_and_say(schema::TraceEdit& edit, const std::string& db,
                                          const std::function<void()>& say);

// Error: the file is meant to stay as it is: it has no write permission, whoever this is, or lies where nothing can be
// written. A file that is not there is none.
[[nodiscard]] Result<void> check_writable(const std::string& db);

// Error: there are runs of the recording in the file, which would go, and that was not asked for.
[[nodiscard]] Result<void> check_runs(std::uint64_t runs, schema::RowId recording_id, bool drop_runs);

}  // namespace tracerec::cli
