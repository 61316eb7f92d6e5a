// Findings that somebody accepted.
#pragma once

#include <string>

#include "diff/rules.h"
#include "gate/summary.h"

namespace tracerec::gate {

// Moves accepted findings out of `findings` and `dependent` into `approved`, and notes what each approval did. `today`
// is "2027-01-31", UTC: approvals that expired before it do not count. Pure.
void apply_approvals(const diff::Rules& rules, const std::string& today, Summary& summary);

}  // namespace tracerec::gate
