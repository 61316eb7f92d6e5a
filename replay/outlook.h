// What a pass over a recording says of its replay before anything is sent: which exchanges would be sent, and what may
// go wrong with them.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "replay/causality.h"
#include "replay/exchange_set.h"
#include "replay/options.h"
#include "replay/preflight.h"
#include "replay/run_ledger.h"
#include "schema/reader.h"

namespace tracerec::replay {

struct Outlook {
  RunLedger ledger;  // planned, and skipped by reason
  Preflight preflight;
  ExchangeSet sent;                 // what is not skipped
  ExchangeSet needed;               // sent although --include does not name them (dependencies.h)
  std::uint64_t shifted_times = 0;  // of a dry run: what would be moved (time_shift.h)
  std::uint64_t signed_tokens = 0;
};

// `causes`: what find_causes gave with these options; nullptr: it was not asked. Error: the trace file cannot be read.
[[nodiscard]] Result<Outlook> look_ahead(schema::Reader& reader, schema::RowId recording_id,
                                         const ReplayOptions& options, const Causes* causes, std::int64_t now_unix_ns);

}  // namespace tracerec::replay
