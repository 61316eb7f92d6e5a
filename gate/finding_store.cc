#include "gate/finding_store.h"

#include <algorithm>
#include <bit>
#include <initializer_list>
#include <utility>

#include "gate/endpoint.h"
#include "gate/location_name.h"
#include "gate/noise.h"

// How this works. A thousand findings that one defect causes have something in common: the endpoint and the kind (a map
// whose keys are data), or the kind and the name (a field that all endpoints have). Each kept finding counts in its
// three crowds, and its place among the others is set when it comes. When all room is taken, the last place is compared
// with the new one's. Tests: tests/gate/finding_store_test.cc.

namespace tracerec::gate {
namespace {

// So many of a kind at an endpoint are no crowd yet: among them, severity decides.
constexpr std::size_t kUncrowded = 16;

std::string_view location_of(const diff::Difference& difference) {
  return difference.location.substr(0, kMaxLocationBytes);
}

std::string crowd_key(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) key.append(part).append(1, '\0');
  return key;
}

// Another change of status is another cause.
std::string cause_name(const diff::Difference& difference) {
  if (difference.kind == diff::Kind::kStatus)
    return std::string(difference.recorded.text) + " → " + std::string(difference.replayed.text);
  return std::string(split_location(location_of(difference)).name);
}

}  // namespace

std::string key_of_finding(std::string_view endpoint, std::string_view location, diff::Kind kind) {
  std::string key = location_key(endpoint, location);
  key += '\0';
  key += name_of(kind);
  return key;
}

std::string key_of_finding(std::string_view endpoint, const diff::Difference& difference) {
  std::string key = key_of_finding(endpoint, difference.location, difference.kind);
  if (const std::string classes = status_classes_of(difference); !classes.empty()) (key += '\0') += classes;
  return key;
}

FindingStore::FindingStore(const diff::Rules& rules, std::size_t limit) : limit_(limit) {
  for (const diff::Approval& approval : rules.approvals) approved_signatures_.insert(approval.signature);
}

bool FindingStore::is_approved(const std::string& endpoint, const diff::Difference& difference) const {
  if (approved_signatures_.empty()) return false;
  const auto is_named = [&](std::string_view name) {
    return approved_signatures_.contains(
        signature_of(name, location_of(difference), difference.kind, status_classes_of(difference)));
  };
  return is_named(endpoint) || is_named(without_operation(endpoint));
}

std::size_t FindingStore::count_of(const std::string& crowd) const {
  const auto at = sizes_.find(crowd);
  return at == sizes_.end() ? 0 : at->second;
}

FindingStore::Place FindingStore::place_of(const std::string& endpoint, const diff::Difference& difference) const {
  const std::string kind(name_of(difference.kind)), name = cause_name(difference);
  Place place;
  place.crowds = {crowd_key({"same", endpoint, kind, name}), crowd_key({"endpoint", endpoint, kind}),
                  crowd_key({"name", kind, name})};
  const std::size_t at_endpoint = count_of(place.crowds[kOfEndpoint]), of_name = count_of(place.crowds[kOfName]);
  place.is_repeated = count_of(place.crowds[kSame]) > 0;
  place.rank = std::max(at_endpoint, of_name);
  place.crowding = static_cast<std::size_t>(std::bit_width(place.rank / kUncrowded));
  place.mildness = -static_cast<int>(severity_of(difference));
  place.number = arrivals_;
  place.cause.kind = difference.kind;
  if (at_endpoint >= of_name) place.cause.endpoint = endpoint;
  if (of_name >= at_endpoint) place.cause.name = name;
  return place;
}

void FindingStore::take_place(Place place, const std::string& key) {
  for (const std::string& crowd : place.crowds) ++sizes_[crowd];
  place.key = &key;
  places_.insert(std::move(place));
  ++arrivals_;
}

void FindingStore::forget(const Place& place) {
  const auto finding = findings_.find(*place.key);
  count_not_kept(place.cause, finding->second.differences);
  for (const std::string& crowd : place.crowds) {
    if (const auto size = sizes_.find(crowd); --size->second == 0) sizes_.erase(size);
  }
  places_.erase(place);
  findings_.erase(finding);
}

// The last one goes, when its place is behind this one's.
bool FindingStore::make_room(const Place& place) {
  if (findings_.size() < limit_) return true;
  if (places_.empty() || !(place < *places_.rbegin())) return false;
  forget(Place(*places_.rbegin()));
  return true;
}

void FindingStore::count_not_kept(const NotKept& cause, std::uint64_t differences) {
  not_kept_ += differences;
  std::tuple key(cause.endpoint, cause.name, cause.kind);
  if (not_kept_of_.size() < kMaxCauses || not_kept_of_.contains(key)) not_kept_of_[std::move(key)] += differences;
}

std::vector<NotKept> FindingStore::not_kept_by_cause() const {
  std::vector<NotKept> causes;
  for (const auto& [key, differences] : not_kept_of_)
    causes.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), differences});
  std::stable_sort(causes.begin(), causes.end(),
                   [](const NotKept& a, const NotKept& b) { return a.differences > b.differences; });
  return causes;
}

Finding* FindingStore::find_or_make(const std::string& endpoint, const diff::Difference& difference) {
  std::string key = key_of_finding(endpoint, difference);
  for (Findings* findings : {&findings_, &approved_}) {
    if (const auto at = findings->find(key); at != findings->end()) return &at->second;
  }
  const bool approved = is_approved(endpoint, difference);
  const Place place = approved ? Place{} : place_of(endpoint, difference);
  if (!approved && !make_room(place)) {
    count_not_kept(place.cause, 1);
    return nullptr;
  }
  const auto at = (approved ? approved_ : findings_).try_emplace(std::move(key)).first;
  if (!approved) take_place(place, at->first);
  Finding& finding = at->second;
  finding.endpoint = endpoint;
  finding.location = location_of(difference);
  finding.kind = difference.kind;
  finding.status_classes = status_classes_of(difference);
  finding.severity = severity_of(difference);
  return &finding;
}

}  // namespace tracerec::gate
