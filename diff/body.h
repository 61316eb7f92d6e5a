// Two bodies compared by the richest meaning that both have: JSON, then text, then bytes.
#pragma once

#include "diff/difference.h"
#include "diff/input.h"

namespace tracerec::diff {

// Decodes both bodies and tells `sink` each difference. `bodiless`: answers that have none whatever their headers say
// (to HEAD; 1xx, 204, 304: RFC 9112 §6.3), where headers must not be asked how to decode. Any thread.
void compare_bodies(const Message& recorded, const Message& replayed, bool bodiless, DifferenceSink& sink);

}  // namespace tracerec::diff
