#include "gate/renames.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "diff/shape.h"
#include "gate/location_name.h"

namespace tracerec::gate {
namespace {

using Names = std::pair<std::string_view, std::string_view>;
using FindingList = std::vector<Finding>;

// What one object of one endpoint lost and gained.
struct Object {
  std::vector<std::size_t> missing;
  std::vector<std::size_t> added;
};

std::vector<Object> objects_of(const FindingList& findings) {
  std::map<Names, Object> objects;  // by endpoint and location of the object
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const Finding& one = findings[i];
    const LocationName at = split_location(one.location);
    if (at.parent.empty()) continue;
    if (one.kind == diff::Kind::kMissing) objects[{one.endpoint, at.parent}].missing.push_back(i);
    if (one.kind == diff::Kind::kAdded) objects[{one.endpoint, at.parent}].added.push_back(i);
  }
  std::vector<Object> both;
  for (auto& [key, object] : objects) {
    if (!object.missing.empty() && !object.added.empty()) both.push_back(std::move(object));
  }
  return both;
}

bool same_place(const Sample& missing, const Sample& added) {
  return missing.exchange_id == added.exchange_id && !is_redacted(missing) && !is_redacted(added) &&
         split_location(missing.path).parent == split_location(added.path).parent;
}

bool same_value(const Sample& missing, const Sample& added) {
  return same_place(missing, added) && missing.recorded == added.replayed;
}

// Of strings that are too long to look alike by chance.
bool like_value(const Sample& missing, const Sample& added) {
  constexpr std::size_t kFewestBytes = 10;  // quotes included
  const std::string_view before = missing.recorded, after = added.replayed;
  return same_place(missing, added) && before.starts_with('"') && after.starts_with('"') &&
         std::min(before.size(), after.size()) >= kFewestBytes &&
         diff::is_alike(before.substr(1, before.size() - 2), after.substr(1, after.size() - 2));
}

bool same_or_like_value(const Sample& missing, const Sample& added) {
  return same_value(missing, added) || like_value(missing, added);
}

using Fit = bool (*)(const Sample& missing, const Sample& added);

// Of values that are only alike all must be samples, and whole: of others nothing is kept but whether they are equal.
bool are_known(const Finding& finding) {
  return finding.differences == finding.samples.size() &&
         std::none_of(finding.samples.begin(), finding.samples.end(), [](const Sample& one) {
           return one.recorded.size() >= kMaxSampleBytes || one.replayed.size() >= kMaxSampleBytes;
         });
}

bool same_responses(const Finding& missing, const Finding& added, Fit fit) {
  if (missing.all.moved != added.all.moved && !(are_known(missing) && are_known(added))) return false;
  return missing.exchanges == added.exchanges && missing.differences == added.differences && !missing.samples.empty() &&
         std::equal(missing.samples.begin(), missing.samples.end(), added.samples.begin(), added.samples.end(), fit);
}

// Two of these are equal by chance.
bool says_little(const Sample& sample) {
  constexpr std::string_view kCommon[] = {"", "\"\"", "0", "1", "true", "false", "null", "[]", "{}"};
  return std::find(std::begin(kCommon), std::end(kCommon), sample.recorded) != std::end(kCommon);
}

bool says_little(const Finding& finding) {
  return std::all_of(finding.samples.begin(), finding.samples.end(),
                     [](const Sample& sample) { return says_little(sample); });
}

class Search {
 public:
  explicit Search(const FindingList& findings) : findings_(findings) {
    for (const Object& object : objects_of(findings)) collect(object);
  }

  std::vector<Rename> run() {
    for (const Rename& one : candidates_) {
      if (fitting_[one.missing] == 1 && fitting_[one.added] == 1 && !says_little(findings_[one.missing])) take(one);
    }
    for (const Rename& one : candidates_) {
      if (certain_.contains(names_of(one))) take(one);
    }
    return std::move(found_);
  }

 private:
  void collect(const Object& object) {
    const bool alone = object.missing.size() == 1 && object.added.size() == 1;
    const Fit fit = alone ? same_or_like_value : same_value;
    for (const std::size_t missing : object.missing) {
      for (const std::size_t added : object.added) {
        if (!same_responses(findings_[missing], findings_[added], fit)) continue;
        candidates_.push_back({missing, added});
        ++fitting_[missing];
        ++fitting_[added];
      }
    }
  }

  [[nodiscard]] Names names_of(const Rename& one) const {
    return {split_location(findings_[one.missing].location).name, split_location(findings_[one.added].location).name};
  }

  void take(const Rename& one) {
    if (taken_.contains(one.missing) || taken_.contains(one.added)) return;
    taken_.insert({one.missing, one.added});
    certain_.insert(names_of(one));
    found_.push_back(one);
  }

  const FindingList& findings_;
  std::vector<Rename> candidates_;
  std::map<std::size_t, std::size_t> fitting_;  // finding → how many others have its values
  std::set<Names> certain_;
  std::set<std::size_t> taken_;
  std::vector<Rename> found_;
};

}  // namespace

std::vector<Rename> find_renames(const FindingList& findings) {
  return Search(findings).run();
}

}  // namespace tracerec::gate
