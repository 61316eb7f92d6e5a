// Reads what `tracerec export jsonl` writes (docs/trace-format.md), line by line.
#pragma once

#include "base/error.h"
#include "convert/har_file.h"
#include "convert/input_file.h"

namespace tracerec::convert {

// From where `file` stands to its end. Error, one line without the path: the line that is no exchange, and why.
[[nodiscard]] Result<FileOrigin> read_jsonl(InputFile& file, const EntryVisitor& visit);

}  // namespace tracerec::convert
