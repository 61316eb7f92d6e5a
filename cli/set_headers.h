// The values of `replay --set-header`.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "http/message.h"

namespace tracerec::cli {

// Each text is "Name: value", or "@FILE" for a file with one such header a line, without empty lines and those that
// begin with "#". A value "env:VAR" is that of the environment variable VAR, so that a secret need not stand in the
// arguments, which every user of the machine can read. Error: one line that names the option, and the file and its
// line, and never has a value from a file or from the environment.
[[nodiscard]] Result<std::vector<http::Header>> read_set_headers(const std::vector<std::string>& texts);

}  // namespace tracerec::cli
