// In which order groups of findings are listed, and which of them when there is not room for all. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "gate/finding.h"
#include "gate/finding_groups.h"

namespace tracerec::gate {

// Groups that explain others first, then by severity. Within one: a status of 5xx first, then what is not in a crowd
// of groups of one kind at one endpoint, or of one kind and name, then by exchanges. `findings` are those of the
// members.
void sort_groups(std::vector<FindingGroup>& groups, const std::vector<Finding>& findings);

// Indexes of sorted groups in the order in which a bounded report takes them: as they are sorted, but crowds wait,
// whatever their severity.
[[nodiscard]] std::vector<std::size_t> fair_order(const std::vector<FindingGroup>& groups,
                                                  const std::vector<Finding>& findings);

}  // namespace tracerec::gate
