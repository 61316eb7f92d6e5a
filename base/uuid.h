// UUIDs (RFC 9562). Pure.
#pragma once

#include <string_view>

namespace tracerec {

// 8-4-4-4-12 hexadecimal digits of either case (§4), whatever they say: also "00000000-0000-0000-0000-000000000001".
[[nodiscard]] bool is_uuid(std::string_view text);

// A UUID whose version and variant bits say that a program made it (§4.1, §4.2: version 1 to 8, variant 10x).
[[nodiscard]] bool is_generated_uuid(std::string_view text);

}  // namespace tracerec
