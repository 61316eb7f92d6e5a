// Options whose value is a number of bytes.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace tracerec::cli {

// Reads "64MiB", "2GiB" or a number of bytes into `bytes`, which an empty text leaves as it is. Error: one line that
// names the option.
[[nodiscard]] Result<void> read_size(const char* option, const std::string& text, std::uint64_t& bytes);

}  // namespace tracerec::cli
