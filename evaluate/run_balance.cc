#include "evaluate/run_balance.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

// Tests: tests/evaluate/run_balance_test.cc.

namespace tracerec::evaluate {
namespace {

// Counts are added up, and what the file says may be anything: as many as no file has rows, and no sum overflows.
constexpr std::uint64_t kMost = std::uint64_t{1} << 48;

struct Counts {
  std::optional<std::uint64_t> planned, sent, answered;
  std::uint64_t skipped = 0, failed = 0;
};

Counts counts_of(const schema::Ledger& ledger) {
  Counts counts;
  for (const schema::LedgerEntry& entry : ledger) {
    const std::string_view key = entry.key;
    const std::uint64_t count = std::min(entry.count, kMost);
    if (key == "planned") counts.planned = count;
    if (key == "sent") counts.sent = count;
    if (key == "answered") counts.answered = count;
    if (key.starts_with("skipped.")) counts.skipped = std::min(counts.skipped + count, kMost);
    if (key.starts_with("failed.")) counts.failed = std::min(counts.failed + count, kMost);
  }
  return counts;
}

std::string text(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what;
}

// What does not agree; empty: all does.
std::string disagreement(const Counts& counts, const schema::ResponseCounts& stored) {
  if (!counts.planned || !counts.sent || !counts.answered) return "its ledger is not in the file";
  if (*counts.planned != *counts.sent + counts.skipped)
    return "its ledger says " + text(*counts.planned, "planned, but ") + text(*counts.sent, "sent and ") +
           text(counts.skipped, "skipped");
  if (*counts.sent != *counts.answered + counts.failed)
    return "its ledger says " + text(*counts.sent, "sent, but ") + text(*counts.answered, "answered and ") +
           text(counts.failed, "failed");
  if (*counts.answered != stored.answered || counts.failed != stored.failed)
    return text(*counts.answered, "responses and ") + text(counts.failed, "failures were counted, but ") +
           text(stored.answered, "and ") + text(stored.failed, "are in the file");
  return {};
}

}  // namespace

Result<void> check_balance(schema::Reader& reader, const schema::Run& run) {
  if (run.ended_unix_ns == 0) return {};
  const auto ledger = reader.run_ledger(run.id);
  if (!ledger) return ledger.error();
  const auto stored = reader.count_responses(run.id);
  if (!stored) return stored.error();
  const std::string why = disagreement(counts_of(*ledger), *stored);
  if (why.empty()) return {};
  return Error{"run " + std::to_string(run.id) + ": " + why +
               ": the file is damaged or was changed; replay again, or use -d for another file"};
}

}  // namespace tracerec::evaluate
