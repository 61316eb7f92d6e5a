// What each rule did, and whether it is still needed.
#pragma once

#include <vector>

#include "diff/rules.h"
#include "gate/noise.h"
#include "gate/observations.h"
#include "gate/summary.h"

namespace tracerec::gate {

// One entry for each rule, in their order; `problem` says what is wrong with it. Pure.
[[nodiscard]] std::vector<RuleUse> audit_rules(const diff::Rules& rules, const Observations& seen, const Noise& noise);

}  // namespace tracerec::gate
