#include "gate/latency.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>

namespace tracerec::gate {
namespace {

// False discoveries that are accepted among the changes that are called proven.
constexpr double kFalseDiscoveryRate = 0.05;

double milliseconds(std::int64_t ns) {
  return static_cast<double>(ns) / 1e6;
}

LatencyColumn column_of(const Histogram& h) {
  return {h.count(), milliseconds(h.quantile_ns(0.50)), milliseconds(h.quantile_ns(0.95)),
          milliseconds(h.quantile_ns(0.99)), milliseconds(h.max_ns())};
}

int rank_of(Change change) {
  return change == Change::kSlower ? 0 : change == Change::kFaster ? 1 : 2;
}

bool comes_first(const LatencyRow& a, const LatencyRow& b) {
  const int rank = rank_of(a.change);
  if (rank != rank_of(b.change)) return rank < rank_of(b.change);
  if (a.change == Change::kNotProven) return std::tie(b.replayed.p95_ms, a.name) < std::tie(a.replayed.p95_ms, b.name);
  const double a_delta = std::abs(a.effect.delta);
  const double b_delta = std::abs(b.effect.delta);
  return std::tie(b_delta, a.name) < std::tie(a_delta, b.name);
}

void add_known(Histogram& histogram, std::int64_t value_ns) {
  if (value_ns >= 0) histogram.add(value_ns);
}

}  // namespace

std::uint64_t LatencySummary::slowdowns() const {
  return static_cast<std::uint64_t>(std::count_if(endpoints.begin(), endpoints.end(),
                                                  [](const LatencyRow& row) { return row.change == Change::kSlower; }));
}

std::uint64_t LatencySummary::too_few() const {
  return static_cast<std::uint64_t>(std::count_if(endpoints.begin(), endpoints.end(), [](const LatencyRow& row) {
    return std::min(row.against.responses, row.replayed.responses) < kMinResponses;
  }));
}

void add_latency_metrics(const LatencySummary& latency, std::map<std::string, double>& metrics) {
  constexpr std::pair<const char*, double LatencyColumn::*> kMembers[] = {{"p50", &LatencyColumn::p50_ms},
                                                                          {"p95", &LatencyColumn::p95_ms},
                                                                          {"p99", &LatencyColumn::p99_ms},
                                                                          {"max", &LatencyColumn::max_ms}};
  for (const auto& [name, member] : kMembers) {
    metrics[std::string("latency.") + name] = latency.total.replayed.*member;
    metrics[std::string("latency.first_byte.") + name] = latency.first_byte.replayed.*member;
    metrics[std::string("latency.intended.") + name] = latency.intended.replayed.*member;
    const double before = latency.total.against.*member;
    if (latency.proves && before > 0)
      metrics[std::string("latency.") + name + "_ratio"] = latency.total.replayed.*member / before;
  }
  if (latency.proves) metrics["slowdowns"] = static_cast<double>(latency.slowdowns());
}

void LatencyTable::add(const std::string& endpoint, const Times& recorded, const Times& against,
                       const Times& replayed) {
  if (recorded.duration_ns < 0 || replayed.duration_ns < 0 || (against_ && against.duration_ns < 0)) return;
  for (Sides* sides : {&total_, &sides_of(endpoint)}) {
    sides->recorded.add(recorded.duration_ns);
    if (against_) sides->against.add(against.duration_ns);
    sides->replayed.add(replayed.duration_ns);
  }
  add_known(first_byte_.recorded, recorded.ttfb_ns);
  if (against_) add_known(first_byte_.against, against.ttfb_ns);
  add_known(first_byte_.replayed, replayed.ttfb_ns);
  if (against_) intended_.against.add(against.late_ns + against.duration_ns);
  intended_.replayed.add(replayed.late_ns + replayed.duration_ns);
}

LatencyTable::Sides& LatencyTable::sides_of(const std::string& endpoint) {
  const auto at = endpoints_.find(endpoint);
  if (at != endpoints_.end()) return at->second;
  return endpoints_.size() < max_endpoints_ ? endpoints_[endpoint] : others_;
}

LatencyRow LatencyTable::row_of(const std::string& name, const Sides& sides) const {
  LatencyRow row;
  row.name = name;
  row.recorded = column_of(sides.recorded);
  row.against = column_of(sides.against);
  row.replayed = column_of(sides.replayed);
  if (against_) row.effect = compare_durations(sides.against, sides.replayed);
  return row;
}

void LatencyTable::prove(std::vector<LatencyRow>& rows) const {
  std::vector<double> p_values;
  for (const LatencyRow& row : rows) p_values.push_back(row.effect.p_value);
  const std::vector<bool> significant = benjamini_hochberg(p_values, kFalseDiscoveryRate);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!significant[i]) continue;
    if (is_slower(rows[i].effect)) rows[i].change = Change::kSlower;
    if (is_faster(rows[i].effect)) rows[i].change = Change::kFaster;
  }
}

LatencySummary LatencyTable::summary() const {
  LatencySummary summary;
  summary.proves = against_;
  summary.total = row_of("all", total_);
  summary.first_byte = row_of("first byte", first_byte_);
  summary.intended = row_of("from intended", intended_);
  for (const auto& [name, sides] : endpoints_) summary.endpoints.push_back(row_of(name, sides));
  if (others_.replayed.count() > 0) summary.endpoints.push_back(row_of(kOtherEndpoints, others_));
  if (against_) prove(summary.endpoints);
  std::sort(summary.endpoints.begin(), summary.endpoints.end(), comes_first);
  return summary;
}

}  // namespace tracerec::gate
