// A bell that one thread waits for and any thread rings. Internal to schema/.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/unique_fd.h"

namespace tracerec::schema {

// An eventfd: ringing is one system call that never blocks and is remembered until somebody waits.
class Wakeup {
 public:
  Wakeup() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  [[nodiscard]] bool valid() const { return fd_.valid(); }

  void ring() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(fd_.get(), &one, sizeof one);  // fails only when rung already
  }

  // Returns when it was rung, or after `timeout_ms` (-1: never).
  void wait(int timeout_ms) const {
    pollfd poll_fd{fd_.get(), POLLIN, 0};
    ::poll(&poll_fd, 1, timeout_ms);
    std::uint64_t rings = 0;
    [[maybe_unused]] const ssize_t got = ::read(fd_.get(), &rings, sizeof rings);
  }

 private:
  UniqueFd fd_;
};

}  // namespace tracerec::schema
