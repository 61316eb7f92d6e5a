// Path segments that name one thing rather than a kind of thing.
#pragma once

#include <string_view>

namespace tracerec::diff {

// All digits, a UUID, a ULID, or hexadecimal of 16 and more digits with at least one decimal digit. Pure.
[[nodiscard]] bool is_id_segment(std::string_view segment);

}  // namespace tracerec::diff
