#include "schema/trace_copy.h"

#include <map>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "schema/batch_writer.h"
#include "schema/file_check.h"
#include "schema/private_reading.h"
#include "schema/sqlite.h"
#include "schema/trace_file.h"
#include "schema/writer_lock.h"

// How this works. The source is attached read-only, and each of its tables is copied by one statement, which is made
// from the names of its columns: `recording_id` is the recording's id plus an offset, and so on, so that a column that
// a later format adds is copied, too. Bodies go first, since equal ones are stored once: a table says what became of
// the ids. Tests: tests/schema/trace_edit_test.cc, tests/e2e/prune_test.cc.

namespace tracerec::schema {
namespace {

constexpr const char* kSource = "source";

// What is added to an id, by the name of the column that has it.
using Offsets = std::map<std::string, RowId, std::less<>>;

struct Table {
  const char* name;
  const char* offset_of_id;  // a key of Offsets; empty: rows get new ids
  const char* of_recording;  // which rows belong to the recording ?1
};

constexpr const char* kOfRecording = "recording_id = ?1";
constexpr const char* kOfRuns = "run_id IN (SELECT id FROM source.run WHERE recording_id = ?1)";
constexpr Table kTables[] = {{"recording", "recording_id", "id = ?1"},
                             {"recording_ledger", "", kOfRecording},
                             {"connection", "connection_id", kOfRecording},
                             {"exchange", "exchange_id", kOfRecording},
                             {"opaque", "", kOfRecording},
                             {"run", "run_id", kOfRecording},
                             {"run_ledger", "", kOfRuns},
                             {"response", "", kOfRuns},
                             {"substitution", "", kOfRuns}};

// Ids of these columns are counted with others.
constexpr std::pair<std::string_view, const char*> kAliases[] = {
    {"producer_exchange_id", "exchange_id"}, {"baseline_run_id", "run_id"}, {"recheck_of", "run_id"}};

std::string expression_for(const Table& table, const std::string& column, const Offsets& offsets) {
  if (column.ends_with("body_id")) return "(SELECT m.new FROM temp.body_map m WHERE m.old = " + column + ")";
  std::string_view kind = column == "id" ? table.offset_of_id : std::string_view(column);
  for (const auto& [alias, name] : kAliases) {
    if (kind == alias) kind = name;
  }
  const auto offset = offsets.find(kind);
  return offset == offsets.end() ? column : column + " + " + std::to_string(offset->second);
}

}  // namespace

struct TraceCopy::Impl {
  Impl(std::string named, WriterLock held, Database opened)
      : path(std::move(named)), lock(std::move(held)), database(std::move(opened)) {}

  [[nodiscard]] Result<void> check_source(const std::string& from) const;
  [[nodiscard]] Result<void> check_new(const std::string& from, RowId recording_id) const;
  [[nodiscard]] Result<Offsets> find_offsets() const;
  [[nodiscard]] Result<void> copy_bodies(const std::string& from, RowId recording_id) const;
  [[nodiscard]] Result<void> copy(const Table& table, RowId recording_id, const Offsets& offsets) const;
  [[nodiscard]] Result<void> copy_all(const std::string& from, RowId recording_id) const;
  [[nodiscard]] Result<void> run(const std::string& sql, RowId recording_id) const {
    Result<Statement> statement = database.prepare(sql);
    return statement ? statement->start().integer(recording_id).run() : statement.error();
  }

