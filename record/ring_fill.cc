#include "record/ring_fill.h"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tracerec::record {
namespace {

std::size_t page_bytes() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

const std::uint64_t* map_page(int fd, std::size_t number) {
  void* page = ::mmap(nullptr, page_bytes(), PROT_READ, MAP_SHARED, fd, static_cast<off_t>(number * page_bytes()));
  return page == MAP_FAILED ? nullptr : static_cast<const std::uint64_t*>(page);
}

void unmap(const std::uint64_t* page) {
  if (page != nullptr) ::munmap(const_cast<std::uint64_t*>(page), page_bytes());
}

std::uint64_t load(const std::uint64_t* position) {
  return __atomic_load_n(position, __ATOMIC_ACQUIRE);
}

}  // namespace

RingFill::RingFill(RingFill&& other) noexcept
    : read_to_(std::exchange(other.read_to_, nullptr)),
      written_to_(std::exchange(other.written_to_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

RingFill& RingFill::operator=(RingFill&& other) noexcept {
  std::swap(read_to_, other.read_to_);
  std::swap(written_to_, other.written_to_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

RingFill::~RingFill() {
  unmap(read_to_);
  unmap(written_to_);
}

Result<RingFill> RingFill::map(int ring_fd, std::size_t bytes) {
  RingFill fill;
  fill.read_to_ = map_page(ring_fd, 0);
  if (fill.read_to_ != nullptr) fill.written_to_ = map_page(ring_fd, 1);
  if (fill.written_to_ == nullptr)
    return Error{"cannot map the ring buffer: " + std::generic_category().message(errno)};
  fill.bytes_ = bytes;
  return fill;
}

double RingFill::share() const {
  if (written_to_ == nullptr) return 0;
  const std::uint64_t read_to = load(read_to_);  // first: it follows the other
  return static_cast<double>(load(written_to_) - read_to) / static_cast<double>(bytes_);
}

}  // namespace tracerec::record
