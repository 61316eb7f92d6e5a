#include "replay/outlook.h"

#include <algorithm>
#include <utility>

#include "replay/dependencies.h"
#include "replay/plan.h"

// Tests: tests/replay/outlook_test.cc.

namespace tracerec::replay {
namespace {

Result<bool> secrets_were_replaced(schema::Reader& reader, schema::RowId recording_id) {
  const auto ledger = reader.recording_ledger(recording_id);
  if (!ledger) return ledger.error();
  return std::any_of(ledger->begin(), ledger->end(),
                     [](const schema::LedgerEntry& entry) { return entry.key == "redacted" && entry.count > 0; });
}

const Correlation* correlation_of(const Causes* causes) {
  return causes != nullptr && causes->correlate ? &causes->correlation : nullptr;
}

}  // namespace

Result<Outlook> look_ahead(schema::Reader& reader, schema::RowId recording_id, const ReplayOptions& options,
                           const Causes* causes, std::int64_t now_unix_ns) {
  const Result<bool> replaced = secrets_were_replaced(reader, recording_id);
  if (!replaced) return replaced.error();
  const auto ids = reader.exchange_ids(recording_id);
  if (!ids) return ids.error();
  const Correlation* const correlation = correlation_of(causes);
  Outlook outlook{
      {},
      Preflight({now_unix_ns, *replaced, overridden_headers(options), options.identities, correlation, ids->first}),
      ExchangeSet(ids->first)};
  if (options.dependencies && correlation != nullptr && !options.filter.include.empty()) {
    auto needed = find_needed(reader, recording_id, options.filter, *correlation);
    if (!needed) return needed.error();
    outlook.needed = std::move(*needed);
  }
  const Result<void> done = reader.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    outlook.ledger.plan(1);
    if (const char* reason = skip_reason(exchange, options.filter, &outlook.needed)) {
      outlook.ledger.skip(reason);
    } else {
      outlook.preflight.add(exchange);
    }
    return true;
  });
  if (!done) return done.error();
  return outlook;
}

}  // namespace tracerec::replay
