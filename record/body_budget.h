// How much memory the bodies of unfinished exchanges may take.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tracerec::record {

// A body longer than part_bytes() leaves memory in pieces of that size. One thread.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  static constexpr std::size_t kPartBytes = 128 << 10;
  static constexpr std::size_t kSmallPartBytes = 8 << 10;  // when many bodies wait at a time

  [[nodiscard]] std::size_t part_bytes() const { return held_bytes_ > limit_bytes_ ? kSmallPartBytes : kPartBytes; }

  // What one exchange holds, `exchange_bytes`, has changed from `before` to `now`: a redactor may also let go of bytes.
  void change(std::uint64_t& exchange_bytes, std::uint64_t before, std::uint64_t now) {
    exchange_bytes = exchange_bytes + now - before;
    held_bytes_ = held_bytes_ + now - before;
  }

  void release(std::uint64_t& exchange_bytes, std::uint64_t bytes) { change(exchange_bytes, bytes, 0); }

 private:
  std::size_t limit_bytes_;
  std::uint64_t held_bytes_ = 0;  // of all exchanges
};

}  // namespace tracerec::record
