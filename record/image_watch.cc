#include "record/image_watch.h"

#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace tracerec::record {
namespace {

constexpr std::size_t kDataPages = 4;  // a power of two; a record has some hundred bytes

std::size_t page_bytes() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// It counts nothing: only what it tells beside is wanted (perf_event_open(2), mmap: PROT_EXEC mappings of files).
UniqueFd open_event(int cpu) {
  perf_event_attr wanted{};
  wanted.type = PERF_TYPE_SOFTWARE;
  wanted.size = sizeof(wanted);
  wanted.config = PERF_COUNT_SW_DUMMY;
  wanted.mmap = 1;
  wanted.watermark = 1;
  wanted.wakeup_watermark = 1;
  return UniqueFd(static_cast<int>(::syscall(SYS_perf_event_open, &wanted, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

struct Record {
  perf_event_header header;
  std::uint32_t pid;  // of PERF_RECORD_MMAP
};

// Bytes of the ring, which goes on at its beginning.
void copy_from(const char* ring, std::size_t size, std::uint64_t at, void* to, std::size_t length) {
  const std::size_t begin = at % size, first = std::min(length, size - begin);
  std::memcpy(to, ring + begin, first);
  std::memcpy(static_cast<char*>(to) + first, ring, length - first);
}

}  // namespace

void ImageWatch::Unmap::operator()(void* memory) const {
  ::munmap(memory, bytes);
}

Result<ImageWatch> ImageWatch::start() {
  ImageWatch watch;
  const std::size_t bytes = (1 + kDataPages) * page_bytes();
  const long cpus = ::sysconf(_SC_NPROCESSORS_CONF);
  for (int cpu = 0; cpu < cpus; ++cpu) {
    UniqueFd fd = open_event(cpu);
    if (!fd.valid() && errno == ENODEV) continue;  // a processor that is off
    if (!fd.valid()) return Error{"perf_event_open: " + std::generic_category().message(errno)};
    void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED) return Error{"perf ring: " + std::generic_category().message(errno)};
    watch.rings_.push_back(Mapping(memory, Unmap{bytes}));
    watch.fds_.push_back(std::move(fd));
  }
  return watch;
}

bool ImageWatch::take(const std::function<void(std::uint32_t tgid)>& on_image) {
  bool whole = true;
  const std::size_t size = kDataPages * page_bytes();
  for (const Mapping& mapping : rings_) {
    auto* control = static_cast<perf_event_mmap_page*>(mapping.get());
    const char* ring = static_cast<const char*>(mapping.get()) + page_bytes();
    // perf_event_open(2): after data_head is read what stands before it is there; data_tail gives its room back.
    const std::uint64_t head = std::atomic_ref(control->data_head).load(std::memory_order_acquire);
    std::uint64_t tail = control->data_tail;
    while (tail < head) {
      Record record{};
      copy_from(ring, size, tail, &record, sizeof(record));
      if (record.header.size < sizeof(record)) break;  // never: each has more
      if (record.header.type == PERF_RECORD_MMAP) on_image(record.pid);
      if (record.header.type == PERF_RECORD_LOST) whole = false;
      tail += record.header.size;
    }
    std::atomic_ref(control->data_tail).store(head, std::memory_order_release);
  }
  return whole;
}

}  // namespace tracerec::record
