// How it works: probes are attached before any process is marked as recorded, so that nothing happens between the two
// that is not seen. The reader sleeps on a timer and is woken early only when the ring fills or a process ends
// (bpf/capture.bpf.c, wake_flag); edge-triggered epoll, because a level-triggered one would return at once for every
// record that was submitted without a wake-up.
#include "record/ring_source.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#include "base/unique_fd.h"
#include "capture.skel.h"
#include "record/image_watch.h"
#include "record/late_calls.h"
#include "record/privileges.h"
#include "record/probes.h"
#include "record/proc.h"
#include "record/ring_fill.h"
#include "record/tls/probes.h"
#include "record/unnamed_files.h"

namespace tracerec::record {
namespace {

// libbpf reads on for as long as records come in. Stopping it now and then lets the caller look at its limits; it goes
// on with the next record.
constexpr std::size_t kBatchRecords = 16384;
constexpr int kBatchDone = -ECANCELED;

// Below the level from which on the kernel side sheds exchanges that begin, a half (bpf/overload.h).
constexpr double kFull = 0.4;

// What was sent has reached the peer before the call that sent it returns, which is when it is reported. At the end
// such calls are given this long.
constexpr auto kLateReturns = std::chrono::milliseconds(200);

bool sends(const tls_frame& frame) {
  return frame.session != 0 && frame.what >= TR_TLS_WRITE && frame.what <= TR_TLS_SENDFILE &&
         frame.what != TR_TLS_READ_EX;
}

struct LinkDeleter {
  void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};

struct RingDeleter {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

Error map_error(int error) {
  return {"cannot map the ring buffer: " + std::generic_category().message(error)};
}

Error wait_error(int error) {
  const bool files = error == EMFILE || error == ENFILE;
  return {"cannot wait for the ring buffer: " + std::generic_category().message(error) +
          (files ? "; raise the limit of open files (ulimit -n 4096)"
                 : "; raise fs.epoll.max_user_watches and the memory limit")};
}

void add(tr_counters& sum, const tr_counters& one) {
  sum.seen_bytes += one.seen_bytes;
  sum.sent_bytes += one.sent_bytes;
  sum.file_bytes += one.file_bytes;
  sum.silent_bytes += one.silent_bytes;
  sum.muted_bytes += one.muted_bytes;
  sum.passed_bytes += one.passed_bytes;
  for (int reason = 0; reason < TR_LOST_REASONS; ++reason) {
    sum.lost_bytes[reason] += one.lost_bytes[reason];
    sum.lost_events[reason] += one.lost_events[reason];
  }
  sum.lost_control_events += one.lost_control_events;
}

// Opens files without a name as soon as a recorded process writes to one, on a thread of its own: it may be closed
// again long before what was sent of it has come through the ring.
class UnnamedFileWatcher {
 public:
  // Error: the ring cannot be mapped.
  [[nodiscard]] static Result<std::unique_ptr<UnnamedFileWatcher>> start(int ring_fd) {
    std::unique_ptr<UnnamedFileWatcher> self(new UnnamedFileWatcher);
    self->ring_.reset(ring_buffer__new(ring_fd, on_unnamed_file, &self->files_, nullptr));
    if (!self->ring_) return map_error(errno);
    try {
      self->thread_ = std::jthread([watcher = self.get()](const std::stop_token& stop) { watcher->run(stop); });
    } catch (const std::system_error& failed) {
      return Error{"cannot start a thread: " + std::generic_category().message(failed.code().value()) +
                   "; raise the limit of processes (ulimit -u, or pids.max of the control group)"};
    }
    return self;
  }

  [[nodiscard]] UniqueFd take(const tr_file& sent) { return files_.take(sent.inode, sent.generation); }

 private:
  static int on_unnamed_file(void* files, void* data, std::size_t) {
    static_cast<UnnamedFiles*>(files)->open(*static_cast<const tr_unnamed*>(data));
    return 0;
  }

  // Opening a file takes some microseconds and must not wait for a processor: the server needs little more for sending
  // the file and closing it. Not allowed to (no CAP_SYS_NICE), it is late more often, which is counted as lost.
  static void end_by() {
    sched_param priority{};
    priority.sched_priority = ::sched_get_priority_min(SCHED_FIFO);
    ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &priority);
  }

  void run(const std::stop_token& stop) {
    constexpr auto kLook = std::chrono::seconds(1);
    constexpr int kWaitMs = 100;  // the longest that stopping takes
    auto next_look = std::chrono::steady_clock::now() + kLook;
    end_by();
    restrict_to_files();
    while (!stop.stop_requested()) {
      ring_buffer__poll(ring_.get(), kWaitMs);
      if (std::chrono::steady_clock::now() < next_look) continue;
      next_look += kLook;
      files_.close_idle();
    }
  }

