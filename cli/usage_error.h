// What is wrong with a command line.
#pragma once

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace tracerec::cli {

// One line, with the command or option that was probably meant. `app` has failed to parse with `wrong`.
[[nodiscard]] Error explain_usage(const CLI::App& app, const CLI::ParseError& wrong);

}  // namespace tracerec::cli
