// Positions in one direction of a connection: what is missing and what was seen before.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tracerec::record {

// Follows the position of the next expected byte. Positions are 64-bit counts, or 32-bit TCP sequence numbers that wrap
// (then a distance is read as the shorter way round, RFC 9293 §3.4).
class StreamCursor {
 public:
  struct Placement {
    std::uint64_t hole_bytes = 0;  // missing before the piece
    std::uint64_t seen_bytes = 0;  // at the start of the piece, seen before: to be skipped
    bool lost_track = false;       // the count went back where it cannot: nothing is known about what is missing
  };

  [[nodiscard]] bool started() const { return expected_.has_value(); }

  // The next byte of the stream has this position.
  void start(std::uint64_t position) { expected_ = position; }

  // How many bytes lie between the next expected byte and `position`; 0 when it was reached, or nothing is known yet.
  [[nodiscard]] std::uint64_t missing_until(std::uint64_t position, bool seq32) const {
    const std::int64_t distance = started() ? distance_to(position, seq32) : 0;
    return distance > 0 ? static_cast<std::uint64_t>(distance) : 0;
  }

  // A piece of `length` bytes at `position`; the cursor moves past it.
  Placement place(std::uint64_t position, std::uint64_t length, bool seq32) {
    Placement placement;
    const std::int64_t distance = started() ? distance_to(position, seq32) : 0;
    if (distance >= 0) {
      placement.hole_bytes = static_cast<std::uint64_t>(distance);
    } else if (seq32) {
      placement.seen_bytes = std::min(static_cast<std::uint64_t>(-distance), length);
      if (placement.seen_bytes == length) return placement;
    } else {
      placement.lost_track = true;
    }
    expected_ = position + length;
    return placement;
  }

 private:
  [[nodiscard]] std::int64_t distance_to(std::uint64_t position, bool seq32) const {
    const std::uint64_t difference = position - *expected_;
    return seq32 ? static_cast<std::int32_t>(static_cast<std::uint32_t>(difference))
                 : static_cast<std::int64_t>(difference);
  }

  std::optional<std::uint64_t> expected_;
};

}  // namespace tracerec::record
