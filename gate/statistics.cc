#include "gate/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tracerec::gate {
namespace {

double log_factorial(double n) {
  return std::lgamma(n + 1);
}
double log_choose(double n, double k) {
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

}  // namespace

Interval wilson_interval(const Share& share) {
  if (share.trials == 0) return {};
  constexpr double kZ = 1.96;
  const auto n = static_cast<double>(share.trials);
  const double rate = static_cast<double>(share.hits) / n;
  const double centre = rate + kZ * kZ / (2 * n);
  const double reach = kZ * std::sqrt(rate * (1 - rate) / n + kZ * kZ / (4 * n * n));
  const double scale = 1 + kZ * kZ / n;
  return {std::max(0.0, (centre - reach) / scale), std::min(1.0, (centre + reach) / scale)};
}

// With all hits fixed, the number of them that fall on `own` is hypergeometric; fewer or as many as did is the tail.
double fisher_exact_p(const Share& own, const Share& candidate) {
  if (own.trials == 0 || candidate.trials == 0) return 1;
  const auto n = static_cast<double>(own.trials);
  const auto m = static_cast<double>(candidate.trials);
  const auto hits = static_cast<double>(own.hits + candidate.hits);
  const double all = log_choose(n + m, hits);
  double odds = 0;
  for (std::uint64_t k = 0; k <= own.hits; ++k) {
    const auto mine = static_cast<double>(k);
    if (hits - mine > m) continue;
    odds += std::exp(log_choose(n, mine) + log_choose(m, hits - mine) - all);
  }
  return std::min(1.0, odds);
}

std::vector<bool> benjamini_hochberg(const std::vector<double>& p_values, double q) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p_values[a] < p_values[b]; });
  std::size_t kept = 0;
  for (std::size_t rank = 1; rank <= order.size(); ++rank) {
    const double bound = q * static_cast<double>(rank) / static_cast<double>(order.size());
    if (p_values[order[rank - 1]] <= bound) kept = rank;
  }
  std::vector<bool> found(p_values.size(), false);
  for (std::size_t i = 0; i < kept; ++i) found[order[i]] = true;
  return found;
}

}  // namespace tracerec::gate
