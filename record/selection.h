// Which processes to record: by number, by name, by cgroup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace tracerec::record {

// A control group of version 2, as the kernel side recognises it.
struct Cgroup {
  std::uint64_t id = 0;  // 0: none
  int level = 0;         // below the root of the hierarchy
  std::string folder;    // below the mount point of cgroups
};

// Finds the group by what people have at hand: a folder below /sys/fs/cgroup, a path as in /proc/PID/cgroup
// ("/system.slice/docker-….scope"), the last name of one, or a container or pod (record/container_group.h). Errors: no
// such group, several of them.
[[nodiscard]] Result<Cgroup> find_cgroup(const std::string& name);

// The processes in it and in the groups below it, at the time of the call.
[[nodiscard]] std::vector<std::int64_t> processes_in(const Cgroup& group);

// The processes whose name (the kernel's, at most 15 bytes: /proc/PID/comm) is this, at the time of the call. A name is
// what a process says of itself: with `user` only that user's are taken (the real user id), the others counted.
struct NamedProcesses {
  std::vector<std::int64_t> pids;
  std::size_t of_others = 0;
};
[[nodiscard]] NamedProcesses processes_named(const std::string& name, std::optional<unsigned> user);

// The name as the kernel keeps it: cut to 15 bytes.
[[nodiscard]] std::string kernel_name(const std::string& name);

// The inode number of the pid namespace that this process is in, 0 for the initial one: the numbers in /proc are of
// that namespace.
[[nodiscard]] std::uint32_t own_pid_namespace();

}  // namespace tracerec::record
