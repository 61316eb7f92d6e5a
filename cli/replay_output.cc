#include "cli/replay_output.h"

#include <cstdint>
#include <cstdio>
#include <string>

#include "base/text.h"

namespace tracerec::cli {
namespace {

std::string requests(std::uint64_t count) {
  return format_count(count) + (count == 1 ? " request" : " requests");
}

const char* were(std::uint64_t count) {
  return count == 1 ? "was" : "were";
}

void print_needed(const replay::ReplaySummary& summary) {
  if (summary.needed == 0) return;
  std::fprintf(stderr, "%s exchanges more, which the chosen ones need (--no-dependencies leaves them out)\n",
               format_count(summary.needed).c_str());
}

void print_shifted(const replay::ReplaySummary& summary) {
  if (summary.shifted_times > 0) {
    std::fprintf(stderr, "%s times in requests follow the replay (--shift-time)\n",
                 format_count(summary.shifted_times).c_str());
  }
  if (summary.signed_tokens > 0) {
    std::fprintf(stderr, "%s tokens in requests have times of the replay and are signed again (--jwt-key)\n",
                 format_count(summary.signed_tokens).c_str());
  }
}

// What explains many findings at once comes before them.
void print_causes(const replay::ReplaySummary& summary) {
  if (summary.refused_credentials.count > 0) {
    std::fprintf(stderr,
                 "%s %s answered 401/403 (first: exchange %lld): their credentials were replaced while "
                 "recording; --login FILE or --set-header sends others, record --keep-secrets keeps them\n",
                 requests(summary.refused_credentials.count).c_str(), were(summary.refused_credentials.count),
                 static_cast<long long>(summary.refused_credentials.first));
  }
  if (summary.earlier_run != 0) {
    std::fprintf(stderr,
                 "%s that had created something %s answered 409/422 (first: exchange %lld): the target "
                 "probably still has the state of run %lld; reset it or replay to a fresh copy\n",
                 requests(summary.conflicts.count).c_str(), were(summary.conflicts.count),
                 static_cast<long long>(summary.conflicts.first), static_cast<long long>(summary.earlier_run));
  }
}

void print_dry_run(const replay::ReplaySummary& summary) {
  std::fprintf(stderr, "would send %s of %s exchanges\n", format_count(summary.sent).c_str(),
               format_count(summary.planned).c_str());
  print_needed(summary);
  for (const std::string& line : summary.preflight) std::fprintf(stderr, "  %s\n", printable(line).c_str());
}

void print_outcome(const replay::ReplaySummary& summary, const char* who) {
  const char* const how = summary.interrupted ? "interrupted" : summary.gave_up.empty() ? "replayed" : "given up";
  std::fprintf(
      stderr,
      "%s%s: %s exchanges of recording %lld: %s sent, %s answered, %s failed, %s skipped in %.2f s (run %lld)\n", who,
      how, format_count(summary.planned).c_str(), static_cast<long long>(summary.recording_id),
      format_count(summary.sent).c_str(), format_count(summary.answered).c_str(), format_count(summary.failed).c_str(),
      format_count(summary.skipped).c_str(), static_cast<double>(summary.elapsed_ns) / 1e9,
      static_cast<long long>(summary.run_id));
  if (!summary.gave_up.empty()) std::fprintf(stderr, "%s; nothing more was sent\n", printable(summary.gave_up).c_str());
}

void print_ledger(const replay::ReplaySummary& summary) {
  for (const schema::LedgerEntry& entry : summary.ledger) {
    if (entry.key.find('.') == std::string::npos) continue;
    std::fprintf(stderr, "  %-24s %12s\n", entry.key.c_str(), format_count(entry.count).c_str());
  }
}

// The first of each reason; the report has the others.
void print_failures(const replay::ReplaySummary& summary) {
  for (const replay::FailureKind& kind : summary.failures) {
    std::fprintf(stderr, "  failed.%s first in exchange %lld%s%s\n", kind.reason.c_str(),
                 static_cast<long long>(kind.exchange), kind.detail.empty() ? "" : ": ",
                 printable(kind.detail, 200).c_str());
  }
}

void print_stalls(const replay::ReplaySummary& summary) {
  if (!summary.stalls_suspected) return;
  std::fprintf(
      stderr,
      "%s of %s responses ended 38 to 46 ms after they began: delayed acknowledgements of a target that writes "
      "head and body apart; --quickack avoids them\n",
      format_count(summary.stalled).c_str(), format_count(summary.answered).c_str());
}

}  // namespace

void print_edges(const replay::ReplaySummary& summary) {
  if (summary.edge_count == 0) return;
  std::fprintf(stderr, "%s values of requests came from earlier responses and will be the target's:\n",
               format_count(summary.edge_count).c_str());
  for (const replay::FoundEdge& edge : summary.edges) {
    std::fprintf(stderr, "  exchange %lld `%s` → exchange %lld %s\n", static_cast<long long>(edge.producer),
                 printable(edge.produced_at, 200).c_str(), static_cast<long long>(edge.consumer),
                 printable(edge.used_at, 200).c_str());
  }
  if (summary.edge_count > summary.edges.size()) {
    std::fprintf(stderr, "  and %s more\n", format_count(summary.edge_count - summary.edges.size()).c_str());
  }
}

void print_summary(const replay::ReplaySummary& summary, bool dry_run, const char* who) {
  if (dry_run) {
    print_dry_run(summary);
  } else {
    print_outcome(summary, who);
    print_needed(summary);
  }
  print_ledger(summary);
  print_failures(summary);
  print_shifted(summary);
  print_stalls(summary);
  print_causes(summary);
}

void print_recheck(const replay::RecheckSummary& summary) {
  std::fprintf(
      stderr, "re-sent %s exchanges, twice each, to learn what varies on its own: %s failed (runs %lld, %lld)\n",
      format_count(summary.first.planned).c_str(), format_count(summary.first.failed + summary.second.failed).c_str(),
      static_cast<long long>(summary.first.run_id), static_cast<long long>(summary.second.run_id));
}

}  // namespace tracerec::cli
