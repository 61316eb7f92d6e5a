#include "base/clock.h"

#include <chrono>
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
  using namespace std::chrono;
  const sys_time<nanoseconds> instant{nanoseconds(unix_ns)};
  const auto day = floor<days>(instant);
  const year_month_day date(day);
  const hh_mm_ss time(floor<milliseconds>(instant - day));
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02u %02d:%02d:%02d.%03d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return buffer;
}

}  // namespace tracerec
