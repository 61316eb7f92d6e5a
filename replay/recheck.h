// Sends some exchanges of a run again, each twice back to back, to learn what varies on its own.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "replay/options.h"
#include "replay/replay.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"

namespace tracerec::replay {

struct Recheck {
  schema::Run run;                       // that is judged; its stored responses give the values
  std::vector<schema::RowId> exchanges;  // of its recording
  // A value that differed may be a clock: all are re-sent once, and after kClockNs once more. Not when an exchange may
  // change things: its two responses must meet the same state.
  bool clocks = false;
};
constexpr std::int64_t kClockNs = 1'100'000'000;  // clocks of seconds are in use

struct RecheckSummary {
  ReplaySummary first, second;  // two runs with their ledgers: planned is the number of exchanges
};

// `options` are those of the run. It goes to the baseline where there is one, else to the target: as fast as they
// respond, on few connections; on one, strictly one after the other, when an exchange may change things. What needs a
// value that the run was not answered is not sent, and counted as failed.unresolved. The run itself is not touched.
// Errors as of replay().
[[nodiscard]] Result<RecheckSummary> recheck(const ReplayOptions& options, const Recheck& what, schema::Reader& reader,
                                             schema::BatchWriter& writer, const ReplayControl& control,
                                             const Clock& clock);

}  // namespace tracerec::replay
