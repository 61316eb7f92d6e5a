#include "replay/outlook.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "replay/dependencies.h"
#include "replay/plan.h"
#include "replay/response_secrets.h"
#include "replay/values.h"

// Tests: tests/replay/outlook_test.cc.

namespace tracerec::replay {
namespace {

// Names in the options of a recording (cli/record_options.cc).
std::vector<std::string> kept(const std::optional<schema::Recording>& recording, const char* key) {
  std::vector<std::string> names;
  if (!recording) return names;
  const auto options = nlohmann::json::parse(recording->options, nullptr, false);
  if (!options.is_object() || !options.contains(key) || !options[key].is_array()) return names;
  for (const auto& name : options[key]) {
    if (name.is_string()) names.push_back(name.get<std::string>());
  }
  return names;
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
  const auto recording = reader.recording(recording_id);
  if (!recording) return recording.error();
  const Result<bool> replaced = secrets_were_replaced(reader, recording->value_or(schema::Recording{}));
  if (!replaced) return replaced.error();
  const auto ids = reader.exchange_ids(recording_id);
  if (!ids) return ids.error();
  const Correlation* const correlation = correlation_of(causes);
  Outlook outlook{{},
                  Preflight({now_unix_ns, *replaced, overridden_headers(options), options.identities, correlation,
                             options.jwt_key ? &*options.jwt_key : nullptr, ids->first,
                             kept(*recording, "kept_headers"), kept(*recording, "kept_fields")}),
                  ExchangeSet(ids->first),
                  ExchangeSet(ids->first)};
  const bool leaves_out = !options.filter.include.empty() || options.selected != nullptr;
  if (options.dependencies && correlation != nullptr && leaves_out) {
    auto needed = find_needed(reader, recording_id, options.filter, options.selected.get(), *correlation);
    if (!needed) return needed.error();
    outlook.needed = std::move(*needed);
  }
  Result<void> counted;
  const Result<void> done = reader.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    outlook.ledger.plan(1);
    if (const char* reason = skip_reason(exchange, options.filter, &outlook.needed, options.selected.get())) {
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
