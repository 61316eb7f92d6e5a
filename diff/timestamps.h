// Points in time as they stand in responses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "diff/difference.h"

namespace tracerec::diff {

// Nanoseconds since 1970-01-01 UTC of an RFC 3339 time or an HTTP date (RFC 9110 §5.6.7, the preferred form). Nothing
// when `text` is neither.
[[nodiscard]] std::optional<std::int64_t> time_in_text(std::string_view text);

// Also numbers: seconds, milliseconds, microseconds or nanoseconds since 1970, distinguished by their size, for the
// years 2001 to 2286.
[[nodiscard]] std::optional<std::int64_t> time_in_value(const body::Value& value);

}  // namespace tracerec::diff
