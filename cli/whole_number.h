// Options that take a count or an id.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>

namespace tracerec::cli {

// Accepts digits alone, for a number from `least` to `most`; the parser by itself takes "-1" for the largest number and
// what is too long for the nearest one. Error: one clause, which the parser puts after the name of the option.
[[nodiscard]] CLI::Validator whole_number(std::uint64_t least, std::uint64_t most);

// Of a row in the trace file; 0: the newest, or none.
[[nodiscard]] CLI::Validator row_id();

}  // namespace tracerec::cli
