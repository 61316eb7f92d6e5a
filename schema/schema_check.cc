// Is the schema of a file the one that tracerec makes?
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "base/text.h"
#include "schema/trace_file.h"

// How this works. The migrations run in an empty database in memory, once for each version, and the rows of its
// sqlite_schema are compared with the file's: type, name, table and text. The text too, for a CHECK, a generated column
// or an index on an expression is run by our statements as a trigger is.

namespace tracerec::schema {
namespace {

// Far above what any version has; a file may have millions.
constexpr std::size_t kMostObjects = 200;
constexpr std::size_t kMostNameBytes = 60;

using Objects = std::set<std::string>;  // "type name" + the rest, so that an error can name it

Result<Objects> objects_of(const Database& database, const std::string& schema) {
  Result<Statement> rows =
      database.prepare("SELECT type, name, tbl_name, coalesce(sql, '') FROM " + schema + ".sqlite_schema LIMIT ?");
  if (!rows) return rows.error();
  rows->start().integer(static_cast<std::int64_t>(kMostObjects));
  Objects objects;
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return objects;
    objects.insert(rows->string_at(0) + " " + rows->string_at(1) + '\n' + rows->string_at(2) + '\n' +
                   rows->string_at(3));
  }
}

std::string name_in(const std::string& object) {
  return printable(std::string_view(object).substr(0, object.find('\n')), kMostNameBytes);
}

// The first that `all` has and `others` has not; empty when there is none.
std::string first_beyond(const Objects& all, const Objects& others) {
  for (const std::string& object : all) {
    if (!others.contains(object)) return name_in(object);
  }
  return {};
}

// Those that tracerec makes. Making them is two thirds of what opening a small file costs. Any thread.
Result<Objects> objects_of_version(std::int64_t version) {
  static std::mutex mutex;
  static std::map<std::int64_t, Objects> known;
  const std::lock_guard guard(mutex);
  if (const auto at = known.find(version); at != known.end()) return at->second;
  const Result<Database> made = empty_of_version(version);
  if (!made) return made.error();
  Result<Objects> objects = objects_of(*made, "main");
  if (objects && version >= 0) known.emplace(version, *objects);  // what a file says its version is, may be anything
  return objects;
}

}  // namespace

Result<void> check_schema(const Database& database, const std::string& path, std::int64_t version,
                          const std::string& schema) {
  const Result<Objects> expected = objects_of_version(version);
  const Result<Objects> found = objects_of(database, schema);
  if (!expected) return expected.error();
  if (!found) return with_context(path, found.error());
  const std::string format = "a tracerec file of format " + std::to_string(version);
  if (const std::string extra = first_beyond(*found, *expected); !extra.empty()) {
    return Error{path + ": has the " + extra + ", which " + format +
                 " has not: drop it if it is yours, or use -d for another file"};
  }
  if (const std::string missing = first_beyond(*expected, *found); !missing.empty()) {
    return Error{path + ": lacks the " + missing + " of " + format + "; use -d for another file"};
  }
  return {};
}

}  // namespace tracerec::schema
