#include "gate/approvals.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

namespace tracerec::gate {
namespace {

std::string problem_of(const diff::Approval& approval, const std::string& today, const Finding* finding) {
  if (!approval.expires.empty() && approval.expires < today)
    return "expired on " + approval.expires + ": renew or remove it";
  if (!finding) return "unused: the difference is gone; remove it";
  if (approval.max_count && finding->exchanges > *approval.max_count) {
    return "covers at most " + std::to_string(*approval.max_count) + " exchanges, there are " +
           std::to_string(finding->exchanges);
  }
  return {};
}

}  // namespace

void apply_approvals(const diff::Rules& rules, const std::string& today, Summary& summary) {
  std::unordered_map<std::string, Finding*> by_signature;
  for (Finding& finding : summary.findings) by_signature.emplace(finding.signature(), &finding);
  for (Finding& finding : summary.dependent) by_signature.emplace(finding.signature(), &finding);
  for (const diff::Approval& approval : rules.approvals) {
    const auto at = by_signature.find(approval.signature);
    Finding* finding = at == by_signature.end() ? nullptr : at->second;
    const std::string problem = problem_of(approval, today, finding);
    summary.approvals.push_back({approval, finding ? finding->exchanges : 0, problem});
    if (problem.empty())
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
