// Why a run proves nothing, whatever the conditions of the gate say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "evaluate/plan.h"
#include "report/report.h"
#include "schema/reader.h"

namespace tracerec::evaluate {

// One line for each reason: the run, or the one whose responses are the baseline, was interrupted, killed or given up
// (not with plan.allow_partial); a bound was reached beyond which differences were not looked at (not when a condition
// names limits_reached). Error: the trace file cannot be read.
[[nodiscard]] Result<std::vector<std::string>> doubts(schema::Reader& reader, const schema::Run& run,
                                                      const std::optional<schema::Run>& against, const Plan& plan,
                                                      const report::Report& report);

}  // namespace tracerec::evaluate
