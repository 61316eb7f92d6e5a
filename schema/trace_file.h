// Is this file one of ours, and which version? Opening, creating, migrating. Internal to schema/.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

// "trec": PRAGMA application_id, at offset 68 of the file.
constexpr std::int64_t kApplicationId = 0x74726563;

// PRAGMA user_version: the number of migrations that this build knows.
constexpr std::int64_t kVersion = 10;

// The oldest version that is read without a migration: version 5 renamed a table, versions 6 and 7 added columns,
// version 8 has other indexes, version 9 one table more, version 10 one and a column.
constexpr std::int64_t kOldestReadable = 4;

// Error: the open database is not ours, or from a newer version. Reads only.
[[nodiscard]] Result<std::int64_t> version_of(const Database& database, const std::string& path);

// A database in memory with the schema of that version and no rows. Precondition: 0 <= version <= kVersion.
[[nodiscard]] Result<Database> empty_of_version(std::int64_t version);

// Compares what the schema has with what tracerec made for `version`: the same tables and indexes, word for word, and
// no view or trigger, which would run as part of our own statements. `schema`: "main", or the name by which a file is
// attached. Error: the first that is too many or missing.
[[nodiscard]] Result<void> check_schema(const Database& database, const std::string& path, std::int64_t version,
                                        const std::string& schema = "main");

// Makes a file from version kOldestReadable on readable by the names of kVersion, with a view that lives in memory.
// From here on the connection sees the file as it is now, since a writer may migrate it meanwhile. Call it within the
// transaction in which `version` was read. Writes nothing to the file. `with_runs`: the runs of the file, too.
[[nodiscard]] Result<void> read_as_found(const Database& database, std::int64_t version, bool with_runs);

// Looks at the header of the open file `fd`, before SQLite sees it: a foreign file stays untouched, its log included,
// and one whose log could not be moved into it (a full disk) is not mistaken for a damaged one. An empty file passes.
// Errors: not a database, a database of another program.
[[nodiscard]] Result<void> check_header(const std::string& path, int fd);

// Brings an open database of ours (or an empty file) to kVersion, each step in a transaction of its own.
[[nodiscard]] Result<void> migrate(const Database& database, const std::string& path);

// Deletes what a killed writer left of bodies that it had not finished. No exchange refers to those.
[[nodiscard]] Result<void> drop_unfinished_bodies(const Database& database);

}  // namespace tracerec::schema
