// Whether openat2(2) can be called: since Linux 5.6, but not under user emulation (qemu before 9.1).
#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace tracerec::record {

inline bool has_openat2() {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  const UniqueFd fd(static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, ".", &how, sizeof how)));
  return fd.get() >= 0 || errno != ENOSYS;
}

}  // namespace tracerec::record
