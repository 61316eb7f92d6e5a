// Noise that became more: each difference is allowed, together they are more than the location varies on its own.
#pragma once

#include <vector>

#include "gate/finding.h"
#include "gate/noise.h"
#include "gate/observations.h"

namespace tracerec::gate {

// The noisy locations that differ significantly more often than equal requests differ (Fisher's exact test, with 1 % of
// false discoveries accepted), as findings with the evidence in the notes of their samples. Pure.
[[nodiscard]] std::vector<Finding> drifted_findings(const Observations& seen, const Noise& noise);

}  // namespace tracerec::gate
