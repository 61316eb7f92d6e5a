#include "evaluate/sample.h"

#include <cstdint>
#include <map>
#include <utility>

#include "evaluate/operation.h"
#include "gate/endpoint.h"

// Tests: tests/evaluate/sample_test.cc.

namespace tracerec::evaluate {
namespace {

using IdsByStatus = std::map<int, std::vector<schema::RowId>>;

Result<gate::Endpoints> learn(schema::Reader& rows, schema::RowId recording_id,
                              const std::vector<std::string>& templates) {
  gate::Endpoints endpoints(templates);
  const Result<void> done = rows.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    if (!schema::has_note(exchange.notes, "outgoing")) endpoints.learn(exchange.method, exchange.target);
    return true;
  });
  if (!done) return done.error();
  return endpoints;
}

// The first of each status, then the second of each, until there are `most`.
void take_turns(const IdsByStatus& ids, std::size_t most, replay::ExchangeSet& chosen) {
  std::size_t taken = 0;
  for (std::size_t turn = 0; turn < most && taken < most; ++turn) {
    for (const auto& [status, of_status] : ids) {
      if (turn < of_status.size() && taken < most) taken += chosen.insert(of_status[turn]) ? 1U : 0U;
    }
  }
}

}  // namespace

Result<replay::ExchangeSet> sample_per_endpoint(schema::Reader& rows, schema::Reader& bodies,
                                                schema::RowId recording_id,
                                                const std::function<bool(const schema::StoredExchange&)>& may_take,
                                                const std::vector<std::string>& templates, std::size_t most) {
  const auto range = rows.exchange_ids(recording_id);
  if (!range) return range.error();
  const auto endpoints = learn(rows, recording_id, templates);
  if (!endpoints) return endpoints.error();
  std::map<std::string, IdsByStatus> found;
  Result<void> read;
  const Result<void> done = rows.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    if (!may_take(exchange)) return true;
    const auto operation = operation_of(bodies, exchange);
    if (!operation) {
      read = operation.error();
      return false;
    }
    const auto name = endpoints->name_of(exchange.method, exchange.target, operation->name).name;
    auto& ids = found[name][exchange.status];
    if (ids.size() < most) ids.push_back(exchange.id);
    return true;
  });
  if (!done) return done.error();
  if (!read) return read.error();
  replay::ExchangeSet chosen(range->first);
  for (const auto& [name, ids] : found) take_turns(ids, most, chosen);
  return chosen;
}

}  // namespace tracerec::evaluate
