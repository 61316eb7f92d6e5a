// Where a function returns.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tracerec::record {

// Each of them becomes a probe. crypto/tls has functions with up to 60.
inline constexpr std::size_t kMostReturnSites = 1000;

// The offsets, from the start of `code`, of its return instructions. `code` is the whole of one function, in machine
// code of x86-64 or of arm64. Error: it has more than kMostReturnSites, which no compiler makes of one, or it could not
// be read to its end, so that a return might be missed; nothing may be probed then.
[[nodiscard]] Result<std::vector<std::uint64_t>> return_sites(std::string_view code, bool arm64);

}  // namespace tracerec::record
