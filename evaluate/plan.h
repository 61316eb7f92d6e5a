// What to evaluate a run by, as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diff/rules.h"
#include "gate/gate.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

struct Plan {
  std::vector<gate::Condition> conditions{};  // of the gate; none: gate::default_conditions()
  diff::Rules rules{};
  std::string today{};        // "2027-01-31", UTC: approvals expire by it
  std::size_t mutations = 0;  // how many recorded responses are mutated, to see which the gate detects
  std::uint64_t seed = 1;     // of the mutations: the same seed mutates the same locations
  // Another run whose responses are the baseline; 0: the recording. Nothing: the run's own baseline, where it has one.
  std::optional<schema::RowId> against{};
  bool allow_partial = false;  // judge the part of a run that was interrupted, killed or given up
  std::string version{};       // of the program, for the report
};

}  // namespace tracerec::evaluate
