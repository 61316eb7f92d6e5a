#include "gate/slowdown.h"

#include <algorithm>
#include <cmath>

// How this works. The values of a bucket count as equal. One walk over the buckets, in the order of their values, knows
// how many old and new ones lie below, so that for the members of a bucket the share of the other side that is smaller
// less the share that is larger (their dominance) is known. The mean dominance of the new ones is Cliff's delta; how
// the dominances scatter gives its variance without assuming that both sides scatter alike; the numbers of equal values
// correct the variance of Mann and Whitney's test. Test: tests/gate/slowdown_test.cc.

namespace tracerec::gate {
namespace {

constexpr double kZ = 1.96;  // 95 %

double square(double x) {
  return x * x;
}

// What one walk adds up.
struct Sums {
  double n = 0;               // old
  double m = 0;               // new
  double delta = 0;           // mean dominance of the new ones
  double old_squares = 0;     // of the dominances of old ones
  double new_squares = 0;     // of new ones
  double equal_pairs = 0;     // old and new alike
  double tie_correction = 0;  // sum of t³ − t over groups of t equal values
};

Sums walk(const Histogram& before, const Histogram& after) {
  Sums sums;
  sums.n = static_cast<double>(before.count());
  sums.m = static_cast<double>(after.count());
  double old_below = 0;
  double new_below = 0;
  for (std::size_t bucket = 0; bucket < Histogram::kBuckets; ++bucket) {
    const auto a = static_cast<double>(before.in_bucket(bucket));
    const auto b = static_cast<double>(after.in_bucket(bucket));
    if (a + b == 0) continue;
    const double of_new = (old_below - (sums.n - old_below - a)) / sums.n;
    const double of_old = (new_below - (sums.m - new_below - b)) / sums.m;
    sums.delta += b * of_new / sums.m;
    sums.new_squares += b * square(of_new);
    sums.old_squares += a * square(of_old);
    sums.equal_pairs += a * b;
    sums.tie_correction += (a + b) * (square(a + b) - 1);
    old_below += a;
    new_below += b;
  }
  return sums;
}

// Unbiased, with the floor that Cliff gives, since the estimate may come out at or below 0.
double variance_of_delta(const Sums& s) {
  const double of_new = s.new_squares - s.m * square(s.delta);
  const double of_old = s.old_squares - s.n * square(s.delta);
  const double of_pairs = s.n * s.m - s.equal_pairs - s.n * s.m * square(s.delta);
  const double unbiased =
      (square(s.n) * of_new + square(s.m) * of_old - of_pairs) / (s.n * s.m * (s.n - 1) * (s.m - 1));
  return std::max(unbiased, (1 - square(s.delta)) / (s.n * s.m - 1));
}

// Asymmetric, so that it stays within −1 to 1. When the sides do not overlap at all, the nearer end comes from the
// smaller side.
Interval range_of_delta(const Sums& s) {
  const double d = s.delta;
  const double room = 1 - square(d);
  if (room < 1e-12) {
    const double smaller = std::min(s.n, s.m);
    const double end = (smaller - square(kZ)) / (smaller + square(kZ));
    return d > 0 ? Interval{end, 1} : Interval{-1, -end};
  }
  const double variance = variance_of_delta(s);
  const double reach = kZ * std::sqrt(variance) * std::sqrt(square(room) + square(kZ) * variance);
  const double scale = room + square(kZ) * variance;
  return {std::max(-1.0, (d * room - reach) / scale), std::min(1.0, (d * room + reach) / scale)};
}

double mann_whitney(const Sums& s) {
  const double all = s.n + s.m;
  const double variance = s.n * s.m / 12 * (all + 1 - s.tie_correction / (all * (all - 1)));
  if (variance <= 0) return 1;                                // all values are equal
  const double distance = std::abs(s.delta) * s.n * s.m / 2;  // of U from its mean
  return std::erfc(std::max(0.0, distance - 0.5) / std::sqrt(variance) / std::sqrt(2.0));
}

double ratio_of(std::int64_t after, std::int64_t before) {
  if (before > 0) return static_cast<double>(after) / static_cast<double>(before);
  return after > 0 ? INFINITY : 1;
}

}  // namespace

Effect compare_durations(const Histogram& before, const Histogram& after) {
  Effect effect;
  if (before.count() < 2 || after.count() < 2) return effect;
  const Sums sums = walk(before, after);
  effect.delta = sums.delta;
  effect.delta_range = range_of_delta(sums);
  effect.median_ratio = ratio_of(after.quantile_ns(0.5), before.quantile_ns(0.5));
  if (before.count() >= kMinResponses && after.count() >= kMinResponses) effect.p_value = mann_whitney(sums);
  return effect;
}

bool is_slower(const Effect& effect) {
  return effect.delta >= kMinDelta && effect.delta_range.low > 0 && effect.median_ratio >= kMinMedianRatio;
}

bool is_faster(const Effect& effect) {
  return effect.delta <= -kMinDelta && effect.delta_range.high < 0 && effect.median_ratio <= 1 / kMinMedianRatio;
}

}  // namespace tracerec::gate