  std::string path;
  WriterLock lock;  // outlives the database
  Database database;
};

Result<void> TraceCopy::Impl::check_source(const std::string& from) const {
  const auto version = database.query_integer("PRAGMA source.user_version");
  if (!version) return with_context(from, version.error());
  if (*version != kVersion) {
    return Error{
        from + ": has format " + std::to_string(*version) + ", not " + std::to_string(kVersion) +
        (*version > kVersion ? ": update tracerec" : ": the next record or replay into it brings it up to date")};
  }
  if (auto same = check_schema(database, from, *version, kSource); !same) return same;
  const auto waits = database.query_integer("SELECT EXISTS (SELECT 1 FROM source.packed_exchange)");
  if (!waits) return with_context(from, waits.error());
  if (*waits != 0)
    return Error{from + ": a recorder runs, or was killed: the next record or replay into it puts it in order"};
  const auto apart = database.query_integer("SELECT EXISTS (SELECT 1 FROM source.source_recording)");
  if (!apart) return with_context(from, apart.error());
  if (*apart != 0) return Error{from + ": has runs whose recordings are in another file, and cannot be copied without"};
  return {};
}

Result<void> TraceCopy::Impl::check_new(const std::string& from, RowId recording_id) const {
  const auto found = database.query_integer(
      "SELECT EXISTS (SELECT 1 FROM source.recording WHERE id = " + std::to_string(recording_id) + ")");
  if (!found) return found.error();
  if (recording_id != 0 && *found == 0) return Error{from + ": has no recording " + std::to_string(recording_id)};
  const auto twice = database.query_integer(
      "SELECT coalesce(min(s.id), 0) FROM source.recording s JOIN main.recording m ON m.uid = s.uid");
  if (!twice) return twice.error();
  if (recording_id == 0 && *twice != 0) {
    return Error{from + ": its recording " + std::to_string(*twice) + " is also in a file that comes before it"};
  }
  return {};
}

Result<Offsets> TraceCopy::Impl::find_offsets() const {
  // As in read_next_ids: a connection's row may have been lost.
  const std::pair<const char*, const char*> queries[] = {
      {"recording_id", "SELECT coalesce(max(id), 0) FROM main.recording"},
      {"connection_id",
       "SELECT max((SELECT coalesce(max(id), 0) FROM main.connection),"
       " (SELECT coalesce(max(connection_id), 0) FROM main.exchange),"
       " (SELECT coalesce(max(connection_id), 0) FROM main.opaque))"},
      {"exchange_id", "SELECT coalesce(max(id), 0) FROM main.exchange"},
      {"run_id", "SELECT coalesce(max(id), 0) FROM main.run"}};
  Offsets offsets;
  for (const auto& [kind, sql] : queries) {
    const auto offset = database.query_integer(sql);
    if (!offset) return offset.error();
    offsets.emplace(kind, *offset);
  }
  return offsets;
}

// Of the exchanges of the recording and of the responses of its runs. A body without a digest was never finished.
Result<void> TraceCopy::Impl::copy_bodies(const std::string& from, RowId recording_id) const {
  const std::string exchanges = " FROM source.exchange WHERE ?1 = 0 OR recording_id = ?1";
  const std::string used = "(SELECT request_body_id" + exchanges + " UNION SELECT response_body_id" + exchanges +
                           " UNION SELECT response_body_id FROM source.response WHERE ?1 = 0 OR " + kOfRuns + ")";
  if (auto made = database.execute("DROP TABLE IF EXISTS temp.body_map;"
                                   "CREATE TEMP TABLE body_map(old INTEGER PRIMARY KEY, new INTEGER, is_new INTEGER)");
      !made)
    return made;
  const std::string map =
      "INSERT INTO temp.body_map SELECT s.id, coalesce(m.id, s.id + (SELECT coalesce(max(id), 0) FROM main.body)),"
      " m.id IS NULL FROM source.body s LEFT JOIN main.body m ON m.sha256 = s.sha256"
      " WHERE s.sha256 IS NOT NULL AND s.id IN " +
      used;
  if (auto mapped = run(map, recording_id); !mapped) return mapped;
  // A file may call any bytes by any digest.
  const auto differs = database.query_integer(
      "SELECT coalesce(min(b.old), 0) FROM temp.body_map b JOIN source.body_part s ON s.body_id = b.old"
      " LEFT JOIN main.body_part m ON m.body_id = b.new AND m.seq = s.seq WHERE b.is_new = 0 AND m.data IS NOT s.data");
  if (!differs) return differs.error();
  if (*differs != 0) {
    return Error{from + ": body " + std::to_string(*differs) +
                 " is not what its digest says, or another file's is not: one of them is damaged"};
  }
  return database.execute(
      "INSERT INTO main.body(id, sha256, bytes) SELECT b.new, s.sha256, s.bytes"
      " FROM temp.body_map b JOIN source.body s ON s.id = b.old WHERE b.is_new;"
      "INSERT INTO main.body_part(body_id, seq, data) SELECT b.new, s.seq, s.data"
      " FROM temp.body_map b JOIN source.body_part s ON s.body_id = b.old WHERE b.is_new ORDER BY b.new, s.seq");
}

Result<void> TraceCopy::Impl::copy(const Table& table, RowId recording_id, const Offsets& offsets) const {
  Result<Statement> columns = database.prepare("SELECT name FROM pragma_table_info(?, 'main')");
  if (!columns) return columns.error();
  const std::string name = table.name;
  columns->start().text(name);
  std::string names, values, order = "1";
  while (true) {
    const Result<bool> row = columns->step();
    if (!row) return row.error();
    if (!*row) break;
    const std::string column = columns->string_at(0);
    const std::string_view kind = table.offset_of_id;
    if (column == "id") order = "id";
    if (column == "id" && kind.empty()) continue;
    names += (names.empty() ? "" : ", ") + column;
    values += (values.empty() ? "" : ", ") + expression_for(table, column, offsets);
  }
  return run("INSERT INTO main." + name + "(" + names + ") SELECT " + values + " FROM source." + name +
                 " WHERE ?1 = 0 OR " + table.of_recording + " ORDER BY " + order,
             recording_id);
}

Result<void> TraceCopy::Impl::copy_all(const std::string& from, RowId recording_id) const {
  Result<void> done = check_source(from);
  if (done) done = check_new(from, recording_id);
  if (!done) return done;
  const auto offsets = find_offsets();
  if (!offsets) return offsets.error();
  done = copy_bodies(from, recording_id);
  for (const Table& table : kTables) {
    if (done) done = copy(table, recording_id, *offsets);
  }
  return done;
}

Result<std::unique_ptr<TraceCopy>> TraceCopy::create(const std::string& path) {
  {
    const auto writer = BatchWriter::open(path, {});
    if (!writer) return writer.error();
  }
  Result<WriterLock> lock = WriterLock::acquire(path);
  if (!lock) return lock.error();
  Result<Database> database = Database::open(path, Database::Mode::kReadWrite);
  if (!database) return with_context(path, database.error());
  if (auto set = database->execute("PRAGMA synchronous = NORMAL"); !set) return with_context(path, set.error());
  return std::unique_ptr<TraceCopy>(
      new TraceCopy(std::make_unique<Impl>(path, std::move(*lock), std::move(*database))));
}

TraceCopy::TraceCopy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

void TraceCopy::stop_when(const std::atomic<bool>* stop) {
  impl_->database.stop_when(stop);
}
TraceCopy::~TraceCopy() = default;

Result<void> TraceCopy::add(const std::string& from, RowId recording_id) {
  Result<UniqueFd> fd = open_for_reading(from);
  if (!fd) return fd.error();
  Result<void> done = check_file(from, fd->get(), Use::kRead);
  if (done) done = check_header(from, fd->get());
  if (!done) return done;
  begin_private_reading(fd->get());
  const bool has_log = exists(from + "-wal");
  if (has_log && is_written(fd->get())) return Error{from + ": another tracerec is writing it: wait for its end"};
  const auto mode = has_log ? Database::Mode::kLogWithoutIndex : Database::Mode::kImmutable;
  if (auto attached = impl_->database.attach(from, mode, kSource); !attached)
    return with_context(from, attached.error());
  done = impl_->database.execute("BEGIN");
  if (done) done = impl_->copy_all(from, recording_id);
  if (done) done = impl_->database.execute("COMMIT");
  if (!done && impl_->database.in_transaction()) (void)impl_->database.execute("ROLLBACK");
  const Result<void> detached = impl_->database.detach(kSource);
  return done ? detached : with_context(from, done.error());
}

Result<void> TraceCopy::finish() {
  const Result<void> done = impl_->database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return done ? done : with_context(impl_->path, done.error());
}

}  // namespace tracerec::schema
