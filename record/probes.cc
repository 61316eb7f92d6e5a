#include "record/probes.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string>

#include "base/open_files.h"
#include "capture.skel.h"
#include "record/kernel.h"
#include "record/load_error.h"
#include "record/selection.h"
#include "record/tls/uprobe_multi.h"

namespace tracerec::record {
namespace {

// Maps, programs and links take some thirty; the trace, its log and a library's probes (one each before Linux 6.6) come
// on top.
constexpr std::uint64_t kFewestOpenFiles = 256;

constexpr std::size_t kSmallestRing = std::size_t{4} << 20;

// What libbpf has printed since the last attempt; its own bound for a verifier's log is 16 MiB.
thread_local std::string libbpf_text;

int keep_text(libbpf_print_level level, const char* format, std::va_list arguments) {
  constexpr std::size_t kMost = std::size_t{32} << 20;
  if (level != LIBBPF_WARN || libbpf_text.size() > kMost) return 0;
  std::va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  const std::size_t before = libbpf_text.size();
  libbpf_text.resize(before + static_cast<std::size_t>(length) + 1);
  std::vsnprintf(libbpf_text.data() + before, static_cast<std::size_t>(length) + 1, format, arguments);
  libbpf_text.pop_back();  // the zero
  return 0;
}

Error load_error(int error) {
  const std::string kernel = kernel_release(), lockdown = kernel_lockdown();
  LoadFailure failure;
  failure.error = error;
  failure.libbpf = libbpf_text;
  failure.has_btf = kernel_has_btf();
  failure.is_privileged = may_load_probes();
  failure.in_user_namespace = in_user_namespace();
  failure.jit_is_off = bpf_jit_is_off();
  failure.lockdown = lockdown;
  failure.kernel = kernel;
  return explain_load_failure(failure);
}

// The skeleton declares what is set here const volatile, as the programs see it; until load it is ordinary memory.
void configure(capture& skeleton, const RingSourceOptions& options) {
  auto& to = *skeleton.rodata;
  to.follow_children = options.follow_children;
  to.port_count = static_cast<std::uint32_t>(options.ports.size());
  std::copy(options.ports.begin(), options.ports.end(), const_cast<std::uint16_t*>(to.ports));
  to.name_count = static_cast<std::uint32_t>(options.names.size());
  for (std::size_t i = 0; i < options.names.size(); ++i) {
    const std::string name = kernel_name(options.names[i]);
    std::copy(name.begin(), name.end(), const_cast<char*>(to.names[i]));
  }
  to.names_of_user = options.names_of_user ? std::int64_t{*options.names_of_user} : -1;
  to.cgroup_id = options.cgroup.id;
  to.cgroup_level = options.cgroup.level;
  to.pid_namespace = own_pid_namespace();
  to.sample_below = static_cast<std::uint64_t>(std::clamp(options.sample, 0.0, 1.0) * 4294967296.0);
  const std::size_t ring_bytes = std::bit_floor(std::max(options.memory_bytes, kSmallestRing));
  to.ring_bytes = ring_bytes;
  bpf_map__set_max_entries(skeleton.maps.ring, static_cast<std::uint32_t>(ring_bytes));
}

// Why transfers cannot be hooked; empty: they can, and what tells of new code then is in `probes`.
std::string prepare_transfers(const RingSourceOptions& options, Probes& probes) {
  if (options.hooks == Hooks::kCalls) return "--hooks calls";
  if (!kernel_tracepoints().transfers) return "Linux 6.5 or newer on x86-64 is needed";
  if (!options.tls) return {};
  auto images = ImageWatch::start();
  if (!images) return images.error().message;
  probes.images.emplace(std::move(*images));
  return {};
}

// Leaves out what the choice does not need. Error: what was asked for is not there.
Result<void> choose_hooks(const capture& skeleton, const RingSourceOptions& options, Probes& probes) {
  const auto& programs = skeleton.progs;
  probes.why_calls = prepare_transfers(options, probes);
  const bool transfers = probes.why_calls.empty();
  if (!transfers && options.hooks == Hooks::kTransfers) {
    return Error{"cannot hook what sockets move: " + probes.why_calls + "; leave out --hooks transfers"};
  }
  skeleton.rodata->transfers_are_traced = transfers;
  skeleton.rodata->watch_images = options.tls && !transfers;
  bpf_program__set_autoload(programs.on_sock_send, transfers);
  bpf_program__set_autoload(programs.on_sock_recv, transfers);
  bpf_program__set_autoattach(programs.on_sys_exit, !transfers);
  return {};
}

void choose_io_uring(const capture& skeleton) {
  const std::string& tracepoint = kernel_tracepoints().io_uring;
  bpf_program__set_autoload(skeleton.progs.on_io_uring, !tracepoint.empty());
  if (!tracepoint.empty()) bpf_program__set_attach_target(skeleton.progs.on_io_uring, 0, tracepoint.c_str());
}

// What selects processes that run already is loaded only where it is asked for.
void choose_selection(const capture& skeleton, const RingSourceOptions& options) {
  bpf_program__set_autoload(skeleton.progs.on_rename, !options.names.empty());
  bpf_program__set_autoload(skeleton.progs.on_cgroup_attach, options.cgroup.id != 0);
}

std::array<bpf_program*, 4> tls_programs(const capture& skeleton) {
  const auto& programs = skeleton.progs;
  return {programs.on_tls_enter, programs.on_tls_return, programs.on_go_tls_enter, programs.on_go_tls_return};
}

// Without TLS neither its programs are needed nor the memory of its maps.
void leave_out_tls(const capture& skeleton) {
  for (bpf_program* program : tls_programs(skeleton)) bpf_program__set_autoload(program, false);
  const auto& maps = skeleton.maps;
  for (bpf_map* map : {maps.tls_calls, maps.tls_sessions, maps.tls_bios, maps.muted_sockets}) {
    bpf_map__set_max_entries(map, 1);
  }
}

// Before load. Returns whether many probes can share a link.
bool prepare_tls(const capture& skeleton) {
  const bool multi = kernel_has_uprobe_multi();
  for (bpf_program* program : tls_programs(skeleton)) {
    if (multi) bpf_program__set_expected_attach_type(program, static_cast<bpf_attach_type>(kUprobeMultiAttachType));
  }
  return multi;
}

}  // namespace

void SkeletonDeleter::operator()(capture* skeleton) const {
  capture__destroy(skeleton);
}

Result<Probes> attach_probes(const RingSourceOptions& options) {
  if (const std::uint64_t limit = raise_open_files_limit(); limit < kFewestOpenFiles) {
    return Error{"only " + std::to_string(limit) + " files may be open: raise the limit (ulimit -n 4096)"};
  }
  if (auto supported = check_kernel_release(kernel_release()); !supported) return supported.error();
  libbpf_set_print(keep_text);
  libbpf_text.clear();
  Probes probes;
  probes.skeleton.reset(capture__open());
  if (!probes.skeleton) return load_error(errno);
  configure(*probes.skeleton, options);
  choose_io_uring(*probes.skeleton);
  choose_selection(*probes.skeleton, options);
  if (auto chosen = choose_hooks(*probes.skeleton, options, probes); !chosen) return chosen.error();
  if (!options.tls) leave_out_tls(*probes.skeleton);
  probes.uprobe_multi = options.tls && prepare_tls(*probes.skeleton);
  libbpf_text.clear();  // of what was only asked for
  if (const int failed = capture__load(probes.skeleton.get())) return load_error(-failed);
  if (const int failed = capture__attach(probes.skeleton.get())) return load_error(-failed);
  libbpf_text.clear();
  return probes;
}

}  // namespace tracerec::record
