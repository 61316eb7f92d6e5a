#include "evaluate/doubts.h"

#include <algorithm>

#include "base/text.h"
#include "replay/plan.h"

namespace tracerec::evaluate {
namespace {

std::uint64_t count_of(const schema::Ledger& ledger, std::string_view key) {
  const auto at = std::find_if(ledger.begin(), ledger.end(), [&](const auto& entry) { return entry.key == key; });
  return at == ledger.end() ? 0 : at->count;
}

std::string not_sent(std::uint64_t exchanges) {
  return format_count(exchanges) + (exchanges == 1 ? " exchange was not sent" : " exchanges were not sent");
}

// `which`: "run 4", "baseline run 3". Empty: it is whole.
std::string partial(const std::string& which, const schema::Run& run, const schema::Ledger& ledger) {
  if (run.ended_unix_ns == 0) return which + " has no end: it was killed, or is still running";
  if (const auto left = count_of(ledger, replay::kSkippedOverload); left > 0)
    return which + ": the target did not keep up with the schedule: the replay was given up, " + not_sent(left);
  if (const auto left = count_of(ledger, replay::kSkippedMaxSize); left > 0)
    return which + ": the trace file reached --max-size: the replay was given up, " + not_sent(left);
  const auto left = count_of(ledger, replay::kSkippedInterrupted);
  const auto lost = count_of(ledger, "failed.interrupted");
  if (left + lost == 0) return {};
  return which + " was interrupted: " + not_sent(left) +
         (lost > 0 ? ", " + format_count(lost) + " were sent without waiting for a response" : "");
}

bool names(const std::vector<gate::Condition>& conditions, std::string_view metric) {
  return std::any_of(conditions.begin(), conditions.end(), [&](const auto& one) { return one.metric == metric; });
}

Result<void> add_partial(schema::Reader& reader, const std::string& which, const schema::Run& run,
                         std::vector<std::string>& found) {
  const auto ledger = reader.run_ledger(run.id);
  if (!ledger) return ledger.error();
  std::string why = partial(which + std::to_string(run.id), run, *ledger);
  if (!why.empty()) found.push_back(why + "; --allow-partial judges what there is");
  return {};
}

}  // namespace

Result<std::vector<std::string>> doubts(schema::Reader& reader, const schema::Run& run,
                                        const std::optional<schema::Run>& against, const Plan& plan,
                                        const report::Report& report) {
  std::vector<std::string> found;
  if (!plan.allow_partial) {
    Result<void> added = add_partial(reader, "run ", run, found);
    if (added && against) added = add_partial(reader, "baseline run ", *against, found);
    if (!added) return added.error();
  }
  if (names(plan.conditions, "limits_reached")) return found;
  for (const auto& [limit, count] : report.summary.limits) {
    found.push_back("more " + limit + " than are kept: " + format_count(count) +
                    " differences were not looked at one by one (limits_reached)");
  }
  return found;
}

}  // namespace tracerec::evaluate
