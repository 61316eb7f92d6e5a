// What a recording holds, as one number: a file of runs names its recording by it. Internal to schema/.
#pragma once

#include <string>

#include "base/error.h"
#include "schema/rows.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

// SHA-256 (32 bytes) of all rows of the recording and of its bodies: whatever changes them, changes it; a migration or
// a copy of the file does not. Reads all of it, as `database` sees it. Any thread, each with a database of its own.
[[nodiscard]] Result<std::string> digest_of(const Database& database, RowId recording_id);

// The same, remembered for as long as the file and its log, which are looked at by their names, do not change: their
// inodes, sizes and times (nanoseconds) are those that they had.
[[nodiscard]] Result<std::string> known_digest_of(const Database& database, const std::string& path,
                                                  RowId recording_id);

}  // namespace tracerec::schema
