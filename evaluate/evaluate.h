// From a stored run to a report with its verdict. No terminal, no options, no network of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "evaluate/plan.h"
#include "report/report.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::evaluate {

// How exchanges that differ are re-sent, to learn what varies on its own.
struct Recheck {
  bool writes_too = false;  // not only methods that change nothing
  // Re-sends these and stores the responses as runs with Run::recheck_of; when `clocks`, the two responses to one are
  // far enough apart that a clock of seconds differs. True: there is more evidence now.
  std::function<Result<bool>(const std::vector<schema::RowId>&, bool clocks)> send;
};

// What another thread sees of an evaluation, and tells it.
struct Watch {
  std::atomic<std::uint64_t> compared{0};  // pairs so far; 0 while it learns what varies
  std::atomic<bool> stop{false};           // it ends with an error
};

// What a verdict was made from: enough to make it again when only the approvals are others.
struct Basis {
  gate::Summary summary;  // without approvals
  gate::Metrics metrics;
  std::vector<std::string> doubts;       // why the gate fails whatever the numbers say
  std::vector<schema::RowId> different;  // exchanges with a finding, approved or not; the first kMostDifferent
};
constexpr std::size_t kMostDifferent = 1'000'000;

// In the ledger of a report: exchanges that its recording had, and that `tracerec prune` removed.
constexpr const char* kRecordingPruned = "recording.pruned";
constexpr const char* kRecordingInterrupted = "recording.interrupted";  // entries of a file that were not imported
constexpr const char* kRecordingUnended = "recording.unended";          // what made it was killed, or goes on

// Who looks on: each is borrowed, or nullptr.
struct Onlooker {
  Watch* watch = nullptr;
  Basis* basis = nullptr;
};

// Reads the run `run` of the trace file `db`, compares every response with its baseline and gives the report, the
// verdict of plan.conditions included. When something differs and `recheck` is given, it is evaluated once more with
// what was learned. Memory does not grow with the run. Blocks; any thread, each call with readers of its own. Errors:
// unreadable file, plan.against is not a whole run of the same recording, `run` is one that only re-sent exchanges, a
// condition names no metric.
[[nodiscard]] Result<report::Report> evaluate(const schema::TraceSource& db, const schema::Run& run, const Plan& plan,
                                              const Recheck* recheck = nullptr, Onlooker onlooker = {});

// `report` with the approvals of `plan.rules` in the place of those it had. The other rules, and everything else of the
// plan, must be what it was evaluated with. Error: as above, of a condition.
[[nodiscard]] Result<report::Report> approve_again(report::Report report, const Basis& basis, const Plan& plan);

// Whether the conditions of `plan` can be evaluated, so that it is known before anything is sent. Error: as of
// check_slowdowns(), a metric that there is not, or mutation.score without mutations.
[[nodiscard]] Result<void> check_conditions(const Plan& plan, bool against_run);

// Whether the responses of the run `against` can be the baseline of a run of that recording. Error: why not.
[[nodiscard]] Result<void> check_against(schema::Reader& reader, schema::RowId recording_id, schema::RowId against);

// A slowdown is proven against another run only. Error: a condition asks for slowdowns or a ratio of times, and there
// will be none.
[[nodiscard]] Result<void> check_slowdowns(const Plan& plan, bool against_run);

}  // namespace tracerec::evaluate
