// Findings that have one cause, as one entry for people. It changes no count and no verdict. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gate/finding.h"

namespace tracerec::gate {

enum class Cause : std::uint8_t {
  kSingle,        // one finding by itself
  kRename,        // missing under one name, added under another with equal values, wherever that is so
  kSharedChange,  // the same change of a location of the same name at several endpoints or several times
  kSharedValue,   // one value (a host, a currency) that is another one in several locations
  kLogin,         // 401 or 403 at several endpoints, and the failed login before them when there is one
  kSharedStatus,  // the same change of status at several endpoints
};

// "single", "rename", … as in the JSON report.
[[nodiscard]] std::string_view name_of(Cause cause);

struct FindingGroup {
  Cause cause = Cause::kSingle;
  std::string before;                  // kRename: the name; kSharedValue: what is the same part of all values
  std::string after;                   // likewise, now
  std::string name;                    // kSharedChange: the last name of the locations
  Severity severity = Severity::kLow;  // the highest of its members
  std::vector<std::size_t> members;    // indexes into the findings; the first one is the one to look at
  std::vector<std::string> endpoints;  // of the members, in their order, each once
  std::uint64_t exchanges = 0;         // that have one of its findings; at least, when one endpoint has several
  std::uint64_t dependents = 0;        // findings that are only there because of one of them
  std::uint64_t unsent = 0;            // exchanges that were not sent because of one of them
};

// Every finding is in exactly one group, and groups are in the order of sort_groups(). What is known of the values is
// what the samples have, which Finding cuts, and AllValues; values that a rule redacts count as unknown. `findings` as
// in Summary::findings: sorted. Time: for each object, missing × added names.
[[nodiscard]] std::vector<FindingGroup> group_findings(const std::vector<Finding>& findings);

// As many endpoints with the same change of status are one entry; fewer may well have a defect each. 401, 403, 502, 503
// and 504 say why, and are one from two endpoints on.
constexpr std::size_t kManyEndpoints = 4;

}  // namespace tracerec::gate
