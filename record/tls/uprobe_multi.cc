#include "record/tls/uprobe_multi.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace tracerec::record {
namespace {

constexpr std::uint32_t kReturn = 1;  // BPF_F_UPROBE_MULTI_RETURN

// The part of union bpf_attr for BPF_LINK_CREATE with uprobe_multi (include/uapi/linux/bpf.h, Linux 6.6).
struct LinkCreate {
  std::uint32_t program_fd;
  std::uint32_t target_fd;
  std::uint32_t attach_type;
  std::uint32_t flags;
  std::uint64_t path;
  std::uint64_t offsets;
  std::uint64_t reference_counters;
  std::uint64_t cookies;
  std::uint32_t count;
  std::uint32_t uprobe_flags;
  std::uint32_t pid;
  std::uint32_t padding;
};

std::uint64_t address_of(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

int call_bpf(int command, void* attributes, std::size_t bytes) {
  return static_cast<int>(::syscall(SYS_bpf, command, attributes, bytes));
}

UniqueFd load_empty_program() {
  const std::array<bpf_insn, 2> code = {{{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_KPROBE;
  attributes.insns = address_of(code.data());
  attributes.insn_cnt = code.size();
  attributes.license = address_of("Dual BSD/GPL");
  attributes.expected_attach_type = kUprobeMultiAttachType;
  return UniqueFd(call_bpf(BPF_PROG_LOAD, &attributes, sizeof attributes));
}

}  // namespace

// A kernel that knows of it complains about the path, which is not a regular file; an older one about the request.
bool kernel_has_uprobe_multi() {
  const UniqueFd program = load_empty_program();
  if (!program.valid()) return false;
  const UniqueFd link = attach_uprobes(program.get(), "/", {0}, {0}, false);
  return !link.valid() && errno == EBADF;
}

UniqueFd attach_uprobes(int program_fd, const std::string& path, const std::vector<std::uint64_t>& offsets,
                        const std::vector<std::uint64_t>& cookies, bool at_return) {
  LinkCreate attributes{};
  attributes.program_fd = static_cast<std::uint32_t>(program_fd);
  attributes.attach_type = kUprobeMultiAttachType;
  attributes.path = address_of(path.c_str());
  attributes.offsets = address_of(offsets.data());
  attributes.cookies = address_of(cookies.data());
  attributes.count = static_cast<std::uint32_t>(offsets.size());
  attributes.uprobe_flags = at_return ? kReturn : 0;
  return UniqueFd(call_bpf(BPF_LINK_CREATE, &attributes, sizeof attributes));
}

}  // namespace tracerec::record
