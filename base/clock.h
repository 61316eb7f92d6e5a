// Time, as an interface so that tests need not wait.
#pragma once

#include <cstdint>

namespace tracerec {

// Durations and instants are int64 nanoseconds; names end in _ns.
class Clock {
 public:
  virtual ~Clock() = default;

  // Nanoseconds since boot, suspend included (CLOCK_BOOTTIME): the same clock as bpf_ktime_get_boot_ns().
  [[nodiscard]] virtual std::int64_t boot_ns() const = 0;

  // Nanoseconds since 1970-01-01 UTC.
  [[nodiscard]] virtual std::int64_t unix_ns() const = 0;
};

// The machine's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t boot_ns() const override;
  [[nodiscard]] std::int64_t unix_ns() const override;
};

// "2026-03-01 12:00:05.123" in UTC.
[[nodiscard]] const char* format_unix_ns(std::int64_t unix_ns, char (&buffer)[32]);

}  // namespace tracerec
