#include "cli/prune_plan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/sha256.h"
#include "base/text.h"
#include "evaluate/sample.h"
#include "replay/causality.h"
#include "replay/dependencies.h"
#include "replay/plan.h"
#include "schema/repeats.h"

// Tests: tests/e2e/prune_test.cc.

namespace tracerec::cli {
namespace {

constexpr std::size_t kMostDifferent = 4'000'000;

bool is_wanted(const schema::StoredExchange& exchange, const KeepConditions& conditions) {
  return exchange.started_unix_ns >= conditions.since_unix_ns && exchange.started_unix_ns <= conditions.until_unix_ns &&
         conditions.filter.accepts(exchange.method, exchange.target);
}

// The head of a response without its Date, which says when it was sent (RFC 9110 §6.6.1) and nothing else.
void hash_head(std::string_view head, Sha256& hash) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size() - 1) + 1;
    const std::string_view line = head.substr(0, end);
    if (!equals_ignoring_case(line.substr(0, 5), "date:")) hash.update(line);
    head.remove_prefix(end);
  }
}

// Half of a SHA-256: exchanges that share it are equal.
using PairKey = std::array<std::uint64_t, 2>;
struct HashOfKey {
  std::size_t operator()(const PairKey& key) const { return static_cast<std::size_t>(key[0]); }
};

Result<PairKey> key_of(schema::Reader& bodies, const schema::StoredExchange& exchange) {
  Sha256 hash;
  const auto part = [&](std::string_view bytes) {
    hash.update(std::to_string(bytes.size()) + ':');
    hash.update(bytes);
  };
  part(exchange.request_head);
  part(exchange.interim);
  part(exchange.complete ? "complete" : exchange.notes);
  hash_head(exchange.response_head, hash);
  for (const schema::StoredBody* body : {&exchange.request_body, &exchange.response_body}) {
    part(std::to_string(body->wire_bytes));
    const auto read = bodies.read_body(*body, [&](std::string_view piece) {
      hash.update(piece);
      return true;
    });
    if (!read) return read.error();
  }
  const Sha256Digest digest = hash.finish();
  PairKey key;
  std::memcpy(key.data(), digest.data(), sizeof(key));
  return key;
}

// Finds the exchanges that are equal to an earlier one.
class Duplicates {
 public:
  Duplicates(schema::Reader& bodies, schema::RowId first_id) : bodies_(bodies), later_(first_id) {}

  Result<void> add(const schema::StoredExchange& exchange) {
    const auto key = key_of(bodies_, exchange);
    if (!key) return key.error();
    if (first_.size() >= kMostDifferent && !first_.contains(*key)) {
      all_compared_ = false;
      return {};
    }
    const std::uint64_t stands_for = schema::repeats_of(exchange.notes);
    const auto [at, is_first] = first_.emplace(*key, std::pair(exchange.id, stands_for));
    if (is_first) return {};
    at->second.second += stands_for;
    later_.insert(exchange.id);
    return {};
  }

  // The exchange that stands for it; itself, where nothing does.
  Result<schema::RowId> first_of(schema::RowId id) {
    if (!later_.contains(id)) return id;
    const auto exchange = bodies_.exchange(id);
    if (!exchange) return exchange.error();
    const auto key = *exchange ? key_of(bodies_, **exchange) : Result<PairKey>(PairKey{});
    if (!key) return key.error();
    const auto at = first_.find(*key);
    return at == first_.end() ? id : at->second.first;
  }

  [[nodiscard]] bool is_later(schema::RowId id) const { return later_.contains(id); }
  [[nodiscard]] bool all_compared() const { return all_compared_; }
  // Of the first of equal ones, where there are others.
  [[nodiscard]] std::map<schema::RowId, std::uint64_t> repeats() const {
    std::map<schema::RowId, std::uint64_t> counts;
    for (const auto& [key, first] : first_) {
      if (first.second > 1) counts.emplace(first.first, first.second);
    }
    return counts;
  }

 private:
  schema::Reader& bodies_;
  replay::ExchangeSet later_;
  std::unordered_map<PairKey, std::pair<schema::RowId, std::uint64_t>, HashOfKey> first_;
  bool all_compared_ = true;
};

Result<void> find_duplicates(schema::Reader& rows, schema::RowId recording_id, const KeepConditions& conditions,
                             Duplicates& duplicates) {
  Result<void> added;
  const Result<void> done = rows.for_each_exchange(recording_id, [&](const schema::StoredExchange& exchange) {
    if (is_wanted(exchange, conditions)) added = duplicates.add(exchange);
    return added.has_value();
  });
  return done ? added : done;
}

// What the chosen ones need: the exchanges that give their values, or what stands for these.
Result<void> add_needed(schema::Reader& rows, schema::RowId recording_id, const KeepConditions& conditions,
                        Duplicates& duplicates, PrunePlan& plan) {
  const auto causes = replay::find_causes(rows, recording_id, {});
  if (!causes) return causes.error();
  if (*causes == nullptr) return {};
  const EndpointFilter all_but_excluded{{}, conditions.filter.exclude};
  const auto needed = replay::find_needed(rows, recording_id, all_but_excluded, &plan.kept, (*causes)->correlation);
  if (!needed) return needed.error();
  Result<void> found;
  const Result<void> done = rows.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    if (!needed->contains(exchange.id)) return true;
    const auto first = duplicates.first_of(exchange.id);
    if (!first) {
      found = first.error();
      return false;
    }
    plan.needed += plan.kept.insert(*first) ? 1U : 0U;
    return true;
  });
  return done ? found : done;
}

}  // namespace

Result<PrunePlan> plan_prune(schema::Reader& rows, schema::Reader& bodies, schema::RowId recording_id,
                             const KeepConditions& conditions) {
  const auto ids = rows.exchange_ids(recording_id);
  if (!ids) return ids.error();
  Duplicates duplicates(bodies, ids->first);
  if (conditions.dedup) {
    if (auto found = find_duplicates(rows, recording_id, conditions, duplicates); !found) return found.error();
  }
  const auto may_keep = [&](const schema::StoredExchange& exchange) {
    return is_wanted(exchange, conditions) && !duplicates.is_later(exchange.id);
  };
  replay::ExchangeSet sample(ids->first);
  if (conditions.per_endpoint > 0) {
    auto chosen = evaluate::sample_per_endpoint(
        rows, bodies, recording_id,
        [&](const auto& one) { return may_keep(one) && replay::skip_reason(one, {}) == nullptr; }, conditions.templates,
        conditions.per_endpoint);
    if (!chosen) return chosen.error();
    sample = std::move(*chosen);
  }
  PrunePlan plan{replay::ExchangeSet(ids->first), 0, 0, {}, duplicates.all_compared()};
  const Result<void> done = rows.for_each_request(recording_id, [&](const schema::StoredExchange& exchange) {
    ++plan.all;
    if (may_keep(exchange) && (conditions.per_endpoint == 0 || sample.contains(exchange.id)))
      plan.kept.insert(exchange.id);
    return true;
  });
  if (!done) return done.error();
  const bool leaves_any = plan.all > 0 && plan.kept.count() > 0 && plan.kept.count() < plan.all;
  if (conditions.dependencies && leaves_any) {
    if (auto added = add_needed(rows, recording_id, conditions, duplicates, plan); !added) return added.error();
  }
  for (const auto& [id, count] : duplicates.repeats()) {
    if (plan.kept.contains(id)) plan.repeats.emplace(id, count);
  }
  return plan;
}

}  // namespace tracerec::cli
