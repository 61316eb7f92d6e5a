#include "schema/trace_edit.h"

#include <sys/stat.h>

#include <string_view>
#include <utility>

#include "schema/batch_writer.h"
#include "schema/repeats.h"
#include "schema/sqlite.h"
#include "schema/trace_file.h"
#include "schema/writer_lock.h"

// How this works. What goes is listed in temporary tables first; then each table loses the rows that belong to it, and
// bodies that nothing names any more go last. Tests: tests/schema/trace_edit_test.cc, tests/e2e/prune_test.cc.

namespace tracerec::schema {
namespace {

constexpr int kCheckpointPages = 1000;  // 16 MB: SQLite's usual number

constexpr const char* kBegin =
    "PRAGMA synchronous = FULL; BEGIN IMMEDIATE;"
    "CREATE TEMP TABLE gone_exchange(id INTEGER PRIMARY KEY, connection_id INTEGER);"
    "CREATE TEMP TABLE gone_run(id INTEGER PRIMARY KEY);"
    "CREATE TEMP TABLE gone_body(id INTEGER PRIMARY KEY);";

constexpr const char* kListBodies =
    "INSERT OR IGNORE INTO gone_body SELECT request_body_id FROM exchange"
    " WHERE request_body_id IS NOT NULL AND id IN (SELECT id FROM gone_exchange);"
    "INSERT OR IGNORE INTO gone_body SELECT response_body_id FROM exchange"
    " WHERE response_body_id IS NOT NULL AND id IN (SELECT id FROM gone_exchange);"
    "INSERT OR IGNORE INTO gone_body SELECT response_body_id FROM response"
    " WHERE response_body_id IS NOT NULL AND run_id IN (SELECT id FROM gone_run);";

constexpr const char* kRemove =
    "DELETE FROM response WHERE run_id IN (SELECT id FROM gone_run);"
    "DELETE FROM substitution WHERE run_id IN (SELECT id FROM gone_run);"
    "DELETE FROM run_ledger WHERE run_id IN (SELECT id FROM gone_run);"
    "DELETE FROM run WHERE id IN (SELECT id FROM gone_run);"
    "DELETE FROM exchange WHERE id IN (SELECT id FROM gone_exchange);"
    "DELETE FROM connection WHERE id IN (SELECT connection_id FROM gone_exchange)"
    " AND id NOT IN (SELECT connection_id FROM exchange) AND id NOT IN (SELECT connection_id FROM opaque);"
    "DELETE FROM gone_body WHERE id IN (SELECT request_body_id FROM exchange WHERE request_body_id IS NOT NULL)"
    " OR id IN (SELECT response_body_id FROM exchange WHERE response_body_id IS NOT NULL)"
    " OR id IN (SELECT response_body_id FROM response WHERE response_body_id IS NOT NULL);"
    "DELETE FROM body_part WHERE body_id IN (SELECT id FROM gone_body);"
    "DELETE FROM body WHERE id IN (SELECT id FROM gone_body);"
    "DELETE FROM source_recording WHERE recording_id NOT IN (SELECT recording_id FROM run);";

// What the rows of a list took in `stored.exchange`: BatchWriter::Written::message_bytes.
constexpr const char* kBytes =
    "length(request_head) + length(interim) + length(response_head) + request_captured_bytes + response_captured_bytes";

// A key of the ledger, and which of the exchanges it counts.
struct Counted {
  const char* key;
  const char* condition;
};

constexpr Counted kStored[] = {{"stored.exchange", "1"},
                               {"stored.incomplete", "complete = 0 AND instr(',' || notes || ',', ',open_ended,') = 0"},
                               {"stored.open_ended", "instr(',' || notes || ',', ',open_ended,') > 0"}};

}  // namespace

struct TraceEdit::Impl {
  Impl(std::string named, WriterLock held, Database opened)
      : path(std::move(named)), lock(std::move(held)), database(std::move(opened)) {}
  ~Impl() {
    if (database.in_transaction()) (void)database.execute("ROLLBACK");
    database.checkpoint_on_close(!lock.is_read_privately());
  }

