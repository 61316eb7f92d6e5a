#include "base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace tracerec {
namespace {

TEST(HistogramTest, QuantilesAgreeWithASortedListWithinThePrecision) {
  std::mt19937_64 random(7);
  for (const double scale : {100.0, 1e4, 1e7, 1e12}) {
    Histogram histogram;
    std::vector<std::int64_t> sorted;
    for (int i = 0; i < 5'000; ++i) {
      const auto value = static_cast<std::int64_t>(std::exponential_distribution<>(1 / scale)(random));
      histogram.add(value);
      sorted.push_back(value);
    }
    std::sort(sorted.begin(), sorted.end());
    for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.9999, 1.0}) {
      const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(q * 5'000.0)));
      const std::int64_t exact = sorted[rank - 1];
      EXPECT_GE(histogram.quantile_ns(q), exact) << q;
      EXPECT_LE(histogram.quantile_ns(q), exact + exact / Histogram::kSteps) << q;
    }
    EXPECT_EQ(histogram.max_ns(), sorted.back());
    EXPECT_EQ(histogram.count(), 5'000u);
  }
}

TEST(HistogramTest, Extremes) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile_ns(0.5), 0);
  histogram.add(-5);
  histogram.add(INT64_MAX);
  EXPECT_EQ(histogram.quantile_ns(0.5), 0);
  EXPECT_EQ(histogram.quantile_ns(1), INT64_MAX);
  EXPECT_EQ(histogram.max_ns(), INT64_MAX);
}

TEST(HistogramTest, BucketsHoldEveryValueOnce) {
  Histogram histogram;
  for (const std::int64_t value : {0L, 1L, 255L, 256L, 257L, 1'000'000L, 1'000'000L, INT64_MAX}) histogram.add(value);
  std::uint64_t all = 0;
  for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) all += histogram.in_bucket(bucket);
  EXPECT_EQ(all, histogram.count());
  EXPECT_EQ(histogram.in_bucket(1), 1u);
  EXPECT_EQ(histogram.in_bucket(256), 2u);  // two steps wide from here on
}

}  // namespace
}  // namespace tracerec
