#include "base/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tracerec {

// Values below 2 × kSteps are their own bucket. Above, the highest kStepBits + 1 bits of a value select it: bucket
// shift × kSteps + (value >> shift), where shift brings the value into [kSteps, 2 × kSteps).
std::size_t Histogram::bucket_of(std::int64_t value_ns) {
  const auto value = static_cast<std::uint64_t>(value_ns);
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kStepBits - 1);
  return static_cast<std::size_t>(shift) * kSteps + static_cast<std::size_t>(value >> shift);
}

std::int64_t Histogram::highest_in(std::size_t bucket) {
  if (bucket < 2 * kSteps) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = bucket / kSteps - 1;
  const std::uint64_t lowest = static_cast<std::uint64_t>(bucket - shift * kSteps) << shift;
  return static_cast<std::int64_t>(lowest + (std::uint64_t{1} << shift) - 1);
}

void Histogram::add(std::int64_t value_ns) {
  value_ns = std::max<std::int64_t>(value_ns, 0);
  const std::size_t bucket = bucket_of(value_ns);
  std::unique_ptr<Row>& row = rows_[bucket / kSteps];
  if (!row) row = std::make_unique<Row>();
  ++(*row)[bucket % kSteps];
  ++count_;
  max_ns_ = std::max(max_ns_, value_ns);
  sum_ns_ += static_cast<double>(value_ns);
}

std::uint64_t Histogram::in_bucket(std::size_t bucket) const {
  const std::unique_ptr<Row>& row = rows_[bucket / kSteps];
  return row ? (*row)[bucket % kSteps] : 0;
}

std::int64_t Histogram::quantile_ns(double quantile) const {
  if (count_ == 0) return 0;
  const double rank = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += in_bucket(bucket);
    if (seen >= wanted) return std::min(highest_in(bucket), max_ns_);
  }
  return max_ns_;
}

}  // namespace tracerec
