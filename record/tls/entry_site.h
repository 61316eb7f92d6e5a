// Where the entry of a Go function is probed.
#pragma once

#include <cstdint>
#include <string_view>

namespace tracerec::record {

// The offset, from the start of `code` (x86-64), of the jump of the stack check that a Go function begins with: the
// arguments and the stack are there as they came, and the kernel does a jump itself, without a debug exception
// (inner_call.h). 0, the first instruction, when it begins in another way, and on arm64.
[[nodiscard]] std::uint64_t go_entry_site(std::string_view code, bool arm64);

}  // namespace tracerec::record
