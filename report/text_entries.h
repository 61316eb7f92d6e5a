// The findings on the page of text: one entry for each cause.
#pragma once

#include <cstddef>
#include <vector>

#include "gate/finding_groups.h"
#include "report/page.h"
#include "report/report.h"

namespace tracerec::report {

// Under headings, the worst first: as many as fit into `room` lines, but never fewer than three, and then how many more
// there are. Every line fits the page.
[[nodiscard]] Lines text_entries(const Report& report, const std::vector<gate::FindingGroup>& groups, const Page& page,
                                 std::size_t room);

}  // namespace tracerec::report
