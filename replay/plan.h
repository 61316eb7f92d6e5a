// Whether an exchange is sent, and when. Pure: no files, no sockets, no clock.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "base/glob.h"
#include "schema/reader.h"
#include "schema/rows.h"

namespace tracerec::replay {

// Ledger keys of what is not sent, and why.
inline constexpr const char* kSkippedOutgoing = "skipped.outgoing";        // a call that the recorded process made
inline constexpr const char* kSkippedFiltered = "skipped.filtered";        // --include, --exclude
inline constexpr const char* kSkippedIncomplete = "skipped.incomplete";    // bytes of it are missing in the recording
inline constexpr const char* kSkippedUpgrade = "skipped.upgrade";          // CONNECT, or answered with 101
inline constexpr const char* kSkippedInterrupted = "skipped.interrupted";  // the replay was stopped before its turn

// nullptr: it is sent. Else one of the keys above. The first that applies, in the order: filtered, incomplete, upgrade.
[[nodiscard]] const char* skip_reason(const schema::StoredExchange& exchange, const EndpointFilter& filter);

// The recorded timing on an absolute clock: every time follows from the first exchange of the recording, none from the
// one before, so that nothing drifts.
class RecordedSchedule {
 public:
  RecordedSchedule(std::int64_t first_started_unix_ns, double speed)
      : first_ns_(first_started_unix_ns), speed_(speed) {}

  // When an exchange that was recorded at `started_unix_ns` is sent, from the start of the run. Never negative.
  [[nodiscard]] std::int64_t intended_ns(std::int64_t started_unix_ns) const;

 private:
  std::int64_t first_ns_;
  double speed_;
};

// `rate` sends a second, evenly spaced, on an absolute clock.
class EvenSchedule {
 public:
  explicit EvenSchedule(double rate) : rate_(rate) {}

  // When send number `index` (from 0) is due, from the start of the run.
  [[nodiscard]] std::int64_t intended_ns(std::uint64_t index) const;

 private:
  double rate_;
};

// What a replay has to know before it starts.
struct RecordingShape {
  std::int64_t first_started_unix_ns = 0;
  std::uint64_t connections = 0;
  std::uint64_t exchanges = 0;
  std::size_t peak_connections = 0;  // most that overlapped
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
