// Reads the files of GoReplay (--output-file): messages as they were on the wire, each request and response with an id.
#pragma once

#include "base/error.h"
#include "convert/har_file.h"
#include "convert/input_file.h"

namespace tracerec::convert {

// Requests that wait for their response, in memory. Beyond it the oldest is given without one.
constexpr std::size_t kMostWaitingBytes = std::size_t{64} << 20;

// From where `file` stands to its end: an exchange when its response comes, those without one at the end. Error, one
// line without the path: which payload is none, and why.
[[nodiscard]] Result<FileOrigin> read_gor(InputFile& file, const EntryVisitor& visit);

}  // namespace tracerec::convert
