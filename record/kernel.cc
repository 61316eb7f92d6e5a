#include "record/kernel.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>

#include "base/text.h"

namespace tracerec::record {
namespace {

constexpr KernelVersion kOldest{6, 1};

// As bits. By the system call, since /proc may be hidden.
std::uint64_t effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  if (::syscall(SYS_capget, &header, data.data()) != 0) return 0;
  return std::uint64_t{data[1].effective} << 32U | data[0].effective;
}

std::string first_line_of(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// A number at the front of `text`, which is taken off.
std::optional<int> take_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::optional<KernelVersion> parse_kernel_release(std::string_view release) {
  const auto major = take_number(release);
  if (!major || release.empty() || release.front() != '.') return std::nullopt;
  release.remove_prefix(1);
  const auto minor = take_number(release);
  if (!minor) return std::nullopt;
  return KernelVersion{*major, *minor};
}

Result<void> check_kernel_release(std::string_view release) {
  const auto version = parse_kernel_release(release);
  if (!version || *version >= kOldest) return {};
  return Error{"this kernel, Linux " + printable(release, 80) + ", is too old to record on: " + kSupportedKernels +
               " is needed"};
}

std::string kernel_release() {
  utsname name{};
  ::uname(&name);
  return name.release;
}

bool kernel_has_btf() {
  return ::access("/sys/kernel/btf/vmlinux", R_OK) == 0;
}

bool may_load_probes() {
  constexpr std::uint64_t kSysAdmin = 1ULL << 21, kPerfmon = 1ULL << 38, kBpf = 1ULL << 39;
  if (in_user_namespace()) return false;
  const std::uint64_t have = effective_capabilities();
  return (have & kSysAdmin) != 0 || (have & (kPerfmon | kBpf)) == (kPerfmon | kBpf);
}

bool in_user_namespace() {
  constexpr ino_t kInitial = 0xEFFFFFFD;  // PROC_USER_INIT_INO, include/linux/proc_ns.h
  struct stat own {};
  return ::stat("/proc/self/ns/user", &own) == 0 && own.st_ino != kInitial;
}

// "none [integrity] confidentiality": the one in brackets holds.
std::string kernel_lockdown() {
  const std::string modes = first_line_of("/sys/kernel/security/lockdown");
  const std::size_t begin = modes.find('['), end = modes.find(']');
  return begin == std::string::npos || end == std::string::npos ? "" : modes.substr(begin + 1, end - begin - 1);
}

bool bpf_jit_is_off() {
  return first_line_of("/proc/sys/net/core/bpf_jit_enable") == "0";
}

std::string io_uring_tracepoint() {
  for (const char* name : {"io_uring_submit_req", "io_uring_submit_sqe"}) {
    if (libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP) > 0) return name;
  }
  return {};
}

}  // namespace tracerec::record
