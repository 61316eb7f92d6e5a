// Whether the machine has processor time to spare.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace tracerec::record {

// Looks at the time that the processors were idle (man 5 proc_stat), at most five times a second. One thread.
class MachineLoad {
 public:
  // `clock` must outlive it. The file stays open, so that later looks need no rights.
  explicit MachineLoad(const Clock& clock, const std::string& path = "/proc/stat");

  // Less than a tenth of the time since the look before was idle. False where that cannot be known, and at first.
  [[nodiscard]] bool is_busy();

 private:
  struct Times {  // in ticks, summed over the processors
    std::uint64_t all = 0;
    std::uint64_t idle = 0;
  };
  [[nodiscard]] Times look() const;

  const Clock& clock_;
  UniqueFd file_;
  Times last_;
  std::int64_t looked_ns_;
  bool is_busy_ = false;
};

}  // namespace tracerec::record
