// Which elements of two arrays belong together.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tracerec::diff {

struct Alignment {
  // Unequal elements that stand in each other's place: (recorded index, replayed index).
  std::vector<std::pair<std::uint32_t, std::uint32_t>> changed;
  // What is left over; at most one of the two has members, and their number is the difference in length.
  std::vector<std::uint32_t> removed;   // recorded indices
  std::vector<std::uint32_t> inserted;  // replayed indices
  // Equal elements that overtook others: (recorded index, replayed index).
  std::vector<std::pair<std::uint32_t, std::uint32_t>> moved;
};

// Aligns by the elements' hashes: what is equal at both ends first, then equal elements in the longest run that keeps
// its order, then what stands between those, in order. O(n log n), where a minimal edit script would be O(n²) at worst.
// Equal sequences give an empty result. Pure.
[[nodiscard]] Alignment align(std::span<const std::uint64_t> recorded, std::span<const std::uint64_t> replayed);

}  // namespace tracerec::diff
