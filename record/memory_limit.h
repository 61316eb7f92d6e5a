// How much memory the control group of this process may use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tracerec::record {

// The smallest limit of the process's own group and those above it, of version 2 (memory.max) and version 1
// (memory.limit_in_bytes), in bytes; none: there is none, or it is not shown. `groups` is where control groups are
// mounted, `own` says in which ones the process is (man 7 cgroups, /proc/PID/cgroup).
[[nodiscard]] std::optional<std::uint64_t> memory_limit(const std::string& groups = "/sys/fs/cgroup",
                                                        const std::string& own = "/proc/self/cgroup");

// What waits to be read and written may use this much by default: 64 MiB, but at most a quarter of the limit, since the
// maps of the probes, the caches and the program itself come on top; and not less than 16 MiB, below which a busy
// server's moment does not fit.
[[nodiscard]] std::uint64_t default_memory(std::optional<std::uint64_t> limit);

}  // namespace tracerec::record
