#include "gate/finding_groups.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "gate/location_name.h"
#include "gate/renames.h"
#include "gate/sample_values.h"

// How this works. Renames are found first (renames.h). Each finding that is left has keys, texts that say what changed
// in which way ("value of currency, EUR to USD"); findings that share a key are joined (union-find), and what they are
// called follows from what they share. Tests: tests/gate/finding_groups_test.cc.

namespace tracerec::gate {
namespace {

using Findings = std::vector<Finding>;

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (const std::string_view part : parts) key.append(part).append(1, '\0');
  return key;
}

bool is_login_status(std::string_view status) {
  return status == "401" || status == "403";
}

// Of a proxy or a gateway: it is the same server that does not answer (RFC 9110 §15.6.3 to §15.6.5).
bool is_gateway_status(std::string_view status) {
  return status == "502" || status == "503" || status == "504";
}

// "200" → "401", when all samples say so.
std::optional<ValueChange> status_change(const Finding& finding) {
  return finding.kind == diff::Kind::kStatus ? single_change(finding) : std::nullopt;
}

bool lost_its_login(const Finding& finding) {
  const auto change = status_change(finding);
  return change && is_login_status(change->after) && !is_login_status(change->before);
}

// POST /api/login, POST /sessions
bool is_login_endpoint(std::string_view endpoint) {
  static const std::set<std::string, std::less<>> kNames = {
      "login", "log-in", "logon",  "signin", "sign-in", "sign_in",      "session",       "sessions",
      "auth",  "token",  "tokens", "oauth",  "oauth2",  "authenticate", "authentication"};
  const std::size_t slash = endpoint.rfind('/');
  return slash != std::string_view::npos && kNames.contains(to_lower(endpoint.substr(slash + 1)));
}

std::int64_t first_exchange(const Finding& finding) {
  return finding.samples.empty() ? INT64_MAX : finding.samples.front().exchange_id;
}

// Whether the name of the location says what it is about. Bodies that are a single value or an array do not.
bool has_a_name(const Finding& finding) {
  return !split_location(finding.location).parent.empty();
}

// What the keys need to know of all findings.
struct Overview {
  std::map<std::pair<std::string, std::string>, std::set<std::string_view>> endpoints_of_status;
  bool logins_lost = false;
};

Overview overview_of(const Findings& findings) {
  Overview all;
  std::set<std::string_view> without_login;
  for (const Finding& one : findings) {
    if (const auto change = status_change(one))
      all.endpoints_of_status[{change->before, change->after}].insert(one.endpoint);
    if (lost_its_login(one)) without_login.insert(one.endpoint);
  }
  all.logins_lost = without_login.size() > 1;
  return all;
}

void add_status_keys(const Finding& finding, const Overview& all, std::vector<std::string>& keys) {
  const auto change = status_change(finding);
  if (!change) return;
  if (all.logins_lost && lost_its_login(finding)) return keys.push_back("login");
  const std::size_t endpoints = all.endpoints_of_status.at({change->before, change->after}).size();
  if (is_gateway_status(change->after) || endpoints >= kManyEndpoints)
    keys.push_back(joined({"status", change->before, change->after}));
}

// A value says what it is about when it is long enough.
void add_value_keys(const Finding& finding, std::string_view name, std::vector<std::string>& keys) {
  for (const Sample& sample : finding.samples) {
    if (!is_redacted(sample)) keys.push_back(joined({name_of(finding.kind), name, sample.recorded, sample.replayed}));
  }
  const auto part = finding.kind == diff::Kind::kValue ? changed_part(finding) : std::nullopt;
  if (part) keys.push_back(joined({"part", part->before, part->after}));
}

std::vector<std::string> keys_of(const Finding& finding, const Overview& all) {
  std::vector<std::string> keys;
  const std::string_view name = has_a_name(finding) ? split_location(finding.location).name : finding.location;
  switch (finding.kind) {
    case diff::Kind::kStatus:
      add_status_keys(finding, all, keys);
      return keys;
    case diff::Kind::kValue:
    case diff::Kind::kLength:
      add_value_keys(finding, name, keys);
      return keys;
    case diff::Kind::kMissing:
    case diff::Kind::kAdded:
    case diff::Kind::kType:
      if (has_a_name(finding)) keys.push_back(joined({name_of(finding.kind), name, types_of(finding)}));
      return keys;
    case diff::Kind::kOrder:
    case diff::Kind::kRepresentation:
    case diff::Kind::kShape:
      if (has_a_name(finding)) keys.push_back(joined({name_of(finding.kind), name}));
      return keys;
  }
  return keys;
}

// Which findings belong together: each one points at an earlier one of its set, or at itself.
class Sets {
 public:
  explicit Sets(std::size_t size) : parents_(size) { std::iota(parents_.begin(), parents_.end(), std::size_t{0}); }

  std::size_t root_of(std::size_t i) {
    while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) {
    const std::size_t one = root_of(a), other = root_of(b);
    parents_[std::max(one, other)] = std::min(one, other);
  }

 private:
  std::vector<std::size_t> parents_;
};

class Grouping {
 public:
  explicit Grouping(const Findings& findings) : findings_(findings), is_renamed_(findings.size()) {}

  std::vector<FindingGroup> run() {
    add_renames();
    add_shared();
    for (FindingGroup& group : groups_) fill(group);
    std::stable_sort(groups_.begin(), groups_.end(), more_important);
    return std::move(groups_);
  }

