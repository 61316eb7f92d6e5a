// Names that were replaced by others. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "gate/finding.h"

namespace tracerec::gate {

struct Rename {
  std::size_t missing = 0;  // indexes into the findings
  std::size_t added = 0;
};

// A rename: in the same responses of one endpoint, one name of an object (or one header) is missing and another one was
// added with equal values. When several names fit, or the values say little (true, 0, ""), it is one only where the
// same pair of names is certain elsewhere. Values that differ by themselves (ids, tokens) need only look alike
// (diff/shape.h), when the object has no other missing or added name. Each finding is in at most one.
[[nodiscard]] std::vector<Rename> find_renames(const std::vector<Finding>& findings);

}  // namespace tracerec::gate
