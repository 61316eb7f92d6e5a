// The files that reports will be written to, looked at before there is anything to write.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "cli/evaluation.h"

namespace tracerec::cli {

// A replay may take hours and must not end with a report that cannot be written. Each file is opened for writing: one
// that is there keeps its content, one that is not is removed again. `inputs` are what the command reads, which no
// report may overwrite by whatever name; empty ones do not count. Error: names the file and the reason; another user's
// file or link; or two reports are to be written to one file.
[[nodiscard]] Result<void> check_report_files(const std::vector<ReportRequest>& reports,
                                              const std::vector<std::string>& inputs);

// Makes an empty file that only its owner may read (mode 0600, whatever the umask), since reports hold recorded data;
// under sudo the owner is who called it. Does nothing when there is a file: it keeps its mode. Where it fails, opening
// the file fails too and says why.
void create_private(const std::string& path);

}  // namespace tracerec::cli
