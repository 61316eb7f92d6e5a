#include "replay/dependencies.h"

#include <vector>

#include "replay/plan.h"

// Tests: tests/replay/outlook_test.cc.

namespace tracerec::replay {
namespace {

class Needed {
 public:
  Needed(const Correlation& correlation, schema::RowId first_id)
      : correlation_(correlation), may_send_(first_id), chosen_(first_id), needed_(first_id) {}

  void may_send(schema::RowId id) { may_send_.insert(id); }
  void choose(schema::RowId id) { chosen_.insert(id); }

  // Producers in turn, without recursion: a chain may be as long as the recording.
  void add_needs_of(schema::RowId id) {
    std::vector<schema::RowId> open{id};
    while (!open.empty()) {
      const Ordinal consumer = correlation_.ordinal_of(open.back());
      open.pop_back();
      for (const Edge& edge : correlation_.edges_of(consumer)) {
        const schema::RowId producer = correlation_.id_of(edge.producer);
        const bool is_new = may_send_.contains(producer) && !chosen_.contains(producer) && needed_.insert(producer);
        if (is_new) open.push_back(producer);
      }
    }
  }

  [[nodiscard]] bool is_chosen(schema::RowId id) const { return chosen_.contains(id); }
  [[nodiscard]] ExchangeSet take() { return std::move(needed_); }

 private:
  const Correlation& correlation_;
  ExchangeSet may_send_;
  ExchangeSet chosen_;
  ExchangeSet needed_;
};

}  // namespace

Result<ExchangeSet> find_needed(schema::Reader& reader, schema::RowId recording_id, const EndpointFilter& filter,
                                const ExchangeSet* selected, const Correlation& correlation) {
  const schema::RowId first_id = correlation.id_of(0);
  const EndpointFilter all_but_excluded{{}, filter.exclude};
  Needed needed(correlation, first_id);
  const Result<void> done = reader.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    if (skip_reason(exchange, all_but_excluded) != nullptr) return true;
    needed.may_send(exchange.id);
    const bool is_selected = selected == nullptr || selected->contains(exchange.id);
    if (is_selected && filter.accepts(exchange.method, exchange.target)) needed.choose(exchange.id);
    return true;
  });
  if (!done) return done.error();
  const auto count = static_cast<schema::RowId>(correlation.exchange_count());
  for (schema::RowId id = first_id; id < first_id + count; ++id) {
    if (needed.is_chosen(id)) needed.add_needs_of(id);
  }
  return needed.take();
}

}  // namespace tracerec::replay
