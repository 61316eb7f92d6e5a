// A number that equal requests share. Internal to schema/.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/sha256.h"

namespace tracerec::schema {

// Hash of method, target and body. Only a way to find candidates: equal keys do not prove equal requests, and whoever
// uses it compares. Stored in the file, so it must not change (a new version of the format may).
[[nodiscard]] std::int64_t request_key(std::string_view method, std::string_view target, std::string_view inline_body);
[[nodiscard]] std::int64_t request_key(std::string_view method, std::string_view target, const Sha256Digest& digest);

}  // namespace tracerec::schema
