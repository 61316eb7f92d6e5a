#include "replay/outlook.h"

#include <algorithm>
#include <string>
#include <utility>

#include "replay/dependencies.h"
#include "replay/plan.h"
#include "replay/values.h"

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

// What would be moved in the request if it were sent now.
Result<void> count_shifted(schema::Reader& reader, const schema::StoredExchange& exchange, const ShiftRules& rules,
                           const Correlation* correlation, Outlook& outlook) {
  std::string wire = exchange.request_body.bytes;
  if (exchange.request_body.body_id != 0 && exchange.request_body.captured_bytes <= kMaxContentBytes) {
    auto loaded = reader.load_body(exchange.request_body, kMaxContentBytes);
    if (!loaded) return loaded.error();
    wire = std::move(*loaded);
  }
  std::string buffer;
  const auto content = content_of(exchange.request_head, wire, true, buffer);
  const Shifted found = find_shifted(exchange.request_head, content ? *content : std::string_view{}, rules,
                                     [&](const std::string& location) {
                                       return correlation != nullptr && is_carried(*correlation, exchange.id, location);
                                     });
  outlook.signed_tokens += found.tokens();
  outlook.shifted_times += found.values.size() - found.tokens();
  return {};
}

}  // namespace

Result<Outlook> look_ahead(schema::Reader& reader, schema::RowId recording_id, const ReplayOptions& options,
                           const Causes* causes, std::int64_t now_unix_ns) {
  const Result<bool> replaced = secrets_were_replaced(reader, recording_id);
  if (!replaced) return replaced.error();
  const auto ids = reader.exchange_ids(recording_id);
  if (!ids) return ids.error();
  const Correlation* const correlation = correlation_of(causes);
  Outlook outlook{{},
                  Preflight({now_unix_ns, *replaced, overridden_headers(options), options.identities, correlation,
                             options.jwt_key ? &*options.jwt_key : nullptr, ids->first}),
                  ExchangeSet(ids->first),
                  ExchangeSet(ids->first)};
  if (options.dependencies && correlation != nullptr && !options.filter.include.empty()) {
    auto needed = find_needed(reader, recording_id, options.filter, *correlation);
    if (!needed) return needed.error();
    outlook.needed = std::move(*needed);
  }
  Result<void> counted;
  const Result<void> done = reader.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    outlook.ledger.plan(1);
    if (const char* reason = skip_reason(exchange, options.filter, &outlook.needed)) {
      outlook.ledger.skip(reason);
    } else {
      outlook.preflight.add(exchange);
      outlook.sent.insert(exchange.id);
      if (options.dry_run && shifts(options)) {
        const ShiftRules rules = shift_rules(options, {exchange.started_unix_ns, now_unix_ns});
        counted = count_shifted(reader, exchange, rules, correlation, outlook);
      }
    }
    return counted.has_value();
  });
  if (!done) return done.error();
  if (!counted) return counted.error();
  return outlook;
}

}  // namespace tracerec::replay
