#include "cli/record_progress.h"

#include <cstdio>

#include "base/text.h"

namespace tracerec::cli {
namespace {

constexpr std::size_t kLongestRequest = 60;

std::string elapsed_text(std::int64_t elapsed_ns) {
  const std::int64_t seconds = elapsed_ns / 1'000'000'000;
  char text[64];
  if (seconds < 60) {
    std::snprintf(text, sizeof text, "%llds", static_cast<long long>(seconds));
  } else {
    std::snprintf(text, sizeof text, "%lldm%02llds", static_cast<long long>(seconds / 60),
                  static_cast<long long>(seconds % 60));
  }
  return text;
}

}  // namespace

std::string progress_text(std::int64_t elapsed_ns, const record::Recorder::Progress& now,
                          const record::Recorder::Progress& before, double seconds, const RecordHealth& health) {
  char text[320];
  const double rate = static_cast<double>(now.exchanges - before.exchanges) / seconds;
  const double speed = static_cast<double>(now.received_bytes - before.received_bytes) / seconds;
  std::snprintf(text, sizeof text, "%s  %s exchanges  %.0f/s  %s/s  %s lost  %zu connections  %s file  %s memory",
                elapsed_text(elapsed_ns).c_str(), format_count(now.exchanges).c_str(), rate,
                format_bytes(static_cast<std::uint64_t>(speed)).c_str(), format_bytes(health.lost_bytes).c_str(),
                now.open_connections, format_bytes(health.file_bytes).c_str(),
                format_bytes(health.memory_bytes).c_str());
  const std::string last = printable(health.last_request, kLongestRequest);
  return text + (last.empty() ? std::string{} : "  " + last);
}

}  // namespace tracerec::cli
