#include "replay/plan.h"

#include <algorithm>
#include <cmath>

namespace tracerec::replay {
namespace {

// Two of the latest still fit together: a time is added to it. llround of more gives no number of use.
std::int64_t saturated_ns(double ns) {
  constexpr double kLatest = 4e18;  // 126 years
  return std::llround(std::min(ns, kLatest));
}

}  // namespace

const char* skip_reason(const schema::StoredExchange& exchange, const EndpointFilter& filter, const ExchangeSet* needed,
                        const ExchangeSet* selected) {
  if (schema::has_note(exchange.notes, "outgoing")) return kSkippedOutgoing;
  const bool is_needed = needed != nullptr && needed->contains(exchange.id);
  if (!is_needed && !filter.accepts(exchange.method, exchange.target)) return kSkippedFiltered;
  if (!exchange.complete && !schema::is_open_ended(exchange)) return kSkippedIncomplete;
  if (exchange.method == "CONNECT" || exchange.status == 101) return kSkippedUpgrade;
  if (!is_needed && selected != nullptr && !selected->contains(exchange.id)) return kSkippedNotSelected;
  return nullptr;
}

bool was_pipelined(const schema::StoredExchange& before, const schema::StoredExchange& next) {
  constexpr std::int64_t kGraceNs = 1'000'000;
  const std::int64_t later_ns = next.started_unix_ns - before.started_unix_ns;
  return later_ns == 0 || (before.ttfb_ns >= 0 && later_ns < before.ttfb_ns - kGraceNs);
}

void PauseFinder::add(std::int64_t started_unix_ns) {
  if (last_ns_ != INT64_MAX && started_unix_ns - last_ns_ > max_idle_ns_) {
    const std::int64_t before = savings_.empty() ? 0 : savings_.back().saved_ns;
    savings_.push_back({started_unix_ns, before + started_unix_ns - last_ns_ - max_idle_ns_});
  }
  last_ns_ = started_unix_ns;
}

std::int64_t RecordedSchedule::intended_ns(std::int64_t started_unix_ns) const {
  const auto next = std::upper_bound(savings_.begin(), savings_.end(), started_unix_ns,
                                     [](std::int64_t time, const Saving& one) { return time < one.since_ns; });
  const std::int64_t saved = next == savings_.begin() ? 0 : std::prev(next)->saved_ns;
  const auto offset = static_cast<double>(started_unix_ns - first_ns_ - saved);  // exact for 104 days of nanoseconds
  return std::max<std::int64_t>(0, saturated_ns(offset / speed_));
}

std::int64_t EvenSchedule::intended_ns(std::uint64_t index) const {
  return saturated_ns(static_cast<double>(index) * 1e9 / rate_);
}

void ShapeBuilder::add(const schema::ConnectionSpan& span) {
  if (shape_.connections++ == 0) shape_.first_started_unix_ns = span.first_started_unix_ns;
  shape_.last_started_unix_ns = std::max(shape_.last_started_unix_ns, span.last_started_unix_ns);
  shape_.exchanges += span.exchanges;
  while (!ends_ns_.empty() && ends_ns_.top() <= span.first_started_unix_ns) ends_ns_.pop();
  ends_ns_.push(span.ended_unix_ns);
  shape_.peak_connections = std::max(shape_.peak_connections, ends_ns_.size());
}

}  // namespace tracerec::replay
