// Which objects of two arrays are the same thing, by what their members say.
#pragma once

#include <string>
#include <vector>

#include "body/json_document.h"
#include "diff/align.h"

namespace tracerec::diff {

// The elements of one array.
struct ArrayView {
  const body::JsonDocument& document;
  const std::vector<body::JsonNodeId>& elements;
};

// Pairs anew what `alignment` calls changed, removed and inserted: elements with equal values of the members `keys`.
// Without keys, by the first of a few usual names ("id", "uuid", "key", "name"…) that tells all of them apart and that
// at least half of the shorter side have in common. Pairs that cross each other are `moved` as well. Where there is no
// such member, nothing changes. O(n log n) in what is left over.
void pair_by_keys(const ArrayView& recorded, const ArrayView& replayed, const std::vector<std::string>* keys,
                  Alignment& alignment);

}  // namespace tracerec::diff
