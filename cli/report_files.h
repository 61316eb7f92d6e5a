// The files that reports will be written to, looked at before there is anything to write.
#pragma once

#include <vector>

#include "base/error.h"
#include "cli/evaluation.h"

namespace tracerec::cli {

// A replay may take hours and must not end with a report that cannot be written. Each file is opened for writing: one
// that is there keeps its content, one that is not is removed again. Error: names the file and the reason; or two
// reports are to be written to one file.
[[nodiscard]] Result<void> check_report_files(const std::vector<ReportRequest>& reports);

}  // namespace tracerec::cli
