// What /proc tells of processes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace tracerec::record {

// The whole of a file there, up to 16 MiB. Empty when it cannot be read: the process may end at any time.
[[nodiscard]] std::string read_proc_file(const std::string& path);

[[nodiscard]] bool process_exists(std::int64_t pid);

// It exists and is not a zombie: it can still make system calls.
[[nodiscard]] bool process_runs(std::int64_t pid);

// A process that can be recorded: it is there, is not a zombie, and is not a thread of the kernel.
[[nodiscard]] Result<void> check_recordable(std::int64_t pid);

// The command line with spaces between the arguments; the name in brackets when there is none.
[[nodiscard]] std::string command_line(std::int64_t pid);

// The real user id; none: the process has ended.
[[nodiscard]] std::optional<unsigned> owner_of(std::int64_t pid);

// Children, their children and so on, at the time of the call. Processes that fork meanwhile may be missed: call again
// until nothing new turns up.
[[nodiscard]] std::vector<std::int64_t> descendants(std::int64_t pid);

// The inode numbers of the sockets that a process has open. None: it has ended, or they may not be read.
[[nodiscard]] std::optional<std::vector<std::uint64_t>> sockets_of(std::int64_t pid);

// The TCP ports at which any of these processes takes connections, in order, each once. None: that cannot be told of
// any of them.
[[nodiscard]] std::optional<std::vector<std::uint16_t>> listening_ports(const std::vector<std::uint32_t>& pids);

// Whether it takes connections on a Unix stream socket.
[[nodiscard]] bool listens_on_unix_socket(std::int64_t pid);

// Memory that this process has in use now (VmRSS), in bytes.
[[nodiscard]] std::uint64_t resident_bytes();

// "host (Linux 6.1.0)".
[[nodiscard]] std::string host_name_and_kernel();

}  // namespace tracerec::record
