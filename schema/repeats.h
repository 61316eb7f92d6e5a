// Exchanges that stand for equal ones that were pruned: "repeats:17" among the words of their notes. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tracerec::schema {

// For how many equal exchanges one with these notes stands, itself included: 1 where they do not say.
[[nodiscard]] std::uint64_t repeats_of(std::string_view notes);

// The notes with that word; a count that they had is replaced.
[[nodiscard]] std::string with_repeats(std::string_view notes, std::uint64_t count);

}  // namespace tracerec::schema
