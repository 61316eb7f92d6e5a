// Ctrl-C and SIGTERM as a flag.
#pragma once

#include <atomic>
#include <string>

namespace tracerec::cli {

// Installs handlers for SIGINT and SIGTERM that set the returned flag. A second signal within a second of the one
// before says what would be lost; a later one ends the program at once, for the case that the orderly end hangs. The
// flag lives as long as the program.
const std::atomic<bool>& stop_on_signals();

// From now on SIGINT and SIGTERM end the program at once, with exit code 130 and this line on stderr: for work that
// only reads. Until stop_on_signals() is called again.
void end_on_signals(const std::string& line);

}  // namespace tracerec::cli