 private:
  void add_renames() {
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> groups;  // by names
    for (const Rename& one : find_renames(findings_)) {
      is_renamed_[one.missing] = is_renamed_[one.added] = true;
      const std::string_view before = split_location(findings_[one.missing].location).name;
      const std::string_view after = split_location(findings_[one.added].location).name;
      const auto [at, is_new] = groups.try_emplace({before, after}, groups_.size());
      if (is_new) groups_.emplace_back().cause = Cause::kRename;
      FindingGroup& group = groups_[at->second];
      group.before = before;
      group.after = after;
      group.members.insert(group.members.end(), {one.missing, one.added});
    }
  }

  void add_shared() {
    const Overview all = overview_of(findings_);
    Sets sets(findings_.size());
    std::unordered_map<std::string, std::size_t> first_with;
    for (std::size_t i = 0; i < findings_.size(); ++i) {
      if (is_renamed_[i]) continue;
      for (std::string& key : keys_of(findings_[i], all))
        sets.join(first_with.try_emplace(std::move(key), i).first->second, i);
    }
    if (all.logins_lost) add_failed_login(sets);
    std::map<std::size_t, std::size_t> groups;  // root → group
    for (std::size_t i = 0; i < findings_.size(); ++i) {
      if (is_renamed_[i]) continue;
      const auto [at, is_new] = groups.try_emplace(sets.root_of(i), groups_.size());
      if (is_new) groups_.emplace_back();
      groups_[at->second].members.push_back(i);
    }
  }

  // The failed login that the others come after.
  void add_failed_login(Sets& sets) const {
    std::optional<std::size_t> first;
    for (std::size_t i = 0; i < findings_.size(); ++i) {
      if (lost_its_login(findings_[i]) && (!first || first_exchange(findings_[i]) < first_exchange(findings_[*first])))
        first = i;
    }
    for (std::size_t i = 0; first && i < findings_.size(); ++i) {
      if (is_failed_login(findings_[i]) && first_exchange(findings_[i]) < first_exchange(findings_[*first]))
        sets.join(*first, i);
    }
  }

  // It has another status, or its response lacks what the others need: a token, a cookie.
  static bool is_failed_login(const Finding& finding) {
    if (!is_login_endpoint(finding.endpoint)) return false;
    const std::string_view location = finding.location;
    const bool is_cookie = location.starts_with("header:Set-Cookie ") && location.find(';') == std::string_view::npos;
    return finding.kind == diff::Kind::kStatus ||
           (finding.kind == diff::Kind::kMissing && (is_cookie || location.starts_with('$')));
  }

  void fill(FindingGroup& group) {
    if (group.cause == Cause::kSingle && group.members.size() > 1) name_cause(group);
    std::sort(group.members.begin(), group.members.end());
    if (group.cause == Cause::kLogin) begin_with_login(group);
    std::map<std::string_view, std::uint64_t> exchanges;  // by endpoint
    for (const std::size_t member : group.members) {
      const Finding& one = findings_[member];
      const auto [at, is_new] = exchanges.try_emplace(one.endpoint, 0);
      if (is_new) group.endpoints.push_back(one.endpoint);
      at->second = std::max(at->second, one.exchanges);
      group.severity = std::max(group.severity, one.severity);
      group.dependents += one.dependents;
      group.unsent += one.unsent;
    }
    for (const auto& [endpoint, count] : exchanges) group.exchanges += count;
  }

  void begin_with_login(FindingGroup& group) const {
    std::stable_sort(group.members.begin(), group.members.end(), [this](std::size_t a, std::size_t b) {
      const auto rank = [this](std::size_t i) {
        return lost_its_login(findings_[i]) && !is_login_endpoint(findings_[i].endpoint);
      };
      return rank(a) < rank(b);
    });
  }

  void name_cause(FindingGroup& group) const {
    const Finding& first = findings_[group.members.front()];
    const auto all = [&](const auto& holds) {
      return std::all_of(group.members.begin(), group.members.end(),
                         [&](std::size_t i) { return holds(findings_[i]); });
    };
    if (std::any_of(group.members.begin(), group.members.end(),
                    [&](std::size_t i) { return lost_its_login(findings_[i]); })) {
      group.cause = Cause::kLogin;
    } else if (all([](const Finding& one) { return one.kind == diff::Kind::kStatus; })) {
      group.cause = Cause::kSharedStatus;
    } else if (all([&](const Finding& one) {
                 return split_location(one.location).name == split_location(first.location).name;
               })) {
      group.cause = Cause::kSharedChange;
      group.name = split_location(first.location).name;
    } else {
      group.cause = Cause::kSharedValue;
      const auto part = changed_part(first);
      if (part) std::tie(group.before, group.after) = std::pair(part->before, part->after);
    }
  }

  static bool more_important(const FindingGroup& a, const FindingGroup& b) {
    const auto explains = [](const FindingGroup& one) {
      return one.cause == Cause::kLogin || one.dependents + one.unsent > 0;
    };
    return std::tuple(explains(b), b.severity, b.exchanges) < std::tuple(explains(a), a.severity, a.exchanges);
  }

  const Findings& findings_;
  std::vector<bool> is_renamed_;
  std::vector<FindingGroup> groups_;
};

}  // namespace

std::string_view name_of(Cause cause) {
  static constexpr std::array<std::string_view, 6> kNames = {"single",       "rename", "shared_change",
                                                             "shared_value", "login",  "shared_status"};
  return kNames[static_cast<std::size_t>(cause)];
}

std::vector<FindingGroup> group_findings(const Findings& findings) {
  return Grouping(findings).run();
}

}  // namespace tracerec::gate
