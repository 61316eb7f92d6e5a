// Values that the target made itself, by what the recorded response had in their location.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "diff/difference.h"
#include "diff/input.h"
#include "gate/generated_values.h"

namespace tracerec::gate {

// Explains differences between values that are made anew: times and ids (generated_values.h). A time may be that of its
// own response. An id may be made by a write that succeeded on both sides, where the name of its member, or the header
// Location, says that it is one. Both may be what responses before said: where the recording had X, the target had Y.
// At most kMaxPairs are remembered, 8 bytes each; what is not leaves a difference unexplained.
class KnownPairs {
 public:
  // True: the two values differ only in times and ids, and each of those is explained. They are remembered.
  [[nodiscard]] bool explain(const diff::Pair& pair, const diff::Difference& difference);

  static constexpr std::size_t kMaxPairs = 1'000'000;
  static constexpr std::size_t kMaxTextBytes = std::size_t{64} << 10;  // of a value that is looked at

 private:
  [[nodiscard]] bool is_explained(const GeneratedSpan& recorded, std::string_view recorded_text,
                                  const GeneratedSpan& replayed, std::string_view replayed_text, const diff::Pair& pair,
                                  bool makes_ids) const;
  void remember(std::string_view recorded, std::string_view replayed);

  boost::unordered_flat_set<std::uint64_t> pairs_;
};

}  // namespace tracerec::gate
