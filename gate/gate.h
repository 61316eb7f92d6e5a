// The verdict: expressions over the numbers of a run.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tracerec::gate {

using Metrics = std::map<std::string, double>;

enum class Comparison { kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kEqual };

// One --fail-if: the gate fails when it holds.
struct Condition {
  std::string metric;
  Comparison comparison = Comparison::kGreater;
  double bound = 0;
  std::string text;  // as given
};

// METRIC, or METRIC OPERATOR NUMBER with < <= > >= ==; spaces are free. A metric alone means "> 0". Error: what is
// wrong in `text`, in one line.
[[nodiscard]] Result<Condition> parse_condition(std::string_view text);

// "findings > 0", and what stands for a response that nobody looked at: "failed > 0", "not_compared.baseline_failed >
// 0", "not_compared.replayed_incomplete > 0" and "not_compared.undecodable > 0".
[[nodiscard]] std::vector<Condition> default_conditions();

// The given ones, and of the defaults those on responses that nobody looked at, each unless a given one is about its
// metric, or about one that begins so ("failed.timeout"). None given: the defaults.
[[nodiscard]] std::vector<Condition> with_defaults(const std::vector<Condition>& given);

struct Verdict {
  bool passed = false;
  std::vector<std::string> reasons;  // why it failed, one line each; empty when it passed
};

// Fails when a condition holds, and always when `compared` is 0 or missing: a gate that looked at nothing proves
// nothing. Error: a condition on a metric that `metrics` does not have; the line names those it has. The conditions are
// those of with_defaults().
[[nodiscard]] Result<Verdict> evaluate(const std::vector<Condition>& conditions, const Metrics& metrics);

}  // namespace tracerec::gate
