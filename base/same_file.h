// Files by whatever name: what a command writes must be none of those that it reads, or that another part of it writes.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace tracerec {

// Whether both names mean one file: by links, other spellings of the path, also of files that are not there yet. No
// error: what cannot be looked up is compared by its text.
[[nodiscard]] bool is_one_file(const std::string& one, const std::string& other);

// Where a name leads, links followed to their end even when nothing is there (a new file would be made there).
[[nodiscard]] std::string where_it_leads(const std::string& path);

// The trace file and what SQLite has beside it (https://www.sqlite.org/tempfiles.html), of the name and of where it
// leads: SQLite follows links before it makes up the other names.
[[nodiscard]] std::vector<std::string> trace_files(const std::string& db);

// Error: `path` is one of `used`; empty ones do not count. `what` begins the line: "the report".
[[nodiscard]] Result<void> check_unused(const std::string& what, const std::string& path,
                                        const std::vector<std::string>& used);

}  // namespace tracerec
