// What libraries throw where a limit of the machine is met, and what is a fault of this program.
#pragma once

#include <exception>

#include "base/error.h"

namespace tracerec::cli {

// One line for an exception that reached main().
[[nodiscard]] Error explain_exception(const std::exception& thrown);

}  // namespace tracerec::cli