  UnnamedFiles files_;
  std::unique_ptr<ring_buffer, RingDeleter> ring_;
  std::jthread thread_;
};

}  // namespace

struct RingSource::Impl {
  Skeleton skeleton;
  std::unique_ptr<ring_buffer, RingDeleter> ring;
  RingFill fill;
  bool is_detached = false;
  UniqueFd epoll;
  std::unique_ptr<UnnamedFileWatcher> watcher;
  const EventHandler* handler = nullptr;
  std::optional<TlsProbes> tls;
  std::optional<ImageWatch> images;
  std::optional<LateCalls> calls;                    // system calls are hooked when they are wanted, not from the start
  std::unique_ptr<bpf_link, LinkDeleter> call_hook;  // then
  bool wants_calls = false;                          // a recorded process has what only calls tell, from the start
  bool tried_calls = false;
  std::string why_calls;
  std::set<std::uint32_t> changed;  // processes that have new code
  bool any_process = false;
  bool waits_for_more = false;  // processes may be selected later
  std::size_t batch = 0;        // records of this poll

  static int on_record(void* object, void* data, std::size_t) {
    auto* self = static_cast<Impl*>(object);
    const auto* header = static_cast<const tr_event*>(data);
    if (self->tls) self->follow_images(*header);
    if (self->calls) self->calls->note(*header);
    const auto* payload = reinterpret_cast<const char*>(header + 1);
    (*self->handler)(Event{*header, {payload, payload_bytes(*header)}});
    return ++self->batch % kBatchRecords == 0 ? kBatchDone : 0;
  }

  void follow_images(const tr_event& event) {
    if (event.kind == TR_IMAGE || event.kind == TR_PROCESS) changed.insert(event.tgid);
    if (event.kind != TR_EXIT) return;
    changed.erase(event.tgid);
    tls->forget(event.tgid);
    purge(skeleton->maps.tls_calls, event.tgid);
    purge(skeleton->maps.tls_sessions, event.tgid);
  }

  // The ring, and what tells of new code.
  [[nodiscard]] Result<void> wait_for(int ring_fd) {
    epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll.valid()) return wait_error(errno);
    epoll_event interest{};
    interest.events = EPOLLIN | EPOLLET;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, ring_fd, &interest) != 0) return wait_error(errno);
    if (!images) return {};
    for (const UniqueFd& fd : images->descriptors()) {
      if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &interest) != 0) return wait_error(errno);
    }
    return {};
  }

  // Keys of one of the maps of TLS. A key that goes meanwhile makes the kernel begin again: some may come twice.
  static std::vector<tls_key> keys_of(const bpf_map* map) {
    std::vector<tls_key> keys;
    tls_key next{};
    while (keys.size() < bpf_map__max_entries(map) &&
           bpf_map_get_next_key(bpf_map__fd(map), keys.empty() ? nullptr : &keys.back(), &next) == 0) {
      keys.push_back(next);
    }
    return keys;
  }

  // Removes what the kernel side has noted of a process.
  static void purge(const bpf_map* map, std::uint32_t tgid) {
    for (const tls_key& key : keys_of(map)) {
      if (key.tgid == tgid) bpf_map_delete_elem(bpf_map__fd(map), &key);
    }
  }

  [[nodiscard]] bool any_tls_call_sends() const {
    const bpf_map* map = skeleton->maps.tls_calls;
    for (const tls_key& key : keys_of(map)) {
      tls_call call{};
      if (bpf_map_lookup_elem(bpf_map__fd(map), &key, &call) == 0 && (sends(call.top) || sends(call.below)))
        return true;
    }
    return false;
  }

  // No call is noted any more that begins from now on; those that are sending may end.
  void end_tls() {
    std::fill(std::begin(skeleton->bss->tls_armed), std::end(skeleton->bss->tls_armed), false);
    const auto deadline = std::chrono::steady_clock::now() + kLateReturns;
    while (any_tls_call_sends() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    tls->detach();
  }

  // The kernel side asks for it (bpf/transfers.h, wants_calls). Where it fails, holes go on being holes.
  void hook_calls_if_wanted() {
    if (tried_calls || !(skeleton->bss->wants_calls || wants_calls)) return;
    tried_calls = true;
    call_hook.reset(bpf_program__attach(skeleton->progs.on_sys_exit));
    if (!call_hook) return;
    skeleton->bss->calls_are_seen = true;
    std::set<std::uint64_t> open;
    for (const std::uint32_t pid : recorded_processes()) {
      const auto sockets = sockets_of(pid);
      if (sockets) open.insert(sockets->begin(), sockets->end());
    }
    calls->on_attached(open);
  }

  void take_images() {
    const auto note = [this](std::uint32_t tgid) {
      std::uint8_t state = 0;
      if (bpf_map_lookup_elem(recorded_map(), &tgid, &state) == 0) changed.insert(tgid);
    };
    if (images->take(note)) return;
    for (const std::uint32_t tgid : recorded_processes()) changed.insert(tgid);
  }

  void examine_changed() {
    if (images) take_images();
    for (const std::uint32_t tgid : std::exchange(changed, {})) tls->examine(tgid);
  }

  [[nodiscard]] int recorded_map() const { return bpf_map__fd(skeleton->maps.recorded); }

  Result<void> mark(std::int64_t pid) {
    const auto key = static_cast<std::uint32_t>(pid);
    if (tls) tls->examine(key);
    const std::uint8_t yes = 1;
    if (bpf_map_update_elem(recorded_map(), &key, &yes, BPF_ANY) != 0) {
      return Error{"cannot record pid " + std::to_string(pid) + ": " + std::generic_category().message(errno)};
    }
    // One that ended before it was marked has had its exit event: nobody else would take it off the list.
    if (!process_runs(pid)) bpf_map_delete_elem(recorded_map(), &key);
    if (calls && listens_on_unix_socket(pid)) wants_calls = true;
    if (calls) hook_calls_if_wanted();
    return {};
  }

  // One that goes meanwhile makes the kernel begin again: some may come twice.
  [[nodiscard]] std::set<std::uint32_t> recorded_processes() const {
    std::set<std::uint32_t> pids;
    std::uint32_t pid = 0;
    const std::uint32_t most = bpf_map__max_entries(skeleton->maps.recorded);
    std::uint32_t seen = 0;
    for (const std::uint32_t* last = nullptr; seen < most && bpf_map_get_next_key(recorded_map(), last, &pid) == 0;
         last = &pid, ++seen) {
      pids.insert(pid);
    }
    return pids;
  }

  [[nodiscard]] bool no_process_left() const {
    std::uint32_t first = 0;
    return bpf_map_get_next_key(recorded_map(), nullptr, &first) != 0;
  }
};

