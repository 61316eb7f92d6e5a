#include "replay/progress.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace tracerec::replay {
namespace {

// "0:07", "12:34", "1:02:03"
std::string clock_text(std::int64_t ns) {
  const long long seconds = (ns + 999'999'999) / 1'000'000'000;
  char text[48];
  if (seconds < 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld", seconds / 60, seconds % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
  }
  return text;
}

}  // namespace

std::int64_t planned_end_ns(const ReplayOptions& options, const RecordingShape& shape) {
  switch (options.pace) {
    case Pace::kMax:
      return -1;
    case Pace::kRate:
      return EvenSchedule(options.rate).intended_ns(shape.exchanges);
    case Pace::kRecorded:
      break;
  }
  return RecordedSchedule(shape.first_started_unix_ns, options.speed, shape.savings)
      .intended_ns(shape.last_started_unix_ns);
}

std::int64_t remaining_ns(const Progress& progress) {
  if (progress.elapsed_ns < progress.planned_end_ns)
    return progress.planned_end_ns - std::max<std::int64_t>(0, progress.elapsed_ns);
  if (progress.done == 0 || progress.elapsed_ns <= 0) return -1;
  const auto open = static_cast<double>(progress.planned - progress.done);
  return static_cast<std::int64_t>(open / static_cast<double>(progress.done) *
                                   static_cast<double>(progress.elapsed_ns));
}

std::string describe(const Progress& progress) {
  const double seconds = static_cast<double>(progress.elapsed_ns) / 1e9;
  const double rate = seconds > 0 ? static_cast<double>(progress.sent) / seconds : 0;
  const double share =
      progress.planned > 0 ? 100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.planned) : 0;
  const std::int64_t left_ns = remaining_ns(progress);
  char text[200];
  std::snprintf(text, sizeof text, "%s of %s (%.0f %%)  %.0f/s  %s left  %s failed",
                format_count(progress.done).c_str(), format_count(progress.planned).c_str(), share, rate,
                left_ns < 0 ? "?" : clock_text(left_ns).c_str(), format_count(progress.failed).c_str());
  return text;
}

}  // namespace tracerec::replay
