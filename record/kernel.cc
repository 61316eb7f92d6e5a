#include "record/kernel.h"

#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <fstream>

#include "base/text.h"

namespace tracerec::record {
namespace {

constexpr KernelVersion kOldest{6, 1};

// CapEff of /proc/self/status as bits.
std::uint64_t effective_capabilities() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("CapEff:", 0) == 0) return std::stoull(line.substr(7), nullptr, 16);
  }
  return 0;
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
  const std::uint64_t have = effective_capabilities();
  return (have & kSysAdmin) != 0 || (have & (kPerfmon | kBpf)) == (kPerfmon | kBpf);
}

std::string io_uring_tracepoint() {
  for (const char* name : {"io_uring_submit_req", "io_uring_submit_sqe"}) {
    if (libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP) > 0) return name;
  }
  return {};
}

}  // namespace tracerec::record
