// A histogram of durations with a stated precision, as HdrHistogram does it. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace tracerec::replay {

// Buckets are linear within a power of two: values up to 2 × kSteps ns are exact, above that a quantile is at most
// 1/kSteps (0.8 %) too high, never too low. Any int64 fits; memory is constant (58 KB).
class Histogram {
 public:
  static constexpr std::int64_t kSteps = 128;

  void add(std::int64_t value_ns);  // a negative value counts as 0

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_ns_; }  // exact
  [[nodiscard]] double mean_ns() const { return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_); }

  // The value that a share of `quantile` (0 to 1) of all values does not exceed. 0 when empty.
  [[nodiscard]] std::int64_t quantile_ns(double quantile) const;

 private:
  static constexpr int kStepBits = 7;
  static constexpr std::size_t kBuckets = (64 - kStepBits) * kSteps;

  [[nodiscard]] static std::size_t bucket_of(std::int64_t value_ns);
  [[nodiscard]] static std::int64_t highest_in(std::size_t bucket);

  std::unique_ptr<std::array<std::uint64_t, kBuckets>> counts_ =
      std::make_unique<std::array<std::uint64_t, kBuckets>>();
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace tracerec::replay
