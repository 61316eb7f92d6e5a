// What the times of a run's responses say about the connection to the target. Pure.
#pragma once

#include <cstdint>

namespace tracerec::replay {

// Counts responses that look as if a delayed acknowledgement had held them back: their end came 38 to 46 ms after their
// beginning. Linux waits 40 ms before it acknowledges a lone segment (TCP_DELACK_MIN), and a server that writes head
// and body apart, without TCP_NODELAY, sends the body only after that (Nagle's algorithm, RFC 9293 §3.7.4).
class StallWatch {
 public:
  void add(std::int64_t ttfb_ns, std::int64_t duration_ns) {
    constexpr std::int64_t kFromNs = 38'000'000, kToNs = 46'000'000;
    const std::int64_t between_ns = duration_ns - ttfb_ns;
    ++responses_;
    if (ttfb_ns >= 0 && between_ns >= kFromNs && between_ns <= kToNs) ++stalled_;
  }

  [[nodiscard]] std::uint64_t stalled() const { return stalled_; }

  // Enough of them, and a large enough share, that chance does not explain it.
  [[nodiscard]] bool is_suspected() const {
    constexpr std::uint64_t kFewest = 10, kShare = 10;
    return stalled_ >= kFewest && stalled_ * kShare >= responses_;
  }

 private:
  std::uint64_t responses_ = 0;
  std::uint64_t stalled_ = 0;
};

}  // namespace tracerec::replay
