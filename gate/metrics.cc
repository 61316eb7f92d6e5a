#include "gate/metrics.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tracerec::gate {

Metrics metrics_of(const Summary& summary) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  const auto problems = [&](const auto& uses) {
    return number(static_cast<std::uint64_t>(
        std::count_if(uses.begin(), uses.end(), [](const auto& use) { return !use.problem.empty(); })));
  };
  Metrics metrics = {{"compared", number(summary.compared)},
                     {"equal", number(summary.equal)},
                     {"different", number(summary.different)},
                     {"findings", number(summary.findings.size())},
                     {"findings.high", 0},
                     {"findings.medium", 0},
                     {"findings.low", 0},
                     {"findings.dependent", number(summary.dependent.size())},
                     {"findings.approved", number(summary.approved.size())},
                     {"match_rate", summary.match_rate()},
                     {"open_ended", number(summary.open_ended)},
                     {"status_changes", number(summary.status_changes)},
                     {"failed", number(summary.failed)},
                     {"coverage", summary.coverage.share()},
                     {"rules.problems", problems(summary.rules)},
                     {"approvals.problems", problems(summary.approvals)},
                     {"limits_reached", 0},
                     {"not_compared", 0}};
  for (const auto& [limit, count] : summary.limits) metrics["limits_reached"] += number(count);
  for (const Finding& finding : summary.findings) metrics["findings." + std::string(name_of(finding.severity))] += 1;
  for (const auto& [reason, count] : summary.failed_by_reason) metrics["failed." + reason] = number(count);
  for (std::size_t reason = 0; reason < diff::kNotComparedCount; ++reason) {
    const auto name = std::string(name_of(static_cast<diff::NotCompared>(reason)));
    const auto at = summary.not_compared.find(name);
    const double count = at == summary.not_compared.end() ? 0 : number(at->second);
    metrics["not_compared." + name] = count;
    metrics["not_compared"] += count;
  }
  return metrics;
}

void add_schedule_metrics(const Histogram& error, Metrics& metrics) {
  constexpr std::pair<const char*, double> kQuantiles[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}};
  for (const auto& [name, quantile] : kQuantiles) {
    metrics["schedule." + std::string(name) + "_ms"] = static_cast<double>(error.quantile_ns(quantile)) / 1e6;
  }
}

}  // namespace tracerec::gate
