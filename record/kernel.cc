#include "record/kernel.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <memory>

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

bool has_tracepoint(const btf& types, const std::string& name) {
  return btf__find_by_name_kind(&types, ("btf_trace_" + name).c_str(), BTF_KIND_TYPEDEF) > 0;
}

// Since there is no sendpage any more what sendfile sends passes the tracepoints of sockets (bpf/transfers.h).
bool carries_sendfile([[maybe_unused]] const std::optional<KernelVersion>& version) {
#if defined(__x86_64__)
  constexpr KernelVersion kNoSendpage{6, 5};
  return version && *version >= kNoSendpage;
#else
  return false;
#endif
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

// Loading the kernel's types takes megabytes and milliseconds: once for all questions.
const Tracepoints& kernel_tracepoints() {
  static const Tracepoints kKnown = [] {
    Tracepoints found;
    const std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), btf__free);
    if (!types) return found;
    for (const char* name : {"io_uring_submit_sqe", "io_uring_submit_req"}) {
      if (has_tracepoint(*types, name)) found.io_uring = name;
    }
    found.transfers = carries_sendfile(parse_kernel_release(kernel_release())) &&
                      has_tracepoint(*types, "sock_send_length") && has_tracepoint(*types, "sock_recv_length");
    return found;
  }();
  return kKnown;
}

}  // namespace tracerec::record
