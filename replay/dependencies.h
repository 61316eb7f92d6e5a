// What the requests that --include or --sample-per-endpoint choose need: the exchanges whose responses give their
// values (ids, tokens, cookies: a login is one of them), and what those need in turn.
#pragma once

#include "base/error.h"
#include "base/glob.h"
#include "replay/correlate.h"
#include "replay/exchange_set.h"
#include "schema/reader.h"

namespace tracerec::replay {

// Exchanges that are not included, or not in `selected` (nullptr: all are), and are needed. Those that --exclude names,
// or that cannot be sent, are left out: the requests that need their values are failed.unresolved. Error: the trace
// file cannot be read. Memory: three bits for an exchange.
[[nodiscard]] Result<ExchangeSet> find_needed(schema::Reader& reader, schema::RowId recording_id,
                                              const EndpointFilter& filter, const ExchangeSet* selected,
                                              const Correlation& correlation);

}  // namespace tracerec::replay
