#include "gate/finding_groups.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "gate/finding_keys.h"
#include "gate/group_order.h"
#include "gate/location_name.h"
#include "gate/renames.h"
#include "gate/sample_values.h"

// How this works. Renames are found first (renames.h). Each finding that is left has keys, texts that say what changed
// in which way ("value of currency, EUR to USD"); findings that share a key are joined (union-find), and what they are
// called follows from what they share. Tests: tests/gate/finding_groups_test.cc.

namespace tracerec::gate {
namespace {

using FindingList = std::vector<Finding>;

std::int64_t first_exchange(const Finding& finding) {
  return finding.samples.empty() ? INT64_MAX : finding.samples.front().exchange_id;
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
  explicit Grouping(const FindingList& findings) : findings_(findings), is_renamed_(findings.size()) {}

  std::vector<FindingGroup> run() {
    add_renames();
    add_shared();
    for (FindingGroup& group : groups_) fill(group);
    sort_groups(groups_, findings_);
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

  const FindingList& findings_;
  std::vector<bool> is_renamed_;
  std::vector<FindingGroup> groups_;
};

}  // namespace

std::string_view name_of(Cause cause) {
  static constexpr std::array<std::string_view, 6> kNames = {"single",       "rename", "shared_change",
                                                             "shared_value", "login",  "shared_status"};
  return kNames[static_cast<std::size_t>(cause)];
}

std::vector<FindingGroup> group_findings(const FindingList& findings) {
  return Grouping(findings).run();
}

}  // namespace tracerec::gate
