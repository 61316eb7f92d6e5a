// Sets of names in any case, as a rules file gives them: as many as somebody writes, so hashed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"

namespace tracerec::redact {

// FNV-1a (64 bits) over lower case, from the end of the name: families of names begin alike.
struct HashIgnoringCase {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const;
};

struct EqualIgnoringCase {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return equals_ignoring_case(a, b); }
};

using Names = std::unordered_set<std::string, HashIgnoringCase, EqualIgnoringCase>;

template <class Value>
using NameMap = std::unordered_map<std::string, Value, HashIgnoringCase, EqualIgnoringCase>;

// The most names that one look-up may have to compare. For tests: it does not grow with the number of names.
template <class Table>
[[nodiscard]] std::size_t longest_bucket(const Table& table) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < table.bucket_count(); ++i) longest = std::max(longest, table.bucket_size(i));
  return longest;
}

}  // namespace tracerec::redact
