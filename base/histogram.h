// A histogram of durations with a stated precision, as HdrHistogram does it. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace tracerec {

// Buckets are linear within a power of two: values up to 2 × kSteps ns are exact, above that a quantile is at most
// 1/kSteps (0.8 %) too high, never too low. Any int64 fits; memory is 1 KB for each power of two that occurs (58 KB at
// most).
class Histogram {
 public:
  static constexpr std::int64_t kSteps = 128;
  static constexpr int kStepBits = 7;
  static constexpr std::size_t kRows = 64 - kStepBits;
  static constexpr std::size_t kBuckets = kRows * kSteps;

  void add(std::int64_t value_ns);  // a negative value counts as 0

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_ns_; }  // exact
  [[nodiscard]] double mean_ns() const { return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_); }

  // The value that a share of `quantile` (0 to 1) of all values does not exceed. 0 when empty.
  [[nodiscard]] std::int64_t quantile_ns(double quantile) const;

  // How many values fell into a bucket; buckets are in the order of their values.
  [[nodiscard]] std::uint64_t in_bucket(std::size_t bucket) const;

 private:
  using Row = std::array<std::uint64_t, kSteps>;

  [[nodiscard]] static std::size_t bucket_of(std::int64_t value_ns);
  [[nodiscard]] static std::int64_t highest_in(std::size_t bucket);

  std::array<std::unique_ptr<Row>, kRows> rows_;
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace tracerec
