// The line that a recorder shows on a terminal while it works.
#pragma once

#include <cstdint>
#include <string>

#include "record/recorder.h"

namespace tracerec::cli {

// How things stand, beside what the recorder counts.
struct RecordHealth {
  std::uint64_t lost_bytes = 0;
  std::uint64_t memory_bytes = 0;  // of this process
  std::uint64_t file_bytes = 0;
  std::string last_request{};  // "GET /orders", as recorded: any bytes; without its query, which may have secrets
};

// "1m05s  1,234 exchanges  45/s …". `seconds` passed since `before`; rates are those of that time.
[[nodiscard]] std::string progress_text(std::int64_t elapsed_ns, const record::Recorder::Progress& now,
                                        const record::Recorder::Progress& before, double seconds,
                                        const RecordHealth& health);

}  // namespace tracerec::cli
