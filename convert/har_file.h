// Reads HAR files, one entry after the other: memory does not grow with the file.
#pragma once

#include <functional>

#include "base/error.h"
#include "convert/draft.h"
#include "convert/input_file.h"

namespace tracerec::convert {

// Called for each entry in the order of the file; false ends the reading.
using EntryVisitor = std::function<bool(Entry&&)>;

// What a file says of itself.
struct FileOrigin {
  std::string tool;  // "WebInspector 537.36"; may be empty
};

// From where `file` stands to its end. A file that is not whole gives its first entries before the error. Error, one
// line without the path: line and column, and what is wrong there; no `log.entries`; an entry that is too long.
[[nodiscard]] Result<FileOrigin> read_har(InputFile& file, const EntryVisitor& visit);

}  // namespace tracerec::convert
