// Is one side slower than the other? Rank statistics over two histograms, equal values included. Pure.
#pragma once

#include <cstdint>

#include "base/histogram.h"
#include "gate/statistics.h"

namespace tracerec::gate {

// How the responses of one side ("new") lie to those of the other ("old").
struct Effect {
  double delta = 0;  // Cliff's: share of pairs (old, new) in which the new one is slower, less that in which it is
                     // faster; −1 to 1. (delta + 1) / 2 is the probability that a new response is slower, ties half
  Interval delta_range{-1, 1};  // its 95 % confidence interval (Feng and Cliff 2004: made for ties, unequal spreads)
  double median_ratio = 1;      // new ÷ old; medians are at most 0.8 % too high (base/histogram.h)
  double p_value = 1;           // odds of so large a difference when there is none: Mann and Whitney, two sides, ties
};

// Fewer responses than that on one side prove nothing: the normal approximation of the test does not hold.
constexpr std::uint64_t kMinResponses = 20;

// With many responses any difference becomes significant; smaller ones than these are not called one. 0.147 is the
// customary border between a negligible and a small delta (Romano and others 2006).
constexpr double kMinDelta = 0.147;
constexpr double kMinMedianRatio = 1.1;

// p_value is 1 when a side has fewer than kMinResponses. Time: one walk over the buckets.
[[nodiscard]] Effect compare_durations(const Histogram& before, const Histogram& after);

// Large enough to matter, and the interval does not include "no difference". Whether it is significant among many
// comparisons is for discoveries() (statistics.h) to say.
[[nodiscard]] bool is_slower(const Effect& effect);
[[nodiscard]] bool is_faster(const Effect& effect);

}  // namespace tracerec::gate
