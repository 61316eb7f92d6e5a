#include "base/clock.h"

#include <cstdio>
#include <ctime>

namespace tracerec {
namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

std::int64_t read_clock(clockid_t id) {
  timespec now{};
  ::clock_gettime(id, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

}  // namespace

std::int64_t SystemClock::boot_ns() const {
  return read_clock(CLOCK_BOOTTIME);
}

std::int64_t SystemClock::unix_ns() const {
  return read_clock(CLOCK_REALTIME);
}

const char* format_unix_ns(std::int64_t unix_ns, char (&buffer)[32]) {
  const std::time_t seconds = unix_ns / kNsPerSecond;
  const int milliseconds = static_cast<int>(unix_ns % kNsPerSecond / 1'000'000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  const std::size_t length = std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%S", &utc);
  std::snprintf(buffer + length, sizeof buffer - length, ".%03d", milliseconds);
  return buffer;
}

}  // namespace tracerec
