// How full a ring buffer of the kernel is.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/error.h"

namespace tracerec::record {

// Looks at the two positions that the kernel and the reader keep in memory that they share (kernel/bpf/ringbuf.c): a
// look costs no system call. Any thread.
class RingFill {
 public:
  RingFill() = default;
  RingFill(RingFill&& other) noexcept;
  RingFill& operator=(RingFill&& other) noexcept;
  ~RingFill();

  // `ring_fd` is a map of type BPF_MAP_TYPE_RINGBUF with data of `bytes`. Error: it cannot be mapped.
  [[nodiscard]] static Result<RingFill> map(int ring_fd, std::size_t bytes);

  // The share of the ring that holds records that were not read yet, 0 to 1. 0 when nothing is mapped.
  [[nodiscard]] double share() const;

 private:
  const std::uint64_t* read_to_ = nullptr;     // each at the start of a page
  const std::uint64_t* written_to_ = nullptr;  //
  std::size_t bytes_ = 0;
};

}  // namespace tracerec::record