  [[nodiscard]] Result<void> run(const std::string& sql, RowId parameter) const {
    Result<Statement> statement = database.prepare(sql);
    return statement ? statement->start().integer(parameter).run() : statement.error();
  }
  [[nodiscard]] Result<std::uint64_t> count(const std::string& sql) const {
    const auto found = database.query_integer(sql);
    if (!found) return found.error();
    return static_cast<std::uint64_t>(*found);
  }
  [[nodiscard]] Result<void> list_exchanges(RowId recording_id, const std::function<bool(RowId)>& keeps) const;
  [[nodiscard]] Result<void> move_in_ledger(RowId recording_id, std::uint64_t pruned) const;
  [[nodiscard]] Result<void> note_repeats(RowId recording_id, const Repeats& repeats) const;
  [[nodiscard]] Result<void> remove_listed();

  std::string path;
  WriterLock lock;  // outlives the database
  Database database;
  Removed removed;
};

Result<void> TraceEdit::Impl::list_exchanges(RowId recording_id, const std::function<bool(RowId)>& keeps) const {
  Result<Statement> rows =
      database.prepare("SELECT id, connection_id FROM exchange WHERE recording_id = ? ORDER BY id");
  Result<Statement> insert = database.prepare("INSERT INTO gone_exchange(id, connection_id) VALUES (?, ?)");
  if (!rows) return rows.error();
  if (!insert) return insert.error();
  rows->start().integer(recording_id);
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return {};
    if (keeps(rows->integer_at(0))) continue;
    if (auto listed = insert->start().integer(rows->integer_at(0)).integer(rows->integer_at(1)).run(); !listed)
      return listed;
  }
}

namespace {

constexpr std::string_view kGone = " FROM exchange WHERE id IN (SELECT id FROM gone_exchange) AND ";

// Takes what goes out of an entry; what the file says may be anything.
std::string subtraction(const Counted& counted) {
  std::string sql = "UPDATE recording_ledger SET count = max(0, count - (SELECT count(*)";
  sql.append(kGone).append(counted.condition).append(")), bytes = max(0, bytes - (SELECT coalesce(sum(");
  sql.append(kBytes).append("), 0)").append(kGone).append(counted.condition);
  return sql.append(")) WHERE recording_id = ? AND key = '").append(counted.key).append("'");
}

std::string addition_of_pruned() {
  std::string sql =
      "INSERT INTO recording_ledger(recording_id, key, count, bytes) SELECT ?, 'skipped.pruned', count(*),"
      " coalesce(sum(";
  sql.append(kBytes).append("), 0)").append(kGone);
  return sql.append(
      "1 ON CONFLICT (recording_id, key) DO UPDATE SET count = count + excluded.count, bytes = bytes + excluded.bytes");
}

}  // namespace

// A recording whose recorder was killed has no ledger; that some were pruned is counted all the same.
Result<void> TraceEdit::Impl::move_in_ledger(RowId recording_id, std::uint64_t pruned) const {
  for (const Counted& counted : kStored) {
    if (auto moved = run(subtraction(counted), recording_id); !moved) return moved;
  }
  return pruned == 0 ? Result<void>() : run(addition_of_pruned(), recording_id);
}

// "repeats:17" among the notes; one that is there already stands for as many.
Result<void> TraceEdit::Impl::note_repeats(RowId recording_id, const Repeats& repeats) const {
  Result<Statement> rows = database.prepare("SELECT id, notes FROM exchange WHERE recording_id = ? ORDER BY id");
  Result<Statement> update = database.prepare("UPDATE exchange SET notes = ? WHERE id = ?");
  if (!rows) return rows.error();
  if (!update) return update.error();
  rows->start().integer(recording_id);
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return {};
    const RowId id = rows->integer_at(0);
    const std::uint64_t count = repeats(id);
    if (count <= 1) continue;
    const std::string notes = with_repeats(rows->string_at(1), count);
    if (auto noted = update->start().text(notes).integer(id).run(); !noted) return noted;
  }
}

Result<void> TraceEdit::Impl::remove_listed() {
  const auto exchanges = count("SELECT count(*) FROM gone_exchange");
  const auto runs = count("SELECT count(*) FROM gone_run");
  const auto responses = count("SELECT count(*) FROM response WHERE run_id IN (SELECT id FROM gone_run)");
  if (!exchanges) return exchanges.error();
  if (!runs) return runs.error();
  if (!responses) return responses.error();
  Result<void> done = database.execute(kListBodies);
  if (done) done = database.execute(kRemove);
  if (done) done = database.execute("DELETE FROM gone_exchange; DELETE FROM gone_run; DELETE FROM gone_body;");
  if (!done) return with_context(path, done.error());
  removed.exchanges += *exchanges;
  removed.runs += *runs;
  removed.responses += *responses;
  return {};
}

