// The running kernel: its version, what it offers to the probes, and what this process may do there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tracerec::record {

// What the tests run on; docs/capture.md has the matrix.
inline constexpr const char* kSupportedKernels = "Linux 6.1 or newer on x86-64 or arm64";

struct KernelVersion {
  int major = 0;
  int minor = 0;
  auto operator<=>(const KernelVersion&) const = default;
};

// "6.1.0-56-amd64" is 6.1; nothing when the text does not begin with two numbers.
[[nodiscard]] std::optional<KernelVersion> parse_kernel_release(std::string_view release);

// Error: this release is older than what is supported. One that cannot be read is left to the loader to try.
[[nodiscard]] Result<void> check_kernel_release(std::string_view release);

// As uname gives it.
[[nodiscard]] std::string kernel_release();

// Type information of the kernel, by which the probes find their fields.
[[nodiscard]] bool kernel_has_btf();

// CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, are effective (man 7 capabilities), in the initial user namespace: in
// another one they allow nothing of this.
[[nodiscard]] bool may_load_probes();
[[nodiscard]] bool in_user_namespace();

// The mode of kernel lockdown: "none", "integrity" or "confidentiality"; empty where securityfs does not tell.
[[nodiscard]] std::string kernel_lockdown();

// net.core.bpf_jit_enable is 0: programs with callbacks, as ours, are refused.
[[nodiscard]] bool bpf_jit_is_off();

// What there is to hook, beside what every supported kernel has.
struct Tracepoints {
  // At which io_uring takes a request, with the request as its first argument: io_uring_submit_req, before Linux 6.3
  // io_uring_submit_sqe. Empty: this kernel has none, and io_uring is not noticed.
  std::string io_uring;
  // All that bpf/transfers.h needs: tracepoints for what sockets move, through which sendfile passes too (Linux 6.5),
  // on an architecture for which it is written.
  bool transfers = false;
};

// Of the running kernel, asked once. Any thread.
[[nodiscard]] const Tracepoints& kernel_tracepoints();

}  // namespace tracerec::record
