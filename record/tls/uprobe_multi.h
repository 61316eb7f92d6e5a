// Many uprobes by one link, since Linux 6.6. One by one, each takes some 50 ms to take off, one after the other.
//
// Spoken to the kernel directly: Debian 12's libbpf and headers are older.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace tracerec::record {

// The attach type that a program must be loaded with (BPF_TRACE_UPROBE_MULTI); it cannot be attached otherwise then.
inline constexpr int kUprobeMultiAttachType = 48;

// Asks the kernel. Needs the privilege to load programs.
[[nodiscard]] bool kernel_has_uprobe_multi();

// Attaches a program to offsets of the file at `path`, for all processes; `cookies` are as many. The link holds as long
// as the descriptor is open. Invalid with errno set: nothing was attached.
[[nodiscard]] UniqueFd attach_uprobes(int program_fd, const std::string& path,
                                      const std::vector<std::uint64_t>& offsets,
                                      const std::vector<std::uint64_t>& cookies, bool at_return);

}  // namespace tracerec::record
