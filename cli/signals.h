// Ctrl-C and SIGTERM as a flag.
#pragma once

#include <atomic>

namespace tracerec::cli {

// Installs handlers for SIGINT and SIGTERM that set the returned flag; a second signal ends the program at once, for
// the case that the orderly end hangs. The flag lives as long as the program.
const std::atomic<bool>& stop_on_signals();

}  // namespace tracerec::cli
