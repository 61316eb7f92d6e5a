// A whole file in memory.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"

namespace tracerec {

// The bytes of a file, of /proc as well, where the size is not known before. Error, one line without the path: why it
// cannot be opened or read (the process of a file of /proc ends between both: ESRCH, and std::ifstream throws
// there), or that it is longer than `max_bytes`. Any thread.
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace tracerec
