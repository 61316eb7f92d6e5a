// The files that reports are written to, looked at before there is anything to write.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/evaluation.h"

namespace tracerec::cli {

// A replay may take hours and must not end with a report that cannot be written. Each file is opened for writing: one
// that is there keeps its content, one that is not is removed again. A pipe is not opened, for its reader would take
// the end of that for the end of the report. `inputs` are what the command reads, which no report may overwrite by
// whatever name; empty ones do not count. Error: names the file and the reason; another user's file or link; or two
// reports are to be written to one file.
[[nodiscard]] Result<void> check_report_files(const std::vector<ReportRequest>& reports,
                                              const std::vector<std::string>& inputs);

// Calls `write` with a stream into that file. Reports hold recorded data: a new file has mode 0600 whatever the umask,
// and under sudo its owner is who called it; one that is there is emptied and gets mode 0600 first. What is no regular
// file, and a descriptor of this process (/dev/stdout), stays as it is; opening a named pipe waits for its reader.
// Error: as above, or why a byte could not be written.
[[nodiscard]] Result<void> write_report_file(const std::string& path, const std::function<void(std::ostream&)>& write);

}  // namespace tracerec::cli
