// Replays a recording against a target and stores its responses as a run.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "replay/exchange_set.h"
#include "replay/failures.h"
#include "replay/options.h"
#include "replay/progress.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"

namespace tracerec::replay {

// Of a Histogram: nanoseconds, quantiles at most 0.8 % too high.
struct Quantiles {
  std::uint64_t count = 0;
  double mean_ns = 0;
  std::int64_t p50_ns = 0;
  std::int64_t p95_ns = 0;
  std::int64_t p99_ns = 0;
  std::int64_t max_ns = 0;
};

constexpr std::size_t kMostEdges = 20;

// A value that was found to flow from a recorded response into a recorded request.
struct FoundEdge {
  schema::RowId producer = 0;
  std::string produced_at;
  schema::RowId consumer = 0;
  std::string used_at;
};

struct ReplaySummary {
  schema::RowId recording_id = 0;
  schema::RowId run_id = 0;   // 0: dry run
  schema::Ledger ledger;      // planned, sent, answered, skipped.*, failed.*; a dry run has no sent
  std::uint64_t planned = 0;  // = sent + skipped
  std::uint64_t sent = 0;     // = answered + failed; of a dry run: what would be sent
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t skipped = 0;
  bool interrupted = false;  // stopped by the flag
  std::string gave_up{};     // why the run was stopped before its end, in one clause; empty: it was not
  std::int64_t elapsed_ns = 0;
  std::vector<FailureKind> failures{};   // which requests failed, by reason
  std::uint64_t stalled = 0;             // responses that a delayed acknowledgement may have held back (StallWatch)
  bool stalls_suspected = false;         // so many that it should be said, and they were not avoided
  std::size_t peak_connections = 0;      // that overlapped in the recording
  std::vector<std::string> preflight{};  // of a dry run: what to know before it is sent
  std::uint64_t needed = 0;              // sent although --include does not name them: what those need that it names
  Occurrences refused_credentials{};     // answered 401 or 403, and the credential was replaced while recording
  Occurrences conflicts{};               // POST that had been answered 200 or 201, and now 409 or 422
  std::uint64_t bad_requests = 0;        // answered 400, and something else while recording
  std::uint64_t shifted_times = 0;       // in requests, by ReplayOptions::shift_time; of a dry run: would be
  std::uint64_t signed_tokens = 0;       // likewise by jwt_key
  schema::RowId earlier_run = 0;         // with conflicts: a run before this one against the same target; 0: none
  // Of answered exchanges, except for the last.
  Quantiles latency_from_intended;  // from when it should have been sent to the last byte: what a user would have felt
  Quantiles latency;                // from when it was sent to the last byte
  Quantiles ttfb;                   // from when it was sent to the first byte
  Quantiles schedule_error;         // sent − intended, of all that were sent
  std::vector<FoundEdge> edges;     // of a dry run: the first kMostEdges
  std::uint64_t edge_count = 0;     // of a dry run: all
  std::vector<ReplaySummary> baseline{};  // with ReplayOptions::baseline: one, of its run
};

struct ReplayControl {
  const std::atomic<bool>* stop = nullptr;  // set by another thread or a signal handler: ends the run in order
  std::function<void(const Progress&)> on_progress{};    // about ten times a second, on the calling thread
  std::function<void(const std::string&)> on_unsafe{};   // before anything is sent: methods that may change things
  std::function<void(const std::string&)> on_warning{};  // likewise: one line of what is going to fail
};

// Returns when the run is finished and stored (its end is on the disk, and `writer` is done). `writer` may be null for
// a dry run only. `reader` and `writer` may have the same file open. Errors: no such recording or nothing in it, the
// target cannot be resolved or reached, it may be the recorded server (unless allowed), the trace file cannot be read
// or written, the ledger does not balance.
[[nodiscard]] Result<ReplaySummary> replay(const ReplayOptions& options, schema::Reader& reader,
                                           schema::BatchWriter* writer, const ReplayControl& control,
                                           const Clock& clock);

}  // namespace tracerec::replay
