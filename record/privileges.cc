// Which capability is for what, measured by taking one at a time (docs/security.md):
//   BPF                 maps and programs; PERFMON: tracing programs, uprobes
//   SYS_PTRACE          /proc/PID/{maps,fd,root} of another user's process
//   CHECKPOINT_RESTORE  /proc/PID/map_files: libraries that have no name any more
//   DAC_READ_SEARCH     /proc/PID/{fd,map_files} of another user's process, and files that only their owner may open
//   DAC_OVERRIDE        a trace in another user's folder
//   SYS_ADMIN           with Debian's kernel.perf_event_paranoid = 3: perf events (of which the recorder opens some
//   while
//                       it attaches), and before Linux 6.12 uprobes
#include "record/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/read_file.h"

namespace tracerec::record {
namespace {

using Data = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

constexpr Capabilities bit(int capability) {
  return Capabilities{1} << static_cast<unsigned>(capability);
}

constexpr Capabilities kProbes = bit(CAP_BPF) | bit(CAP_PERFMON);
constexpr Capabilities kFiles = bit(CAP_SYS_PTRACE) | bit(CAP_DAC_READ_SEARCH);
constexpr Capabilities kImages = bit(CAP_CHECKPOINT_RESTORE);
constexpr Capabilities kWriting = bit(CAP_DAC_OVERRIDE);
// While attaching: the owner of new files, the priority of a thread.
constexpr Capabilities kAttaching = bit(CAP_CHOWN) | bit(CAP_FOWNER) | bit(CAP_SYS_NICE) | bit(CAP_KILL);

Data get() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Data data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return {};
  return data;
}

// Giving up is always allowed.
void keep(Capabilities wanted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Data data = get();
  for (auto& half : data) {
    const auto part = static_cast<__u32>(wanted);
    half.effective &= part;
    half.permitted &= part;
    half.inheritable = 0;
    wanted >>= 32U;
  }
  ::syscall(SYS_capset, &header, data.data());
}

void make_effective(bool wanted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Data data = get();
  for (auto& half : data) half.effective = wanted ? half.permitted : 0;
  ::syscall(SYS_capset, &header, data.data());
}

// Level 3 is an addition of Debian's: opening a perf event asks for SYS_ADMIN.
bool perf_events_ask_for_admin() {
  const auto level = read_file("/proc/sys/kernel/perf_event_paranoid", 16);
  return !level || std::strtol(level->c_str(), nullptr, 10) >= 3;
}

// Since 6.12 uprobes are no perf events (bpf_uprobe_multi_link).
bool uprobes_ask_for_admin() {
  utsname system{};
  int major = 0, minor = 0;
  if (::uname(&system) != 0 || std::sscanf(system.release, "%d.%d", &major, &minor) != 2) return true;
  return std::pair(major, minor) < std::pair(6, 12) && perf_events_ask_for_admin();
}

// Older container runtimes know SYS_ADMIN only, which stands for all that it was split into.
Capabilities with_admin(Capabilities wanted, bool asks_for_it) {
  const bool is_split = (effective_capabilities() & kProbes) == kProbes;
  const bool asks = (wanted & bit(CAP_PERFMON)) != 0 && asks_for_it;
  return ((wanted & kProbes) != 0 && !is_split) || asks ? wanted | bit(CAP_SYS_ADMIN) : wanted;
}

template <std::size_t size>
std::string names_of_missing(const std::array<std::pair<int, const char*>, size>& wanted) {
  const Capabilities have = effective_capabilities();
  std::string names;
  for (const auto& [capability, name] : wanted) {
    if ((have & bit(capability)) == 0) names += (names.empty() ? "" : " and ") + std::string(name);
  }
  return names;
}

}  // namespace

Capabilities effective_capabilities() {
  const Data data = get();
  return Capabilities{data[1].effective} << 32U | data[0].effective;
}

void set_capabilities_aside() {
  if (::geteuid() != 0) make_effective(false);
}

void take_up_capabilities() {
  if (::geteuid() != 0) make_effective(true);
}

void confine_process() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  keep(with_admin(kProbes | kFiles | kImages | kWriting | kAttaching, perf_events_ask_for_admin()));
}

void drop_privileges(const PrivilegeNeeds& needs) {
  Capabilities wanted = bit(CAP_BPF) | kFiles;
  if (needs.tls) wanted |= kProbes | kImages;
  if (needs.writes_where_root_may) wanted |= kWriting;
  if (needs.ends_a_command) wanted |= bit(CAP_KILL);
  keep(with_admin(wanted, uprobes_ask_for_admin()));
}

void restrict_to_files() {
  keep(kFiles);
}

void restrict_to_writing(const PrivilegeNeeds& needs) {
  keep(needs.writes_where_root_may ? kWriting : 0);
}

std::string missing_capabilities() {
  if ((effective_capabilities() & bit(CAP_SYS_ADMIN)) != 0) return {};
  return names_of_missing<2>({{{CAP_BPF, "CAP_BPF"}, {CAP_PERFMON, "CAP_PERFMON"}}});
}

std::string missing_for_others() {
  return names_of_missing<3>({{{CAP_SYS_PTRACE, "CAP_SYS_PTRACE"},
                               {CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE"},
                               {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"}}});
}

}  // namespace tracerec::record
