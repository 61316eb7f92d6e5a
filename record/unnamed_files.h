// Files without a name that recorded processes write to: servers send from them and close them at once.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "base/unique_fd.h"
#include "bpf/wire.h"

namespace tracerec::record {

// Opens such a file through the process's descriptor. Invalid: it is closed by now, or that descriptor is another file.
[[nodiscard]] UniqueFd open_unnamed(const tr_unnamed& file);

// Whether the process still has it there.
[[nodiscard]] bool has_unnamed(const tr_unnamed& file);

// Holds those that were opened in time until the first range of them comes. All functions from any thread.
class UnnamedFiles {
 public:
  // Opens one that a process began to write to.
  void open(const tr_unnamed& file);

  // Hands one over; invalid: it is not here.
  [[nodiscard]] UniqueFd take(std::uint64_t inode, std::uint32_t generation);

  // Closes those that their process has closed (it may have sent of them nothing at all), one call after that was first
  // seen. To be called every second: by then the ranges of what was sent have come.
  void close_idle();

 private:
  struct Open {
    tr_unnamed file{};
    UniqueFd fd;
    bool closed_there = false;
  };

  std::mutex mutex_;
  std::vector<Open> open_;
};

}  // namespace tracerec::record
