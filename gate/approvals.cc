#include "gate/approvals.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gate/endpoint.h"

namespace tracerec::gate {
namespace {

using FindingsBySignature = std::unordered_map<std::string, std::vector<Finding*>>;

// By what approvals call them: the signature, and that of the endpoint without its operation, which 0.1.0 gave.
FindingsBySignature by_signature(Summary& summary) {
  FindingsBySignature findings;
  for (auto* list : {&summary.findings, &summary.dependent}) {
    for (Finding& finding : *list) {
      findings[finding.signature()].push_back(&finding);
      const std::string_view url = without_operation(finding.endpoint);
      if (url != finding.endpoint) findings[signature_of(url, finding.location, finding.kind)].push_back(&finding);
    }
  }
  return findings;
}

std::uint64_t exchanges_of(const std::vector<Finding*>& findings) {
  std::uint64_t exchanges = 0;
  for (const Finding* finding : findings) exchanges += finding->exchanges;
  return exchanges;
}

std::string problem_of(const diff::Approval& approval, const std::string& today, std::uint64_t exchanges) {
  if (!approval.expires.empty() && approval.expires < today)
    return "expired on " + approval.expires + ": renew or remove it";
  if (exchanges == 0) return "unused: the difference is gone; remove it";
  if (approval.max_count && exchanges > *approval.max_count) {
    return "covers at most " + std::to_string(*approval.max_count) + " exchanges, there are " +
           std::to_string(exchanges);
  }
  return {};
}

}  // namespace

void apply_approvals(const diff::Rules& rules, const std::string& today, Summary& summary) {
  FindingsBySignature findings = by_signature(summary);
  for (const diff::Approval& approval : rules.approvals) {
    const std::vector<Finding*>& named = findings[approval.signature];
    const std::uint64_t exchanges = exchanges_of(named);
    const std::string problem = problem_of(approval, today, exchanges);
    summary.approvals.push_back({approval, exchanges, problem});
    if (!problem.empty()) continue;
    for (Finding* finding : named)
      finding->approval = approval.owner.empty() ? approval.reason : approval.reason + " (" + approval.owner + ")";
  }
  for (auto* list : {&summary.findings, &summary.dependent}) {
    const auto approved =
        std::stable_partition(list->begin(), list->end(), [](const Finding& one) { return one.approval.empty(); });
    std::move(approved, list->end(), std::back_inserter(summary.approved));
    list->erase(approved, list->end());
  }
}

}  // namespace tracerec::gate
