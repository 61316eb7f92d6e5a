#include "schema/trace_file.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace tracerec {

extern const char* const kMigration0001;
extern const char* const kMigration0002;
extern const char* const kMigration0003;
extern const char* const kMigration0004;
extern const char* const kMigration0005;
extern const char* const kMigration0006;
extern const char* const kMigration0007;
extern const char* const kMigration0008;
extern const char* const kMigration0009;
extern const char* const kMigration0010;

namespace schema {
namespace {

// Step n brings version n to version n + 1.
const std::array<const char* const*, kVersion> kMigrations = {
    &kMigration0001, &kMigration0002, &kMigration0003, &kMigration0004, &kMigration0005,
    &kMigration0006, &kMigration0007, &kMigration0008, &kMigration0009, &kMigration0010};

// Each page that changed costs a system call and a header in the write-ahead log.
constexpr int kPageBytes = 16384;

Error newer_version(const std::string& path, std::int64_t version) {
  return Error{path + ": written by a newer tracerec (format " + std::to_string(version) + ", this one reads up to " +
               std::to_string(kVersion) + "): update tracerec, or use -d for another file"};
}

Result<void> apply(const Database& database, std::int64_t from) {
  // Decides for a file that is still empty only.
  std::string sql = "PRAGMA page_size = " + std::to_string(kPageBytes) +
                    "; BEGIN IMMEDIATE; PRAGMA application_id = " + std::to_string(kApplicationId) + ";\n";
  sql += *kMigrations[static_cast<std::size_t>(from)];
  sql += "\nPRAGMA user_version = " + std::to_string(from + 1) + "; COMMIT;";
  Result<void> applied = database.execute(sql.c_str());
  if (!applied && database.in_transaction()) (void)database.execute("ROLLBACK");
  return applied;
}

constexpr std::string_view kSqliteMagic{"SQLite format 3\0", 16};
constexpr std::size_t kApplicationIdOffset = 68;  // https://www.sqlite.org/fileformat.html#the_database_header
constexpr std::size_t kHeaderBytes = 100;

}  // namespace

Result<void> check_header(const std::string& path, int fd) {
  std::array<char, kHeaderBytes> header{};
  const ssize_t size = ::pread(fd, header.data(), header.size(), 0);
  if (size < 0) return Error{path + ": cannot read: " + std::strerror(errno)};
  if (size == 0) return {};
  const std::string_view bytes(header.data(), static_cast<std::size_t>(size));
  if (!bytes.starts_with(kSqliteMagic) || bytes.size() < kHeaderBytes) {
    return Error{path + ": not a database; use -d to name another file"};
  }
  std::int64_t id = 0;
  for (std::size_t i = 0; i < 4; ++i) id = id << 8 | static_cast<unsigned char>(bytes[kApplicationIdOffset + i]);
  if (id != kApplicationId)
    return Error{path + ": not a tracerec file but a database of another program; use -d to name another"};
  return {};
}

Result<Database> empty_of_version(std::int64_t version) {
  Result<Database> database = Database::open_in_memory();
  for (std::int64_t from = 0; database && from < version; ++from) {
    if (const Result<void> applied = apply(*database, from); !applied) return applied.error();
  }
  return database;
}

Result<std::int64_t> version_of(const Database& database, const std::string& path) {
  const Result<std::int64_t> id = database.query_integer("PRAGMA application_id");
  if (!id) return with_context(path, id.error());
  if (*id != kApplicationId) return Error{path + ": not a tracerec file; use -d to name another"};
  const Result<std::int64_t> version = database.query_integer("PRAGMA user_version");
  if (!version) return with_context(path, version.error());
  if (*version > kVersion) return newer_version(path, *version);
  return *version;
}

Result<void> read_as_found(const Database& database, std::int64_t version, bool with_runs) {
  std::string sql;
  if (version < 10) {
    sql += std::string("CREATE TEMP VIEW recording AS SELECT *, ") + (version < 7 ? "NULL AS secrets_replaced, " : "") +
           "NULL AS uid FROM main.recording;";
  }
  if (version < 7 && with_runs) sql += "CREATE TEMP VIEW run AS SELECT *, NULL AS secrets_replaced FROM main.run;";
  if (version < 6 && with_runs) {
    const std::string table = version < 5 ? "main.answer" : "main.response";
    sql += "CREATE TEMP VIEW response AS SELECT *, '' AS interim FROM " + table + ";";
  }
  return database.execute(sql.c_str());
}

Result<void> migrate(const Database& database, const std::string& path) {
  const Result<std::int64_t> version = database.query_integer("PRAGMA user_version");
  if (!version) return with_context(path, version.error());
  if (*version > kVersion) return newer_version(path, *version);
  if (auto same = check_schema(database, path, *version); !same) return same;
  for (std::int64_t from = *version; from < kVersion; ++from) {
    const Result<void> applied = apply(database, from);
    if (!applied) {
      const Error error = with_context(path, applied.error());
      if (from == 0) return error;
      return Error{error.message + " (migrating it to format " + std::to_string(from + 1) + ")"};
    }
  }
  return {};
}

Result<void> drop_unfinished_bodies(const Database& database) {
  return database.execute(
      "BEGIN IMMEDIATE;"
      "DELETE FROM body_part WHERE body_id IN (SELECT id FROM body WHERE sha256 IS NULL);"
      "DELETE FROM body WHERE sha256 IS NULL;"
      "COMMIT;");
}

}  // namespace schema
}  // namespace tracerec
