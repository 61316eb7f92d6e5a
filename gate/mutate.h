// Mutants of recorded responses: what the gate does not detect here, it will not detect in a bad release.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "diff/input.h"

namespace tracerec::gate {

enum class MutationKind : std::uint8_t { kDropKey, kChangeType, kChangeValue, kChangeStatus, kChangeLength };
constexpr std::size_t kMutationKinds = 5;

// "drop_key", "change_type", …
[[nodiscard]] std::string_view name_of(MutationKind kind);

struct Mutant {
  MutationKind kind = MutationKind::kChangeStatus;
  std::string location;    // where, as in findings
  diff::Message response;  // the mutated one
};

// One random mutation of this kind; nothing when the response has no location for it (no body, no members, no array).
// The same generator state gives the same mutation. Members are dropped from JSON objects; a type becomes another JSON
// type; a value another one of the same type and shape (one digit or letter is its neighbour); a length one element, or
// one character of a string, less. NDJSON, events, forms, multipart, markup and text likewise (mutate_content.h); other
// bodies are changed or cut by one byte.
[[nodiscard]] std::optional<Mutant> mutate(const diff::Message& recorded, std::string_view method, MutationKind kind,
                                           std::mt19937_64& random);

}  // namespace tracerec::gate
