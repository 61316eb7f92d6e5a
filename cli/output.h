// Standard output whose reader may go away before everything is written: `tracerec … | head -1`.
#pragma once

#include <cstddef>

namespace tracerec::cli {

// Opens the descriptors 0 to 2 that the caller closed (`>&-`): otherwise the next file that is opened, the trace file,
// would be standard output. Writing to what stands for a closed standard output fails. Before any file is opened; false
// and nothing done when that is impossible.
[[nodiscard]] bool occupy_standard_descriptors();

// From here on a reader that closes its end of the pipe is neither a signal (SIGPIPE) nor an error: it has read what it
// wanted, and what is written afterwards is dropped, so that the exit code is that of the work and not of the moment in
// which the reader left. Every other failure of std::cout stays one. Once, at the start of the program.
void tolerate_closed_output();

// Whether the reader of standard output has gone: then nothing that takes long needs to be written any more.
[[nodiscard]] bool output_is_closed();

// How many columns the reader of standard output has: those that COLUMNS says, those of the terminal that it is, else
// 100. At least 20 and at most 1000 of what COLUMNS says.
[[nodiscard]] std::size_t output_columns();

// The same of standard error.
[[nodiscard]] bool error_output_is_closed();

}  // namespace tracerec::cli
