// Two JSON documents compared by what they mean.
#pragma once

#include "diff/difference.h"
#include "diff/json_document.h"

namespace tracerec::diff {

// Tells `sink` each difference: missing and added members, types, values, representations, the order and the length of
// arrays. Members are matched by name, the k-th of a name with the k-th; elements as align.h says. Equal documents give
// nothing, except on_not_compared(kMemberOrder), at most once, when members were seen to have changed places. Any
// thread.
void diff_json(const JsonDocument& recorded, const JsonDocument& replayed, DifferenceSink& sink);

}  // namespace tracerec::diff
