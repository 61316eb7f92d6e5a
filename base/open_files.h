// The limit of open files of this process.
#pragma once

#include <cstdint>

namespace tracerec {

// Raises the soft limit to the hard one: one recording may hold thousands of probes and files, and the usual soft limit
// is 1,024. Returns the limit that holds now. Not for several threads at once.
std::uint64_t raise_open_files_limit();

// For a program that is started: the soft limit as it was before it was raised. Safe between fork and exec.
void restore_open_files_limit();

}  // namespace tracerec
