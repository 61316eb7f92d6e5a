// Which exchanges of a recording something holds for, and how many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "schema/rows.h"

namespace tracerec::replay {

// How often something was seen, and where first.
struct Occurrences {
  std::uint64_t count = 0;
  schema::RowId first = 0;  // an exchange; 0: none

  void add(schema::RowId exchange) {
    if (count++ == 0) first = exchange;
  }
};

// A set of exchange ids that are not below `first_id`. Memory: one bit for each id up to the largest.
class ExchangeSet {
 public:
  explicit ExchangeSet(schema::RowId first_id = 0) : first_id_(first_id) {}

  // False: it was in the set.
  bool insert(schema::RowId id) {
    const std::size_t at = index_of(id);
    if (at >= bits_.size()) bits_.resize(at + 1);
    if (bits_[at]) return false;
    bits_[at] = true;
    ++count_;
    return true;
  }

  [[nodiscard]] bool contains(schema::RowId id) const {
    return id >= first_id_ && index_of(id) < bits_.size() && bits_[index_of(id)];
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  [[nodiscard]] std::size_t index_of(schema::RowId id) const { return static_cast<std::size_t>(id - first_id_); }

  schema::RowId first_id_;
  std::vector<bool> bits_;
  std::uint64_t count_ = 0;
};

}  // namespace tracerec::replay
