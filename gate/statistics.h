// The little statistics that noise needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tracerec::gate {

// `hits` out of `trials`.
struct Share {
  std::uint64_t hits = 0;
  std::uint64_t trials = 0;
};

struct Interval {
  double low = 0;
  double high = 1;
};

// The 95 % confidence interval of a rate (Wilson's score). Nothing known: 0 to 1.
[[nodiscard]] Interval wilson_interval(const Share& share);

// The odds that chance alone makes `candidate` as much larger a share than `own` as it is: Fisher's exact test, one
// side. Time is linear in own.hits.
[[nodiscard]] double fisher_exact_p(const Share& own, const Share& candidate);

// Which of these p-values stand for discoveries, when a share `q` of false ones is accepted (Benjamini and Hochberg).
[[nodiscard]] std::vector<bool> benjamini_hochberg(const std::vector<double>& p_values, double q);

}  // namespace tracerec::gate
