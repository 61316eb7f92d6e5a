#include "replay/plan.h"

#include <algorithm>
#include <cmath>

namespace tracerec::replay {

const char* skip_reason(const schema::StoredExchange& exchange, const EndpointFilter& filter) {
  if (schema::has_note(exchange.notes, "outgoing")) return kSkippedOutgoing;
  if (!filter.accepts(exchange.method, exchange.target)) return kSkippedFiltered;
  if (!exchange.complete) return kSkippedIncomplete;
  if (exchange.method == "CONNECT" || exchange.status == 101) return kSkippedUpgrade;
  return nullptr;
}

std::int64_t RecordedSchedule::intended_ns(std::int64_t started_unix_ns) const {
  const auto offset = static_cast<double>(started_unix_ns - first_ns_);  // exact for 104 days of nanoseconds
  return std::max<std::int64_t>(0, std::llround(offset / speed_));
}

std::int64_t EvenSchedule::intended_ns(std::uint64_t index) const {
  return std::llround(static_cast<double>(index) * 1e9 / rate_);
}

void ShapeBuilder::add(const schema::ConnectionSpan& span) {
  if (shape_.connections++ == 0) shape_.first_started_unix_ns = span.first_started_unix_ns;
  shape_.exchanges += span.exchanges;
  while (!ends_ns_.empty() && ends_ns_.top() <= span.first_started_unix_ns) ends_ns_.pop();
  ends_ns_.push(span.ended_unix_ns);
  shape_.peak_connections = std::max(shape_.peak_connections, ends_ns_.size());
}

}  // namespace tracerec::replay
