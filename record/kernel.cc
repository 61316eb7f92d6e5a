#include "record/kernel.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <fstream>

#include "base/text.h"
#include "record/privileges.h"

namespace tracerec::record {
namespace {

constexpr KernelVersion kOldest{6, 1};

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
  return !in_user_namespace() && missing_capabilities().empty();
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
