// What findings of one cause have in common, as texts that are equal. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gate/finding.h"

namespace tracerec::gate {

// The status is 401 or 403 now and was not, in all samples.
[[nodiscard]] bool lost_its_login(const Finding& finding);

// "POST /api/login", "POST /sessions": by its last segment.
[[nodiscard]] bool is_login_endpoint(std::string_view endpoint);

// What the keys of one finding need to know of all.
struct Overview {
  std::map<std::pair<std::string, std::string>, std::set<std::string_view>> endpoints_of_status;  // by both statuses
  bool logins_lost = false;  // at several endpoints
};
[[nodiscard]] Overview overview_of(const std::vector<Finding>& findings);

// Findings that share a key have one cause (docs/diff.md, Causes). Renames are not among these.
[[nodiscard]] std::vector<std::string> keys_of(const Finding& finding, const Overview& all);

}  // namespace tracerec::gate
