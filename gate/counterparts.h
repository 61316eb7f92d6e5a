// Which value of the target stands for which recorded one.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tracerec::gate {

// Pairs (recorded value, the target's). A recorded id has one counterpart, and no two have the same: a target that
// gives two orders one id, or one order two, is not understood as another numbering. At most kMaxPairs are remembered,
// 8 bytes each; what is not leaves a difference unexplained. That ids are one to one is seen for the first kMaxChecked
// values of the target, 16 bytes each. One thread.
class Counterparts {
 public:
  enum class Rule : std::uint8_t {
    kOneToOne,   // ids
    kNotShared,  // tokens: each recorded one may have several, as it may be issued again
    kAny         // where some values were replaced while recording: one is two texts there, its pseudonym and itself
  };

  // Remembers the pair. False, and nothing is remembered, when one of the two has another counterpart already, or
  // there are too many. `scope`: where the values were seen, for those that are unique there only (17); 0: anywhere.
  bool learn(std::string_view recorded, std::string_view replayed, Rule rule = Rule::kOneToOne,
             std::uint64_t scope = 0);

  // The same for a value that both have: it stands for itself. A pair that gave it to another recorded value is
  // forgotten.
  void learn_same(std::string_view value, std::uint64_t scope = 0);

  // Whether learn() would take the pair, or has.
  [[nodiscard]] bool agrees(std::string_view recorded, std::string_view replayed, Rule rule = Rule::kOneToOne,
                            std::uint64_t scope = 0) const;

  // Whether the pair was learned, in any scope.
  [[nodiscard]] bool knows(std::string_view recorded, std::string_view replayed) const;

  // Whether any pair was learned with this recorded value, in any scope. False positives are possible.
  [[nodiscard]] bool has(std::string_view recorded) const;
  [[nodiscard]] bool empty() const { return pairs_.empty(); }

  static constexpr std::size_t kMaxPairs = 16'000'000;
  static constexpr std::size_t kMaxChecked = 1'000'000;

 private:
  [[nodiscard]] bool is_full() const { return replayed_.size() >= kMaxChecked; }

  boost::unordered_flat_set<std::uint64_t> pairs_, recorded_, replayed_;  // hashes
  boost::unordered_flat_set<std::uint64_t> contested_;                    // of values of the target
};

}  // namespace tracerec::gate
