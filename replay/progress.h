// How far a replay is, and when it will be over. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "replay/options.h"
#include "replay/plan.h"

namespace tracerec::replay {

struct Progress {
  std::uint64_t planned = 0;
  std::uint64_t done = 0;  // sent and answered or failed, or skipped
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::int64_t elapsed_ns = 0;
  std::int64_t planned_end_ns = -1;  // from the start of the run; -1: as fast as it goes
};

// When the last request is due, from the start of the run; -1 with Pace::kMax.
[[nodiscard]] std::int64_t planned_end_ns(const ReplayOptions& options, const RecordingShape& shape);

// By the plan while there is one and it is not over, else by the rate so far; -1: not known yet.
[[nodiscard]] std::int64_t remaining_ns(const Progress& progress);

// "1,200 of 5,000 (24 %)  300/s  0:12 left  3 failed"
[[nodiscard]] std::string describe(const Progress& progress);

}  // namespace tracerec::replay