RingSource::RingSource(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RingSource::~RingSource() = default;

Result<std::unique_ptr<RingSource>> RingSource::attach(const RingSourceOptions& options) {
  if (options.ports.size() > TR_PORTS_MAX) {
    return Error{"too many ports: at most " + std::to_string(TR_PORTS_MAX) + " can be given to --port"};
  }
  if (options.names.size() > TR_NAMES_MAX) {
    return Error{"too many names: at most " + std::to_string(TR_NAMES_MAX) + " can be given to --comm"};
  }
  auto probes = attach_probes(options);
  if (!probes) return probes.error();
  auto impl = std::make_unique<Impl>();
  impl->skeleton = std::move(probes->skeleton);
  impl->images = std::move(probes->images);
  impl->why_calls = std::move(probes->why_calls);
  if (impl->skeleton->rodata->transfers_are_traced) impl->calls.emplace();
  impl->waits_for_more = !options.names.empty() || options.cgroup.id != 0;
  if (options.tls) {
    const auto& programs = impl->skeleton->progs;
    impl->tls.emplace(TlsProbes::Programs{programs.on_tls_enter, programs.on_tls_return, programs.on_go_tls_enter,
                                          programs.on_go_tls_return},
                      impl->skeleton->bss->tls_armed, probes->uprobe_multi);
  }

  const int ring_fd = bpf_map__fd(impl->skeleton->maps.ring);
  impl->ring.reset(ring_buffer__new(ring_fd, Impl::on_record, impl.get(), nullptr));
  if (!impl->ring) return map_error(errno);
  auto fill = RingFill::map(ring_fd, bpf_map__max_entries(impl->skeleton->maps.ring));
  if (!fill) return fill.error();
  impl->fill = std::move(*fill);
  auto watcher = UnnamedFileWatcher::start(bpf_map__fd(impl->skeleton->maps.unnamed_files));
  if (!watcher) return watcher.error();
  impl->watcher = std::move(*watcher);
  if (auto waits = impl->wait_for(ring_fd); !waits) return waits.error();
  return std::unique_ptr<RingSource>(new RingSource(std::move(impl)));
}

Result<void> RingSource::add_process(std::int64_t pid) {
  impl_->any_process = true;
  if (auto marked = impl_->mark(pid); !marked) return marked;
  if (!impl_->skeleton->rodata->follow_children) return {};
  // Forks of marked processes are followed by the kernel side; a child of one not marked yet turns up on the next look.
  std::set<std::int64_t> known;
  for (bool grew = true; grew;) {
    grew = false;
    for (const std::int64_t child : descendants(pid)) {
      if (!known.insert(child).second) continue;
      grew = true;
      if (auto marked = impl_->mark(child); !marked) return marked;
    }
  }
  return {};
}

Result<std::size_t> RingSource::poll(int timeout_ms, const EventHandler& handle) {
  epoll_event ready{};
  if (timeout_ms > 0 && ::epoll_wait(impl_->epoll.get(), &ready, 1, timeout_ms) < 0 && errno != EINTR) {
    return wait_error(errno);
  }
  if (impl_->calls) impl_->hook_calls_if_wanted();
  impl_->handler = &handle;
  impl_->batch = 0;
  const int count = ring_buffer__consume(impl_->ring.get());
  impl_->handler = nullptr;
  if (impl_->tls) impl_->examine_changed();
  if (impl_->calls && count >= 0) impl_->calls->report_closed(handle);
  if (count < 0 && count != kBatchDone) {
    return Error{"cannot read the ring buffer: " + std::generic_category().message(-count)};
  }
  return impl_->batch;
}

bool RingSource::exhausted() const {
  return impl_->any_process && !impl_->waits_for_more && impl_->no_process_left();
}

std::vector<std::uint32_t> RingSource::running() const {
  std::vector<std::uint32_t> pids;
  for (const std::uint32_t pid : impl_->recorded_processes()) {
    if (process_runs(pid)) pids.push_back(pid);
  }
  return pids;
}

TlsReading RingSource::tls_of(std::uint32_t tgid) {
  if (!impl_->tls) return TlsReading::kOff;
  return impl_->tls->covers(tgid) ? TlsReading::kPlaintext : TlsReading::kNoLibrary;
}

std::string RingSource::tls_libraries_of(std::uint32_t tgid) {
  return impl_->tls ? impl_->tls->libraries_of(tgid) : std::string{};
}

void RingSource::mute(std::uint64_t socket, std::uint64_t inode) {
  bpf_map_update_elem(bpf_map__fd(impl_->skeleton->maps.muted_sockets), &socket, &inode, BPF_ANY);
}

void RingSource::watch_calls() {
  if (impl_->calls) impl_->wants_calls = true;
}

void RingSource::pass_over(std::uint64_t socket, std::uint64_t inode) {
  bpf_map_update_elem(bpf_map__fd(impl_->skeleton->maps.passed_sockets), &socket, &inode, BPF_ANY);
  impl_->skeleton->bss->passed_any = true;
}

const std::string& RingSource::why_calls() const {
  return impl_->why_calls;
}

bool RingSource::is_open_elsewhere(std::uint32_t tgid, std::uint64_t inode) const {
  const auto has_it = [inode](std::uint32_t pid) {
    const auto sockets = sockets_of(pid);
    return sockets && std::find(sockets->begin(), sockets->end(), inode) != sockets->end();
  };
  const std::set<std::uint32_t> processes = impl_->recorded_processes();
  return std::any_of(processes.begin(), processes.end(), [&](std::uint32_t pid) { return pid != tgid && has_it(pid); });
}

std::vector<std::string> RingSource::problems() const {
  return impl_->tls ? impl_->tls->problems() : std::vector<std::string>{};
}

bool RingSource::has_room() const {
  return impl_->is_detached || impl_->fill.share() < kFull;
}

void RingSource::detach() {
  if (impl_->tls) impl_->end_tls();
  impl_->call_hook.reset();
  capture__detach(impl_->skeleton.get());
  impl_->is_detached = true;
}

SourceCounters RingSource::counters() const {
  const int cpus = libbpf_num_possible_cpus();
  std::vector<tr_counters> each(static_cast<std::size_t>(std::max(cpus, 1)));
  const std::uint32_t zero = 0;
  SourceCounters sum{};
  if (bpf_map_lookup_elem(bpf_map__fd(impl_->skeleton->maps.counters), &zero, each.data()) != 0) return sum;
  for (const tr_counters& one : each) add(sum, one);
  return sum;
}

bool RingSource::was_overwritten(const tr_file& sent) const {
  struct {
    std::uint64_t end;
    std::uint32_t overwritten, generation;
  } now{};
  const int known = bpf_map_lookup_elem(bpf_map__fd(impl_->skeleton->maps.sent_files), &sent.inode, &now);
  // One that fell out of the list may have been.
  return known != 0 || now.overwritten != 0 || now.generation != sent.generation;
}

UniqueFd RingSource::take_unnamed(const tr_file& sent) {
  return impl_->watcher->take(sent);
}

}  // namespace tracerec::record
