// How much of the recorded responses the gate checks.
#pragma once

#include <string_view>

#include "diff/rules.h"
#include "gate/noise.h"
#include "gate/observations.h"
#include "gate/summary.h"

namespace tracerec::gate {

// Over the locations that were surveyed. Pure.
[[nodiscard]] Coverage coverage_of(const diff::Rules& rules, const Observations& seen, const Noise& noise);

// Whether only the presence of this header or trailer is compared ("header:Date").
[[nodiscard]] bool is_presence_only(std::string_view location);

}  // namespace tracerec::gate
