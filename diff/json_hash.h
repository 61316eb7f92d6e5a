// Hashes of all values of a document, so that equal subtrees are known without walking them again and again.
#pragma once

#include <cstdint>
#include <vector>

#include "body/json_document.h"

namespace tracerec::diff {

// One 64-bit hash per node, in node order. Equal hashes: the values mean the same and their numbers are written alike.
// The order of members plays no part, except among members of one name. Linear time (n log n for the members of large
// objects). Not a cryptographic hash: it tells subtrees of one pair apart, at 2^-64 for a coincidence.
[[nodiscard]] std::vector<std::uint64_t> hash_nodes(const body::JsonDocument& document);

}  // namespace tracerec::diff
