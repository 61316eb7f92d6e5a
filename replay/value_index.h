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
  explicit HashFilter(std::uint64_t exchanges, std::uint64_t most_bits = 1U << 28)
      : mask_(std::bit_ceil(std::clamp<std::uint64_t>(exchanges * 64, 1U << 13, most_bits)) - 1),
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

// Where a value was seen in a response, with what is asked about that: nothing of it is looked up elsewhere.
struct Source {
  static constexpr std::uint32_t kNone = UINT32_MAX;

  std::uint32_t exchange = kNone;
  std::uint32_t location = 0;
  std::int64_t started_ns = 0;  // of the exchange
  std::int64_t ended_ns = 0;
  std::uint64_t thing = 0;  // hash of what the name at the location is about
};

// The last sources of a value and its first one, or that a client sent it first. An exchange asks when it has ended: by
// then the last ones may be too late for it, the first one is not.
struct ValueEntry {
  std::uint64_t key = 0;              // never 0
  std::array<Source, 3> sources{{}};  // the newest two, and the first
  bool sent = false;                  // by a client: what comes later is an echo

  void add(const Source& source) {
    if (sources[2].exchange == Source::kNone) sources[2] = source;
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
    return entry == nullptr ? nullptr : &insert(ValueEntry(*entry));
  }

  // A key that is not known yet, as sent by a client.
  ValueEntry& insert(std::uint64_t key) {
    ValueEntry entry;
    entry.key = key;
    return insert(entry);
  }

 private:
  // Slots that name entries: an entry is large, and half of the slots are free.
  class Table {
   public:
    [[nodiscard]] ValueEntry* find(std::uint64_t key) {
      if (slots_.empty()) return nullptr;
      const Slot& slot = slots_[slot_of(key)];
      return slot.number == 0 ? nullptr : &entries_[slot.number - 1];
    }
    // `most`: so many will be inserted at most. Pages that are never written cost nothing.
    ValueEntry& insert(const ValueEntry& entry, std::size_t most) {
      if (entries_.size() * 10 >= slots_.size() * 7) grow();
      if (entries_.empty()) entries_.reserve(most);
      entries_.push_back(entry);
      slots_[slot_of(entry.key)] = slot_for(entries_.size());
      return entries_.back();
    }
    [[nodiscard]] std::size_t count() const { return entries_.size(); }

    // Keeps the memory: large blocks that come and go leave holes in the heap.
    void clear() {
      entries_.clear();
      std::fill(slots_.begin(), slots_.end(), Slot());
    }

   private:
    struct Slot {
      std::uint32_t tag = 0;     // half of the key, so that few other entries are looked at
      std::uint32_t number = 0;  // of the entry, from 1; 0: free
    };

    [[nodiscard]] static std::uint32_t tag_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32); }
    [[nodiscard]] Slot slot_for(std::size_t number) const {
      return {tag_of(entries_[number - 1].key), static_cast<std::uint32_t>(number)};
    }
    [[nodiscard]] bool is_of(const Slot& slot, std::uint64_t key) const {
      return slot.tag == tag_of(key) && entries_[slot.number - 1].key == key;
    }
    [[nodiscard]] std::size_t slot_of(std::uint64_t key) const {
      std::size_t at = key & (slots_.size() - 1);
      while (slots_[at].number != 0 && !is_of(slots_[at], key)) at = (at + 1) & (slots_.size() - 1);
      return at;
    }
    void grow() {
      slots_.assign(std::max<std::size_t>(1024, slots_.size() * 2), {});
      for (std::size_t number = 1; number <= entries_.size(); ++number) {
        slots_[slot_of(entries_[number - 1].key)] = slot_for(number);
      }
    }

    std::vector<Slot> slots_;
    std::vector<ValueEntry> entries_;
  };

  // Not an entry of old_, which may go.
  ValueEntry& insert(const ValueEntry& entry) {
    if (young_.count() >= most_ / 2) {
      std::swap(old_, young_);
      young_.clear();
    }
    return young_.insert(entry, most_ / 2);
  }

  std::size_t most_;
  Table young_;
  Table old_;
};

}  // namespace tracerec::replay
