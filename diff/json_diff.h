// Two JSON documents compared by what they mean.
#pragma once

#include <optional>
#include <string_view>

#include "body/json_document.h"
#include "diff/difference.h"
#include "diff/endpoint_rules.h"

namespace tracerec::diff {

// Tells `sink` each difference: missing and added members, types, values, representations, the order and the length of
// arrays. Members are matched by name, the k-th of a name with the k-th; elements as align.h says. Equal documents give
// nothing, except on_not_compared(kMemberOrder), at most once, when members were seen to have changed locations. Any
// thread.
//
// Elements that are objects belong together by their keys: by those that a rule names, else by a member like "id" that
// tells all that changed apart and of which at least half are still there.
// A string that is an object or an array in JSON on both sides is compared as such, at "$.name.json()", down to
// kMaxEmbeddedDepth such strings within each other; what is only written differently is on_not_compared(kSpelling). Not
// where a rule gives the string a shape or a tolerance.
//
// After kMaxDifferences the rest is left out, reported as on_not_compared(kBudget).
void diff_json(const body::JsonDocument& recorded, const body::JsonDocument& replayed, const EndpointRules& rules,
               DifferenceSink& sink);
void diff_json(const body::JsonDocument& recorded, const body::JsonDocument& replayed, DifferenceSink& sink);

constexpr std::size_t kMaxDifferences = 10000;  // of one pair
constexpr int kMaxEmbeddedDepth = 2;

// The document that a string holds; nothing when it is none, or neither an object nor an array. Borrows `text`.
[[nodiscard]] std::optional<body::JsonDocument> embedded_json(std::string_view text);

}  // namespace tracerec::diff
