#include "gate/finding_store.h"

#include <algorithm>

#include "gate/endpoint.h"
#include "gate/noise.h"

namespace tracerec::gate {

std::string key_of_finding(std::string_view endpoint, std::string_view location, diff::Kind kind) {
  std::string key = location_key(endpoint, location);
  key += '\0';
  key += name_of(kind);
  return key;
}

FindingStore::FindingStore(const diff::Rules& rules, std::size_t limit) : limit_(limit) {
  for (const diff::Approval& approval : rules.approvals) approved_signatures_.insert(approval.signature);
}

bool FindingStore::is_approved(const std::string& endpoint, const diff::Difference& difference) const {
  if (approved_signatures_.empty()) return false;
  const std::string_view location = difference.location.substr(0, kMaxLocationBytes);
  return approved_signatures_.contains(signature_of(endpoint, location, difference.kind)) ||
         approved_signatures_.contains(signature_of(without_operation(endpoint), location, difference.kind));
}

// The least severe finding goes, when it is less severe than this one.
bool FindingStore::make_room(Severity severity) {
  if (findings_.size() < limit_) return true;
  const auto least = std::min_element(findings_.begin(), findings_.end(), [](const auto& a, const auto& b) {
    return a.second.severity < b.second.severity;
  });
  if (least == findings_.end() || least->second.severity >= severity) return false;
  not_kept_ += least->second.differences;
  findings_.erase(least);
  return true;
}

Finding* FindingStore::find_or_make(const std::string& endpoint, const diff::Difference& difference) {
  std::string key = key_of_finding(endpoint, difference.location, difference.kind);
  for (Findings* findings : {&findings_, &approved_}) {
    if (const auto at = findings->find(key); at != findings->end()) return &at->second;
  }
  const Severity severity = severity_of(difference);
  const bool approved = is_approved(endpoint, difference);
  if (!approved && !make_room(severity)) {
    ++not_kept_;
    return nullptr;
  }
  Finding& finding = (approved ? approved_ : findings_)[std::move(key)];
  finding.endpoint = endpoint;
  finding.location = difference.location.substr(0, kMaxLocationBytes);
  finding.kind = difference.kind;
  finding.severity = severity;
  return &finding;
}

}  // namespace tracerec::gate
