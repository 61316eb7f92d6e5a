// What the value finder remembers while it passes over a recording. Bounded. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace tracerec::replay {

// Hashes that may have been added: no for certain, or probably yes.
class HashFilter {
 public:
  // 64 bits for each expected exchange, at most 32 MiB: with ten million hashes 1 in 1,000 is a wrong yes.
  explicit HashFilter(std::uint64_t exchanges)
      : mask_(std::bit_ceil(std::clamp<std::uint64_t>(exchanges * 64, 1U << 13, 1U << 28)) - 1),
        words_(mask_ / 64 + 1) {}

  void add(std::uint64_t hash) {
    for (const std::uint64_t bit : bits(hash)) words_[bit / 64] |= std::uint64_t{1} << bit % 64;
  }

  [[nodiscard]] bool may_have(std::uint64_t hash) const {
    const auto at = bits(hash);
    return std::all_of(at.begin(), at.end(),
                       [&](std::uint64_t bit) { return (words_[bit / 64] >> bit % 64 & 1) != 0; });
  }

 private:
  [[nodiscard]] std::array<std::uint64_t, 3> bits(std::uint64_t hash) const {
    return {hash & mask_, (hash >> 18 ^ hash << 9) & mask_, (hash >> 36 ^ hash * 0x9E3779B9) & mask_};
  }

  std::uint64_t mask_;
  std::vector<std::uint64_t> words_;
};

// Where a value was seen in a response.
struct Source {
  std::uint32_t exchange = 0;
  std::uint32_t location = 0;
};

// The last sources of a value and its first one, or that a client sent it first. An exchange asks when it has ended: by
// then the last ones may be too late for it, the first one is not.
struct ValueEntry {
  static constexpr std::uint32_t kNone = UINT32_MAX;

  std::uint64_t key = 0;                                                // 0: free
  std::array<Source, 3> sources{{{kNone, 0}, {kNone, 0}, {kNone, 0}}};  // the newest two, and the first
  bool sent = false;                                                    // by a client: what comes later is an echo

  void add(Source source) {
    if (sources[2].exchange == kNone) sources[2] = source;
    sources[1] = sources[0];
    sources[0] = source;
  }
};

// By hash. Two generations: when the younger is full the older is forgotten.
class ValueIndex {
 public:
  explicit ValueIndex(std::size_t most = std::size_t{1} << 19) : most_(most) {}

  // nullptr: not known. Valid until the next call of anything.
  [[nodiscard]] ValueEntry* find(std::uint64_t key) {
    if (ValueEntry* entry = young_.find(key)) return entry;
    ValueEntry* entry = old_.find(key);
    return entry == nullptr ? nullptr : &insert(*entry);
  }

  // A key that is not known yet, as sent by a client.
  ValueEntry& insert(std::uint64_t key) {
    ValueEntry entry;
    entry.key = key;
    return insert(entry);
  }

 private:
  class Table {
   public:
    [[nodiscard]] ValueEntry* find(std::uint64_t key) {
      if (entries_.empty()) return nullptr;
      ValueEntry& entry = entries_[slot(key)];
      return entry.key == key ? &entry : nullptr;
    }
    ValueEntry& insert(const ValueEntry& entry) {
      if (count_ * 10 >= entries_.size() * 7) grow();
      ++count_;
      return entries_[slot(entry.key)] = entry;
    }
    [[nodiscard]] std::size_t count() const { return count_; }

   private:
    [[nodiscard]] std::size_t slot(std::uint64_t key) const {
      std::size_t at = key & (entries_.size() - 1);
      while (entries_[at].key != 0 && entries_[at].key != key) at = (at + 1) & (entries_.size() - 1);
      return at;
    }
    void grow() {
      std::vector<ValueEntry> before = std::exchange(entries_, {});
      entries_.resize(std::max<std::size_t>(1024, before.size() * 2));
      for (const ValueEntry& entry : before) {
        if (entry.key != 0) entries_[slot(entry.key)] = entry;
      }
    }
    std::vector<ValueEntry> entries_;
    std::size_t count_ = 0;
  };

  ValueEntry& insert(const ValueEntry& entry) {
    if (young_.count() >= most_ / 2) old_ = std::exchange(young_, {});
    return young_.insert(entry);
  }

  std::size_t most_;
  Table young_;
  Table old_;
};

}  // namespace tracerec::replay
