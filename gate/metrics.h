// The numbers that the conditions of a gate name (gate.h).
#pragma once

#include "base/histogram.h"
#include "gate/gate.h"
#include "gate/summary.h"

namespace tracerec::gate {

// compared, equal, different, findings, findings.high|medium|low, findings.dependent, findings.approved, match_rate,
// status_changes, failed, failed.REASON, not_compared, not_compared.REASON, coverage, rules.problems,
// approvals.problems. The caller adds latency.* (latency.h) and others. Pure.
[[nodiscard]] Metrics metrics_of(const Summary& summary);

// schedule.p50_ms, schedule.p95_ms, schedule.p99_ms: how much later than intended requests were sent.
void add_schedule_metrics(const Histogram& error, Metrics& metrics);

}  // namespace tracerec::gate
