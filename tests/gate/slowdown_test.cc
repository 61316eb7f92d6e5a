#include "gate/slowdown.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace tracerec::gate {
namespace {

// Response times: a body near a millisecond and a long tail.
std::vector<std::int64_t> draw(std::mt19937_64& random, std::size_t count, double factor = 1, double spread = 0.4) {
  std::lognormal_distribution<double> duration(std::log(1e6), spread);
  std::vector<std::int64_t> values(count);
  for (std::int64_t& value : values) value = static_cast<std::int64_t>(duration(random) * factor);
  return values;
}

Histogram histogram_of(const std::vector<std::int64_t>& values) {
  Histogram histogram;
  for (const std::int64_t value : values) histogram.add(value);
  return histogram;
}

// By the definition: all pairs.
double delta_by_pairs(const std::vector<std::int64_t>& before, const std::vector<std::int64_t>& after) {
  std::int64_t sum = 0;
  for (const std::int64_t a : before) {
    for (const std::int64_t b : after) sum += (b > a) - (b < a);
  }
  return static_cast<double>(sum) / static_cast<double>(before.size() * after.size());
}

bool is_called(const Effect& effect) {
  return effect.p_value <= 0.05 && is_slower(effect);
}

TEST(Slowdown, DeltaIsWhatAllPairsSay) {
  std::mt19937_64 random(1);
  for (const std::size_t many : {3U, 20U, 200U}) {
    // Below 256 ns a bucket is one value: many are equal.
    std::vector<std::int64_t> before(many), after(many * 2);
    for (auto& value : before) value = std::uniform_int_distribution<std::int64_t>(0, 20)(random);
    for (auto& value : after) value = std::uniform_int_distribution<std::int64_t>(2, 25)(random);
    EXPECT_NEAR(compare_durations(histogram_of(before), histogram_of(after)).delta, delta_by_pairs(before, after),
                1e-12);
  }
}

TEST(Slowdown, TheTestCorrectsForTies) {
  const std::vector<std::int64_t> before = {1, 2, 2, 3, 3, 3, 4, 5, 5, 6, 7, 7, 8, 9, 9, 10, 11, 12, 12, 13};
  const std::vector<std::int64_t> after = {3, 4, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 11, 12, 13, 14, 14, 15, 16, 17};
  double ties = 0;
  for (std::int64_t value = 0; value < 20; ++value) {
    const auto t = static_cast<double>(std::count(before.begin(), before.end(), value) +
                                       std::count(after.begin(), after.end(), value));
    ties += t * t * t - t;
  }
  const double u_from_mean = delta_by_pairs(before, after) * 400 / 2;
  const double deviation = std::sqrt(400.0 / 12 * (41 - ties / (40 * 39)));
  const double expected = std::erfc((u_from_mean - 0.5) / deviation / std::sqrt(2.0));
  EXPECT_NEAR(compare_durations(histogram_of(before), histogram_of(after)).p_value, expected, 1e-12);
  EXPECT_GT(ties, 0);
}

// The odds of a false alarm are what they are said to be, with and without the minimal effect.
TEST(Slowdown, EqualDistributionsAreSeldomCalled) {
  int significant = 0, outside = 0, called = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    std::mt19937_64 random(seed);
    const Histogram before = histogram_of(draw(random, 100));
    const Effect effect = compare_durations(before, histogram_of(draw(random, 150)));
    significant += effect.p_value <= 0.05;
    outside += effect.delta_range.low > 0 || effect.delta_range.high < 0;
    called += is_called(effect);
  }
  EXPECT_LE(significant, 65);  // 5 % of 1,000, and the scatter of that count
  EXPECT_GE(significant, 35);
  EXPECT_LE(outside, 70);
  EXPECT_LE(called, 25);
}

// One side scatters much more, but neither is slower.
TEST(Slowdown, UnequalSpreadsAreSeldomCalled) {
  int called = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    std::mt19937_64 random(seed);
    const Histogram before = histogram_of(draw(random, 200, 1, 0.1));
    called += is_called(compare_durations(before, histogram_of(draw(random, 40, 1, 0.9))));
  }
  EXPECT_LE(called, 50);
}

TEST(Slowdown, TwentyPercentAreCalled) {
  int called = 0, other_way = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    std::mt19937_64 random(seed);
    const Histogram before = histogram_of(draw(random, 300));
    const Histogram after = histogram_of(draw(random, 300, 1.2));
    called += is_called(compare_durations(before, after));
    other_way += is_slower(compare_durations(after, before));
  }
  EXPECT_GE(called, 900);
  EXPECT_EQ(other_way, 0);
}

TEST(Slowdown, TinySamplesAreNeverCalled) {
  for (std::size_t many = 0; many < kMinResponses; ++many) {
    std::mt19937_64 random(many);
    const Histogram few = histogram_of(draw(random, many, 100));
    EXPECT_FALSE(is_called(compare_durations(histogram_of(draw(random, 1000)), few))) << many;
    EXPECT_FALSE(is_called(compare_durations(few, histogram_of(draw(random, 1000, 1e4))))) << many;
  }
}

TEST(Slowdown, ASmallEffectIsNotCalledHoweverSignificant) {
  std::mt19937_64 random(3);
  const Histogram before = histogram_of(draw(random, 200'000));
  const Effect effect = compare_durations(before, histogram_of(draw(random, 200'000, 1.03)));
  EXPECT_LT(effect.p_value, 1e-6);
  EXPECT_FALSE(is_called(effect));
}

TEST(Slowdown, SidesWithoutOverlapAndWithoutDifference) {
  const Histogram fast = histogram_of(std::vector<std::int64_t>(50, 1000));
  const Histogram slow = histogram_of(std::vector<std::int64_t>(40, 5000));
  const Effect apart = compare_durations(fast, slow);
  EXPECT_TRUE(is_called(apart));
  EXPECT_DOUBLE_EQ(apart.delta, 1);
  EXPECT_GT(apart.delta_range.low, 0.5);
  EXPECT_LT(apart.delta_range.low, 1);
  EXPECT_TRUE(is_faster(compare_durations(slow, fast)));
  const Effect same = compare_durations(fast, fast);
  EXPECT_EQ(same.delta, 0);
  EXPECT_EQ(same.p_value, 1);
  EXPECT_FALSE(is_slower(same));
}

// The interval holds the baseline about as often as it says: 2Φ(ln 1.2 / (0.4 √2)) − 1 for two lognormal sides.
TEST(Slowdown, TheIntervalCoversTheTruth) {
  const double truth = std::erf(std::log(1.2) / (0.4 * std::sqrt(2.0)) / std::sqrt(2.0));
  int covered = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    std::mt19937_64 random(seed);
    const Histogram before = histogram_of(draw(random, 60));
    const Interval range = compare_durations(before, histogram_of(draw(random, 90, 1.2))).delta_range;
    covered += range.low <= truth && truth <= range.high;
  }
  EXPECT_GE(covered, 925);
  EXPECT_LE(covered, 975);
}

}  // namespace
}  // namespace tracerec::gate
