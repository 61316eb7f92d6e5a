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

// Whether a structure of the kernel has this member, also inside of its unnamed structures and unions.
bool has_member(const btf& types, std::uint32_t id, std::string_view name, int depth) {
  const btf_type* type = btf__type_by_id(&types, id);
  if (type == nullptr || !btf_is_composite(type) || depth == 0) return false;
  const btf_member* members = btf_members(type);
  for (int i = 0; i < btf_vlen(type); ++i) {
    const std::string_view own = btf__name_by_offset(&types, members[i].name_off);
    if (own == name || (own.empty() && has_member(types, members[i].type, name, depth - 1))) return true;
  }
  return false;
}

bool has_member(const btf& types, const char* structure, std::string_view name) {
  constexpr int kNesting = 8;
  const int id = btf__find_by_name_kind(&types, structure, BTF_KIND_STRUCT);
  return id > 0 && has_member(types, static_cast<std::uint32_t>(id), name, kNesting);
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

bool kernel_traces_transfers() {
#if defined(__x86_64__)
  if (libbpf_find_vmlinux_btf_id("sock_send_length", BPF_TRACE_RAW_TP) <= 0) return false;
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__load_vmlinux_btf(), btf__free);
  // As long as there was sendpage (before 6.5) sendfile did not pass there.
  return types && !has_member(*types, "proto_ops", "sendpage") && has_member(*types, "page", "compound_head");
#else
  return false;
#endif
}

}  // namespace tracerec::record
