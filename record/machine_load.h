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
  MachineLoad(const Clock& clock, const std::string& path, std::uint64_t processors);
  explicit MachineLoad(const Clock& clock);  // of this machine

  // Since the look before, less than half of a processor was idle: of two that serve as many requests as they can, a
  // tenth to a sixth of the time is. False where that cannot be known, and at first.
  [[nodiscard]] bool is_busy();

 private:
  struct Times {  // in ticks, summed over the processors
    std::uint64_t all = 0;
    std::uint64_t idle = 0;
  };
  [[nodiscard]] Times look() const;

  const Clock& clock_;
  std::uint64_t processors_;
  UniqueFd file_;
  Times last_;
  std::int64_t looked_ns_;
  bool is_busy_ = false;
};

}  // namespace tracerec::record
