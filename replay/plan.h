// Whether an exchange is sent, and when. Pure: no files, no sockets, no clock.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "base/glob.h"
#include "replay/exchange_set.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::replay {

// Ledger keys of what is not sent, and why.
inline constexpr const char* kSkippedOutgoing = "skipped.outgoing";  // a call that the recorded process made
inline constexpr const char* kSkippedFiltered = "skipped.filtered";  // --include, --exclude
inline constexpr const char* kSkippedIncomplete =
    "skipped.incomplete";  // bytes of it are missing, or its end; not open-ended
inline constexpr const char* kSkippedUpgrade = "skipped.upgrade";           // CONNECT, or answered with 101
inline constexpr const char* kSkippedInterrupted = "skipped.interrupted";   // the replay was stopped before its turn
inline constexpr const char* kSkippedOverload = "skipped.overload";         // the target did not keep up: overload.h
inline constexpr const char* kSkippedMaxSize = "skipped.max_size";          // the trace file had its largest size
inline constexpr const char* kSkippedNotSelected = "skipped.not_selected";  // --sample-per-endpoint
inline constexpr std::array kSkipKeys = {kSkippedOutgoing, kSkippedFiltered,    kSkippedIncomplete,
                                         kSkippedUpgrade,  kSkippedInterrupted, kSkippedOverload,
                                         kSkippedMaxSize,  kSkippedNotSelected};

// nullptr: it is sent. Else one of the keys above. The first that applies, in the order: filtered, incomplete, upgrade,
// not selected. Those that are `needed` are neither filtered nor left out of the selection; nullptr: none are. Without
// `selected` all are selected.
[[nodiscard]] const char* skip_reason(const schema::StoredExchange& exchange, const EndpointFilter& filter,
                                      const ExchangeSet* needed = nullptr, const ExchangeSet* selected = nullptr);

// Whether the client had sent `next`, the request after `before` on its connection, before the response to that had
// begun: both came in one read, or the response began a millisecond later or more. (Times are stamped when the server's
// calls return: a quick client's next request may come in before its response is stamped.)
[[nodiscard]] bool was_pipelined(const schema::StoredExchange& before, const schema::StoredExchange& next);

// From `since_ns` on, `saved_ns` of recorded time have been left out in all.
struct Saving {
  std::int64_t since_ns = 0;
  std::int64_t saved_ns = 0;
};

// Finds the pauses in which nothing was asked for longer than `max_idle_ns`.
class PauseFinder {
 public:
  explicit PauseFinder(std::int64_t max_idle_ns) : max_idle_ns_(max_idle_ns) {}

  // The start of an exchange; earliest first.
  void add(std::int64_t started_unix_ns);
  [[nodiscard]] const std::vector<Saving>& savings() const { return savings_; }

 private:
  std::int64_t max_idle_ns_;
  std::int64_t last_ns_ = INT64_MAX;
  std::vector<Saving> savings_;
};

// The recorded timing on an absolute clock: every time follows from the first exchange of the recording, none from the
// one before, so that nothing drifts.
class RecordedSchedule {
 public:
  RecordedSchedule(std::int64_t first_started_unix_ns, double speed, std::vector<Saving> savings = {})
      : first_ns_(first_started_unix_ns), speed_(speed), savings_(std::move(savings)) {}

  // When an exchange that was recorded at `started_unix_ns` is sent, from the start of the run. Never negative.
  [[nodiscard]] std::int64_t intended_ns(std::int64_t started_unix_ns) const;

 private:
  std::int64_t first_ns_;
  double speed_;
  std::vector<Saving> savings_;
};

// `rate` sends a second, evenly spaced, on an absolute clock.
class EvenSchedule {
 public:
  explicit EvenSchedule(double rate) : rate_(rate) {}

  // When send number `index` (from 0) is due, from the start of the run; at most 126 years.
  [[nodiscard]] std::int64_t intended_ns(std::uint64_t index) const;

 private:
  double rate_;
};

// What a replay has to know before it starts.
struct RecordingShape {
  std::int64_t first_started_unix_ns = 0;
  std::int64_t last_started_unix_ns = 0;
  std::uint64_t connections = 0;
  std::uint64_t exchanges = 0;
  std::size_t peak_connections = 0;  // most that overlapped
  std::vector<Saving> savings;       // pauses that are shortened; none unless asked for
};

// Takes the connections in the order of their start. Memory: one number for each connection that is open at a time.
class ShapeBuilder {
 public:
  void add(const schema::ConnectionSpan& span);
  [[nodiscard]] const RecordingShape& shape() const { return shape_; }

 private:
  RecordingShape shape_;
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> ends_ns_;
};

}  // namespace tracerec::replay
