#include "gate/approvals.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gate/endpoint.h"

namespace tracerec::gate {
namespace {

using FindingsBySignature = std::unordered_map<std::string, std::vector<Finding*>>;

// What approvals call it: the signature, and that of the endpoint without its operation, which earlier versions gave.
std::vector<std::string> signatures_of(const Finding& finding, std::string_view status_classes) {
  std::vector<std::string> names;
  const std::string_view url = without_operation(finding.endpoint);
  names.push_back(signature_of(finding.endpoint, finding.location, finding.kind, status_classes));
  if (url != finding.endpoint) names.push_back(signature_of(url, finding.location, finding.kind, status_classes));
  return names;
}

struct Named {
  FindingsBySignature findings;
  FindingsBySignature other_classes;  // by what earlier versions called a change of status: by no class
};

Named by_signature(Summary& summary) {
  Named named;
  for (auto* list : {&summary.findings, &summary.dependent}) {
    for (Finding& finding : *list) {
      for (const std::string& name : signatures_of(finding, finding.status_classes))
        named.findings[name].push_back(&finding);
      if (finding.status_classes.empty()) continue;
      for (const std::string& name : signatures_of(finding, {})) named.other_classes[name].push_back(&finding);
    }
  }
  return named;
}

// "2xx-5xx is finding 0123456789ab"
std::string list_classes(const std::vector<Finding*>& findings) {
  std::string text;
  for (const Finding* one : findings)
    text += (text.empty() ? "" : ", ") + one->status_classes + " is finding " + one->signature();
  return text;
}

std::uint64_t exchanges_of(const std::vector<Finding*>& findings) {
  std::uint64_t exchanges = 0;
  for (const Finding* finding : findings) exchanges += finding->exchanges;
  return exchanges;
}

std::string problem_of(const diff::Approval& approval, const std::string& today, std::uint64_t exchanges,
                       const std::vector<Finding*>& other_classes, bool is_partial) {
  if (!approval.expires.empty() && approval.expires < today)
    return "expired on " + approval.expires + ": renew or remove it";
  if (exchanges == 0 && !other_classes.empty())
    return "covers changes of status within a class; " + list_classes(other_classes) + ": approve that instead";
  if (exchanges == 0) return is_partial ? "" : "unused: the difference is gone; remove it";
  if (approval.max_count && exchanges > *approval.max_count) {
    return "covers at most " + std::to_string(*approval.max_count) + " exchanges, there are " +
           std::to_string(exchanges);
  }
  return {};
}

}  // namespace

void apply_approvals(const diff::Rules& rules, const std::string& today, Summary& summary) {
  Named by_name = by_signature(summary);
  for (const diff::Approval& approval : rules.approvals) {
    const std::vector<Finding*>& named = by_name.findings[approval.signature];
    const std::uint64_t exchanges = exchanges_of(named);
    const std::string problem = problem_of(approval, today, exchanges, by_name.other_classes[approval.signature],
                                           summary.is_partial || summary.failed > 0);
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