Result<std::unique_ptr<TraceEdit>> TraceEdit::open(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || file.st_size == 0)
    return Error{path + ": there is nothing in it; -d names the file"};
  {
    // Brings it up to date, and gives exchanges that wait their rows.
    const auto writer = BatchWriter::open(path, {});
    if (!writer) return writer.error();
  }
  Result<WriterLock> lock = WriterLock::acquire(path);
  if (!lock) return lock.error();
  Result<Database> database = Database::open(path, Database::Mode::kReadWrite);
  if (!database) return with_context(path, database.error());
  auto impl = std::make_unique<Impl>(path, std::move(*lock), std::move(*database));
  const Result<std::int64_t> version = version_of(impl->database, path);
  if (!version) return version.error();
  if (*version != kVersion) return Error{path + ": another tracerec changed it meanwhile: try again"};
  if (auto same = check_schema(impl->database, path, *version); !same) return same.error();
  // Readers that use no locks of SQLite must find the pages as they were (private_reading.h).
  impl->database.checkpoint_after(kCheckpointPages, [&lock = impl->lock] { return !lock.is_read_privately(); });
  impl->lock.announce();
  if (auto begun = impl->database.execute(kBegin); !begun) return with_context(path, begun.error());
  return std::unique_ptr<TraceEdit>(new TraceEdit(std::move(impl)));
}

TraceEdit::TraceEdit(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TraceEdit::~TraceEdit() = default;

Result<void> TraceEdit::prune(RowId recording_id, const std::function<bool(RowId)>& keeps, const Repeats& repeats) {
  if (auto listed = impl_->list_exchanges(recording_id, keeps); !listed) return listed;
  const auto gone = impl_->count("SELECT count(*) FROM gone_exchange");
  if (!gone) return gone.error();
  Result<void> done = impl_->move_in_ledger(recording_id, *gone);
  if (done && *gone > 0)
    done = impl_->run("INSERT INTO gone_run SELECT id FROM run WHERE recording_id = ?", recording_id);
  if (done) done = impl_->remove_listed();
  if (done && repeats) done = impl_->note_repeats(recording_id, repeats);
  return done;
}

Result<void> TraceEdit::remove_recording(RowId recording_id) {
  Result<void> done = impl_->list_exchanges(recording_id, [](RowId) { return false; });
  if (done) done = impl_->run("INSERT INTO gone_run SELECT id FROM run WHERE recording_id = ?", recording_id);
  if (done) done = impl_->run("DELETE FROM opaque WHERE recording_id = ?", recording_id);
  if (done) done = impl_->remove_listed();
  for (const char* sql :
       {"DELETE FROM connection WHERE recording_id = ?", "DELETE FROM recording_ledger WHERE recording_id = ?",
        "DELETE FROM recording WHERE id = ?"}) {
    if (done) done = impl_->run(sql, recording_id);
  }
  if (done) ++impl_->removed.recordings;
  return done;
}

Result<void> TraceEdit::remove_run(RowId run_id) {
  const std::string id = std::to_string(run_id);
  const auto other = impl_->count("SELECT coalesce(min(id), 0) FROM run WHERE baseline_run_id = " + id);
  if (!other) return other.error();
  if (*other != 0) {
    return Error{"run " + id + " is the baseline of run " + std::to_string(*other) + ": remove that one first"};
  }
  Result<void> done = impl_->run("INSERT INTO gone_run SELECT id FROM run WHERE id = ?1 OR recheck_of = ?1", run_id);
  return done ? impl_->remove_listed() : done;
}

Result<void> TraceEdit::remove_runs(RowId recording_id) {
  const Result<void> done = impl_->run("INSERT INTO gone_run SELECT id FROM run WHERE recording_id = ?", recording_id);
  return done ? impl_->remove_listed() : done;
}

const Removed& TraceEdit::removed() const {
  return impl_->removed;
}

Result<void> TraceEdit::commit() {
  const Result<void> done = impl_->database.execute("COMMIT");
  return done ? done : with_context(impl_->path, done.error());
}

Result<void> TraceEdit::give_space_back() {
  Result<void> done = impl_->database.vacuum();
  if (done && impl_->lock.is_read_privately())
    return Error{impl_->path +
                 ": somebody reads it, so that it keeps its size for now: the next writer makes it smaller"};
  if (done) done = impl_->database.execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return done ? done : with_context(impl_->path, done.error());
}

}  // namespace tracerec::schema
