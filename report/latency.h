// The table of response times, as text cells that each format lays out in its way.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "gate/latency.h"
#include "report/report.h"

namespace tracerec::report {

constexpr std::size_t kMostEndpoints = 10;  // in a table for people; json has all that are kept

inline constexpr std::array<const char*, 5> kLatencyHeads = {"responses", "p50", "p95", "p99", "max"};

// One side of one row. Raw text: the format escapes it.
struct LatencyLine {
  std::string name;  // "all", an endpoint; empty: the same as on the line above
  std::string side;  // "recorded", "run 6", "new"
  std::array<std::string, 5> cells;
  std::string effect;  // on the line "new", when there is another side: "+0.33 (+0.21 to +0.44), median × 1.2: slower"
  gate::Change change = gate::Change::kNotProven;
};

// Empty: nothing was measured. The totals, then at most kMostEndpoints.
[[nodiscard]] std::vector<LatencyLine> latency_lines(const Report& report);

// What the table is worth, and how many endpoints it leaves out: sentences for people.
[[nodiscard]] std::vector<std::string> latency_notes(const Report& report);

// The endpoint that may well be slower although nothing proves it: its median is twice as large and 5 ms more. A
// recorded median, which has neither network nor client in it, counts with what the other endpoints needed for those
// (the lower median).
struct SlowSuspect {
  std::string endpoint;  // raw
  double before_ms = 0;
  double after_ms = 0;
  std::string doubt;  // "6 samples, 20 needed to call it"
};
[[nodiscard]] std::optional<SlowSuspect> slow_suspect(const gate::LatencySummary& latency);

}  // namespace tracerec::report
