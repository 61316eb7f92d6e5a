#include "schema/reader.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/unique_fd.h"
#include "schema/digest.h"
#include "schema/file_check.h"
#include "schema/packed_exchanges.h"
#include "schema/private_reading.h"
#include "schema/reader_impl.h"
#include "schema/request_check.h"
#include "schema/row_reader.h"
#include "schema/runs_file.h"
#include "schema/sqlite.h"
#include "schema/trace_file.h"

// How this works. Every iteration prepares a statement of its own, so that a visitor may call back into the reader.
// What must be sorted or grouped goes into a temporary table first (SQLite keeps it in a file of its own, not in
// memory): a cursor over the trace itself, kept open for the length of a replay, would keep the writer's log from being
// moved into the file. Point queries are cached.

namespace tracerec::schema {
namespace {

// A replay reads as many places at a time as it has connections open: that is more than fits into the usual 2 MB.
constexpr const char* kReaderSettings = "PRAGMA cache_size = -4096;";

// How often a writer may end, or begin, between our look at its log and the opening.
constexpr int kMostTries = 5;

struct Opened {
  Database database;
  bool is_written;  // by a writer that runs
};

Result<Opened> open_in(Database::Mode mode, const std::string& path) {
  Result<Database> database = Database::open(path, mode);
  if (!database) return database.error();
  return Opened{std::move(*database), mode == Database::Mode::kLog};
}

// Reads and changes nothing. A writer that runs has made the index of its log, whose locks are used. Where there is
// none, it has ended or was killed.
Database::Mode mode_as_found(const std::string& path, int fd) {
  begin_private_reading(fd);  // before looking, so that a writer that begins from here on knows
  if (!exists(path + "-wal")) return Database::Mode::kImmutable;
  if (!is_written(fd)) return Database::Mode::kLogWithoutIndex;
  end_private_reading(fd);
  return Database::Mode::kLog;
}

Result<Opened> open_database(const std::string& path, int fd) {
  Error last;
  for (int i = 0; i < kMostTries; ++i) {
    Result<Opened> opened = open_in(mode_as_found(path, fd), path);
    if (!opened) return with_context(path, opened.error());
    const Result<void> set = opened->database.execute(kReaderSettings);
    const Result<std::int64_t> read = opened->database.query_integer("PRAGMA schema_version");
    if (set && read) return opened;
    last = set ? read.error() : set.error();
  }
  return with_context(path, last);
}

// Beside the file with the recordings.
Result<void> attach_runs(const Database& database, const std::string& path, int fd) {
  Error last;
  for (int i = 0; i < kMostTries; ++i) {
    const Result<void> attached = database.attach(path, mode_as_found(path, fd), kRunsSchema);
    if (!attached) return with_context(path, attached.error());
    const Result<std::int64_t> read = database.query_integer("PRAGMA runs.schema_version");
    if (read) return {};
    last = read.error();
    if (const Result<void> detached = database.detach(kRunsSchema); !detached) return detached;
  }
  return with_context(path, last);
}

// Format 9 introduced them.
Result<bool> make_packed_visible(const Database& database, const std::string& path, std::int64_t version) {
  if (version < 9) return false;
  Result<bool> unpacked = unpack_for_reading(database);
  return unpacked ? unpacked : with_context(path, unpacked.error());
}

struct Begun {
  bool is_view;  // the exchanges are one
  std::int64_t version;
};

// In one snapshot, which goes on where the file is read by a view, and where a writer may put exchanges aside: the
// schema must be that of the version. `runs_path`: the file of runs that is attached; empty: none.
Result<Begun> begin_reading(const Opened& opened, const std::string& path, int fd, const std::string& runs_path) {
  const Database& database = opened.database;
  const bool may_go_on = !opened.is_written || begin_following(fd);  // before the snapshot, so that no batch is between
  if (auto begun = database.execute("BEGIN"); !begun) return with_context(path, begun.error());
  const Result<std::int64_t> version = version_of(database, path);
  if (!version) return version.error();
  if (*version < kOldestReadable) {
    return Error{path + ": written by an older tracerec (format " + std::to_string(*version) +
                 "): the next record or replay into it brings it up to date"};
  }
  if (auto same = check_schema(database, path, *version); !same) return same.error();
  const Result<void> shown = runs_path.empty() ? Result<void>{} : show_runs(database, runs_path);
  if (!shown) return shown.error();
  const Result<bool> unpacked = make_packed_visible(database, path, *version);
  if (!unpacked) return unpacked.error();
  const Begun begun{*unpacked, *version};
  if (begun.is_view) end_following(fd);
  const bool is_older = *version < kVersion;
  if (is_older) {
    if (auto readable = read_as_found(database, *version, runs_path.empty()); !readable) return readable.error();
  }
  if (is_older || begun.is_view || !may_go_on) return begun;
  const Result<void> done = database.execute("COMMIT");
  return done ? Result<Begun>{begun} : done.error();
}

Result<UniqueFd> open_checked(const std::string& path) {
  Result<UniqueFd> fd = open_for_reading(path);
  if (!fd) return fd.error();
  Result<void> fine = check_file(path, fd->get(), Use::kRead);
  if (fine) fine = check_header(path, fd->get());
  return fine ? std::move(fd) : Result<UniqueFd>(fine.error());
}

Result<void> check(const StoredExchange& exchange) {
  const Result<void> sound = check_lengths(exchange);
  return sound ? check_request(exchange) : sound;
}

Result<void> check(const StoredResponse& response) {
  return check_lengths(response);
}

// A row that was found, if it is sound.
template <class Row>
Result<std::optional<Row>> checked(Result<std::optional<Row>> found) {
  if (!found || !found->has_value()) return found;
  if (const Result<void> sound = check(**found); !sound) return sound.error();
  return found;
}

ConnectionSpan read_span(const Statement& row) {
  ConnectionSpan span;
  span.connection_id = row.integer_at(0);
  span.first_started_unix_ns = row.integer_at(1);
  span.last_started_unix_ns = row.integer_at(2);
  span.ended_unix_ns = row.integer_at(3);
  span.exchanges = static_cast<std::uint64_t>(row.integer_at(4));
  return span;
}

Connection read_connection(const Statement& row) {
  Connection c;
  c.id = row.integer_at(0);
  c.recording_id = row.integer_at(1);
  c.local = row.string_at(2);
  c.peer = row.string_at(3);
  c.opened_unix_ns = row.integer_at(4);
  c.open_before = row.integer_at(5) != 0;
  c.role = row.string_at(6) == role_name(Role::kClient) ? Role::kClient : Role::kServer;
  c.tls = row.integer_at(7) != 0;
  return c;
}

}  // namespace

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

// `runs_fd` is of the file of runs `runs_path`, or not valid.
Result<std::unique_ptr<Reader::Impl>> Reader::Impl::open(const std::string& path, const std::string& runs_path,
                                                         UniqueFd runs_fd) {
  Result<UniqueFd> fd = open_checked(path);
  if (!fd) return fd.error();
  Result<Opened> opened = open_database(path, fd->get());
  if (!opened) return opened.error();
  if (!runs_path.empty()) {
    if (auto attached = attach_runs(opened->database, runs_path, runs_fd.get()); !attached) return attached.error();
  }
  const Result<Begun> begun = begin_reading(*opened, path, fd->get(), runs_path);
  if (!begun) return begun.error();
  auto impl = std::make_unique<Impl>(std::move(*fd), std::move(opened->database), path, begun->is_view);
  impl->runs_fd = std::move(runs_fd);
  impl->has_sources = begun->version >= 10;
  return impl;
}

Result<std::unique_ptr<Reader>> Reader::open(const TraceSource& source) {
  auto impl = Impl::open(source.path, {}, {});
  if (!impl) return impl.error();
  const auto sources = (*impl)->has_sources ? sources_of((*impl)->database)
                                            : Result<std::vector<SourceRecording>>(std::vector<SourceRecording>{});
  if (!sources) return with_context(source.path, sources.error());
  if (sources->empty()) {
    if (source.recording_path.empty()) return std::unique_ptr<Reader>(new Reader(std::move(*impl)));
    return Error{source.path + " is no file of runs of another file's recordings: leave --recording-file out"};
  }
  const auto path = find_recording_file(*sources, source.path, source.recording_path);
  if (!path) return path.error();
  UniqueFd runs_fd = std::move((*impl)->fd);
  impl->reset();
  impl = Impl::open(*path, source.path, std::move(runs_fd));
  if (!impl) return with_context(source.path, impl.error());
  if (auto same = check_sources((*impl)->database, *sources, source.path, *path); !same) return same.error();
  return std::unique_ptr<Reader>(new Reader(std::move(*impl)));
}

const std::string& Reader::recording_path() const {
  return impl_->path;
}

Result<SourceRecording> Reader::source(RowId recording_id) {
  const auto found = recording(recording_id);
  if (!found) return found.error();
  if (!*found) return Error{"there is no recording " + std::to_string(recording_id) + " in " + impl_->path};
  const auto digest = known_digest_of(impl_->database, impl_->path, recording_id);
  if (!digest) return digest.error();
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(impl_->path, error).lexically_normal();
  return SourceRecording{recording_id, (*found)->uid, *digest, error ? impl_->path : absolute.string()};
}

void Reader::stop_when(const std::atomic<bool>* stop) {
  impl_->database.stop_when(stop);
}

Result<std::vector<RecordingSummary>> Reader::recordings() {
  Result<Statement> statement =
      impl_->database.prepare(select(kRecordingColumns,
                                     ", (SELECT count(*) FROM exchange WHERE recording_id = r.id),"
                                     "  (SELECT count(*) FROM exchange WHERE recording_id = r.id AND complete = 0"
                                     "    AND instr(',' || notes || ',', ',open_ended,') = 0),"
                                     "  (SELECT count(*) FROM connection WHERE recording_id = r.id),"
                                     "  (SELECT sum(count) FROM recording_ledger"
                                     "    WHERE recording_id = r.id AND key = 'skipped.pruned')"
                                     " FROM recording r ORDER BY r.id"));
  if (!statement) return statement.error();
  std::vector<RecordingSummary> rows;
  const Result<void> done = for_each_row(*statement, [&](const Statement& row) {
    const auto count = [&](int i) { return static_cast<std::uint64_t>(row.integer_at(kRecordingColumnCount + i)); };
    rows.push_back({read_recording(row), count(0), count(1), count(2), count(3)});
    return true;
  });
  if (!done) return done.error();
  return rows;
}

Result<std::vector<RunSummary>> Reader::runs() {
  Result<Statement> statement =
      impl_->database.prepare(select(kRunColumns,
                                     ", (SELECT count(*) FROM response WHERE run_id = r.id),"
                                     "  (SELECT count(*) FROM response WHERE run_id = r.id AND failure IS NOT NULL)"
                                     " FROM run r ORDER BY r.id"));
  if (!statement) return statement.error();
  std::vector<RunSummary> rows;
  const Result<void> done = for_each_row(*statement, [&](const Statement& row) {
    const auto count = [&](int i) { return static_cast<std::uint64_t>(row.integer_at(kRunColumnCount + i)); };
    rows.push_back({read_run(row), count(0), count(1)});
    return true;
  });
  if (!done) return done.error();
  return rows;
}

Result<std::optional<Recording>> Reader::newest_recording() {
  return impl_->find<Recording>(select(kRecordingColumns, "FROM recording r ORDER BY r.id DESC LIMIT 1"), {},
                                read_recording);
}

Result<std::optional<Recording>> Reader::recording(RowId id) {
  return impl_->find<Recording>(select(kRecordingColumns, "FROM recording r WHERE r.id = ?"), {id}, read_recording);
}

Result<std::optional<Run>> Reader::newest_run() {
  return impl_->find<Run>(select(kRunColumns, "FROM run r WHERE r.recheck_of IS NULL ORDER BY r.id DESC LIMIT 1"), {},
                          read_run);
}

Result<std::optional<Run>> Reader::run(RowId id) {
  return impl_->find<Run>(select(kRunColumns, "FROM run r WHERE r.id = ?"), {id}, read_run);
}

Result<std::vector<Run>> Reader::rechecks_of(RowId run_id) {
  Result<Statement> statement =
      impl_->database.prepare(select(kRunColumns, "FROM run r WHERE r.recheck_of = ? ORDER BY r.id"));
  if (!statement) return statement.error();
  std::vector<Run> runs;
  const Result<void> done = for_each_row(statement->start().integer(run_id), [&](const Statement& row) {
    runs.push_back(read_run(row));
    return true;
  });
  if (!done) return done.error();
  return runs;
}

Result<Ledger> Reader::Impl::ledger(std::string_view sql, RowId id) {
  Result<Statement> statement = database.prepare(sql);
  if (!statement) return statement.error();
  Ledger entries;
  const Result<void> done = for_each_row(statement->start().integer(id), [&](const Statement& row) {
    entries.push_back({row.string_at(0), static_cast<std::uint64_t>(row.integer_at(1)),
                       static_cast<std::uint64_t>(row.integer_at(2))});
    return true;
  });
  if (!done) return done.error();
  return entries;
}

Result<Ledger> Reader::recording_ledger(RowId recording_id) {
  return impl_->ledger("SELECT key, count, bytes FROM recording_ledger WHERE recording_id = ? ORDER BY key",
                       recording_id);
}

Result<Ledger> Reader::run_ledger(RowId run_id) {
  return impl_->ledger("SELECT key, count, bytes FROM run_ledger WHERE run_id = ? ORDER BY key", run_id);
}

Result<std::optional<Connection>> Reader::connection(RowId id) {
  return impl_->find<Connection>(
      "SELECT id, recording_id, local, peer, opened_unix_ns, open_before, role, tls FROM connection WHERE id = ?", {id},
      read_connection);
}

Result<std::vector<std::string>> Reader::local_addresses(RowId recording_id) {
  Result<Statement> statement = impl_->database.prepare(
      "SELECT DISTINCT local FROM connection INDEXED BY connection_by_recording WHERE recording_id = ? ORDER BY local");
  if (!statement) return statement.error();
  std::vector<std::string> addresses;
  const Result<void> done = for_each_row(statement->start().integer(recording_id), [&](const Statement& row) {
    addresses.push_back(row.string_at(0));
    return true;
  });
  if (!done) return done.error();
  return addresses;
}

Result<std::string> Reader::Impl::make_table(const std::string& query) {
  std::string name = "temp.list_" + std::to_string(++temporary_tables);
  const Result<void> made = database.execute(("CREATE TABLE " + name + " AS " + query).c_str());
  if (!made) return made.error();
  return name;
}

// A table cannot be dropped while an outer iteration reads its own: the outermost one drops them all.
Result<void> Reader::Impl::drop_tables() {
  for (; temporary_tables > 0; --temporary_tables) {
    const std::string sql = "DROP TABLE IF EXISTS temp.list_" + std::to_string(temporary_tables);
    const Result<void> dropped = database.execute(sql.c_str());
    if (!dropped) return dropped;
  }
  return {};
}

template <class Visit>
Result<void> Reader::Impl::with_table(const std::string& query, const Visit& visit) {
  const bool outermost = temporary_tables == 0;
  const Result<std::string> table = make_table(query);
  if (!table) return table.error();
  const Result<void> done = visit(*table);
  const Result<void> dropped = outermost ? drop_tables() : Result<void>{};
  return done ? dropped : done;
}

namespace {

Result<void> sort_requests(const Database& database, RowId recording_id, const std::string& table,
                           const std::string& exchanges) {
  const std::string sql = "DROP TABLE IF EXISTS " + table + "; CREATE TABLE " + table +
                          "(connection_id INTEGER, seq INTEGER, exchange_id INTEGER, started_unix_ns INTEGER,"
                          " ended_unix_ns INTEGER, PRIMARY KEY (connection_id, seq, exchange_id)) WITHOUT ROWID;"
                          " INSERT INTO " +
                          table +
                          " SELECT connection_id, seq, id, started_unix_ns, started_unix_ns + coalesce(duration_ns, 0)"
                          " FROM " +
                          exchanges + " WHERE recording_id = " + std::to_string(recording_id) +
                          " ORDER BY connection_id, seq, id";
  return database.execute(sql.c_str());
}

struct OddConnection {
  RowId id = 0;
  bool has_same = false;  // exchanges that have one seq
};

Error out_of_order(const OddConnection& odd) {
  return Error{"connection " + std::to_string(odd.id) +
               (odd.has_same ? " has two exchanges with one seq" : " has an exchange with a seq below 0") +
               ": the file is damaged or was changed; record again, or use -d for another file"};
}

}  // namespace

// The requests of a recording by connection, in the order of seq from 0: as a table, and not as an index, which would
// cost the recorder a fifth of its time. Of others than these, more or fewer would be sent than were planned.
Result<const Reader::Impl::RequestOrder*> Reader::Impl::request_order(RowId recording_id) {
  if (const auto at = orders.find(recording_id); at != orders.end()) return &at->second;
  const std::string table = "temp.request_order_" + std::to_string(recording_id);
  if (const Result<void> sorted = sort_requests(database, recording_id, table, "exchange" + by_recording()); !sorted)
    return sorted.error();
  const auto odd = find<OddConnection>(
      "SELECT connection_id, max(same) > 1 FROM (SELECT connection_id, seq, count(*) AS same FROM " + table +
          " GROUP BY connection_id, seq) GROUP BY connection_id HAVING max(same) > 1 OR min(seq) < 0 LIMIT 1",
      {}, [](const Statement& row) {
        return OddConnection{row.integer_at(0), row.integer_at(1) != 0};
      });
  if (!odd) return odd.error();
  if (*odd) return out_of_order(**odd);
  const std::string next = ", o.seq FROM " + table +
                           " o CROSS JOIN exchange e ON e.id = o.exchange_id"
                           " WHERE o.connection_id = ? AND o.seq > ? ORDER BY o.seq LIMIT ?";
  return &orders.emplace(recording_id, RequestOrder{table, select(kRequestColumns, next)}).first->second;
}

Result<void> Reader::for_each_connection(RowId recording_id, const Visitor<ConnectionSpan>& visit) {
  const Result<const Impl::RequestOrder*> order = impl_->request_order(recording_id);
  if (!order) return order.error();
  const std::string table = "temp.connections_" + std::to_string(recording_id);
  // From the exchanges, not from the connections: a connection's row may have been lost to a full queue.
  const std::string query = "CREATE TABLE IF NOT EXISTS " + table +
                            " AS SELECT connection_id, min(started_unix_ns) AS first, max(started_unix_ns),"
                            " max(ended_unix_ns), count(*) FROM " +
                            (*order)->table + " GROUP BY connection_id ORDER BY first, connection_id";
  if (const Result<void> made = impl_->database.execute(query.c_str()); !made) return made;
  // Not one statement for all: while it is open, SQLite keeps the snapshot that other statements have begun, and the
  // write-ahead log cannot be emptied for as long as the visits take.
  constexpr std::int64_t kAtOnce = 256;
  Result<Statement> rows =
      impl_->database.prepare("SELECT *, rowid FROM " + table + " WHERE rowid > ? ORDER BY rowid LIMIT ?");
  if (!rows) return rows.error();
  std::vector<ConnectionSpan> spans;
  std::int64_t last = 0;
  do {
    spans.clear();
    Result<void> read = for_each_row(rows->start().integer(last).integer(kAtOnce), [&](const Statement& row) {
      spans.push_back(read_span(row));
      last = row.integer_at(5);
      return true;
    });
    if (!read) return read;
    for (const ConnectionSpan& span : spans) {
      if (!visit(span)) return {};
    }
  } while (!spans.empty());
  return {};
}

Result<void> Reader::for_each_exchange(RowId recording_id, const Visitor<StoredExchange>& visit) {
  Result<Statement> statement = impl_->database.prepare(impl_->select_in_order(kExchangeColumns));
  if (!statement) return statement.error();
  return for_each_checked(
      statement->start().integer(recording_id), [](const Statement& row) { return read_exchange(row); },
      [](const StoredExchange& exchange) { return check(exchange); }, visit);
}

Result<void> Reader::for_each_request(RowId recording_id, const Visitor<StoredExchange>& visit) {
  constexpr std::string_view kColumns =
      "e.id, e.recording_id, e.connection_id, e.seq, e.started_unix_ns, e.ttfb_ns, e.duration_ns, e.method, e.target,"
      " e.status, e.complete, e.notes, e.request_head, x'', x'',"
      " e.request_wire_bytes, e.request_captured_bytes, e.request_body_id, e.request_body, 0, 0, NULL, NULL";
  Result<Statement> statement = impl_->database.prepare(impl_->select_in_order(kColumns));
  if (!statement) return statement.error();
  return for_each_checked(
      statement->start().integer(recording_id), [](const Statement& row) { return read_exchange(row); },
      [](const StoredExchange& exchange) { return check(exchange); }, visit);
}

namespace {

// A recorder gives ids one after the other. What is kept for each number between the first and the last of them (bits,
// rows of temporary files) must follow what is in the file, not what it says: so many exchanges there must be.
std::int64_t least_exchanges(RowId first, RowId last) {
  constexpr std::uint64_t kMostNumbers = std::uint64_t{1} << 16;  // in any case
  constexpr std::uint64_t kMostPerExchange = 64;
  const std::uint64_t numbers = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first);
  if (last < first || numbers <= kMostNumbers) return 0;
  return static_cast<std::int64_t>((numbers - kMostNumbers) / kMostPerExchange);
}

}  // namespace

Result<std::pair<RowId, RowId>> Reader::exchange_ids(RowId recording_id) {
  const auto found = impl_->find<std::pair<RowId, RowId>>(
      "SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM exchange WHERE recording_id = ?", {recording_id},
      [](const Statement& row) { return std::pair(row.integer_at(0), row.integer_at(1)); });
  if (!found) return found.error();
  const auto range = found->value_or(std::pair<RowId, RowId>(0, -1));
  const std::int64_t least = least_exchanges(range.first, range.second);
  if (least == 0) return range;
  const auto counted = impl_->find<std::int64_t>(
      "SELECT count(*) FROM (SELECT 1 FROM exchange" + impl_->by_recording() + " WHERE recording_id = ? LIMIT ?)",
      {recording_id, least}, [](const Statement& row) { return row.integer_at(0); });
  if (!counted) return counted.error();
  if (counted->value_or(0) == least) return range;
  return Error{"recording " + std::to_string(recording_id) + " has exchanges from id " + std::to_string(range.first) +
               " to " + std::to_string(range.second) + ", but only " + std::to_string(counted->value_or(0)) +
               " of them: the file is damaged, record again"};
}

namespace {

// Columns: exchange_id, location, producer_exchange_id, producer_location, resolved.
std::pair<RowId, Substitution> read_substitution(const Statement& row) {
  return {row.integer_at(0), {row.string_at(1), row.integer_at(2), row.string_at(3), row.integer_at(4) != 0}};
}

constexpr std::string_view kSubstitutionColumns =
    "exchange_id, location, producer_exchange_id, producer_location, resolved";

}  // namespace

Result<std::vector<Substitution>> Reader::substitutions_in(RowId run_id, RowId exchange_id) {
  Result<Statement> statement = impl_->database.prepare(
      select(kSubstitutionColumns, "FROM substitution WHERE run_id = ? AND exchange_id = ? ORDER BY id"));
  if (!statement) return statement.error();
  std::vector<Substitution> rows;
  const Result<void> done = for_each_row(statement->start().integer(run_id).integer(exchange_id), [&](const auto& row) {
    rows.push_back(read_substitution(row).second);
    return true;
  });
  if (!done) return done.error();
  return rows;
}

Result<std::vector<std::pair<RowId, Substitution>>> Reader::substitutions_from(RowId run_id, RowId producer) {
  Result<Statement> statement = impl_->database.prepare(
      select(kSubstitutionColumns, "FROM substitution WHERE run_id = ? AND producer_exchange_id = ? ORDER BY id"));
  if (!statement) return statement.error();
  std::vector<std::pair<RowId, Substitution>> rows;
  const Result<void> done = for_each_row(statement->start().integer(run_id).integer(producer), [&](const auto& row) {
    rows.push_back(read_substitution(row));
    return true;
  });
  if (!done) return done.error();
  return rows;
}

Result<void> Reader::for_each_source(RowId run_id, const std::function<bool(RowId, std::string_view)>& visit) {
  Result<Statement> statement =
      impl_->database.prepare("SELECT DISTINCT producer_exchange_id, producer_location FROM " + impl_->substitutions() +
                              " INDEXED BY substitution_by_producer"
                              " WHERE run_id = ? ORDER BY producer_exchange_id, producer_location");
  if (!statement) return statement.error();
  return for_each_row(statement->start().integer(run_id),
                      [&](const Statement& row) { return visit(row.integer_at(0), row.bytes_at(1)); });
}

Result<void> Reader::for_each_unresolved(RowId run_id, const std::function<bool(RowId, const Substitution&)>& visit) {
  Result<Statement> statement = impl_->database.prepare(
      select(kSubstitutionColumns, "FROM " + impl_->substitutions() +
                                       " INDEXED BY substitution_by_exchange"
                                       " WHERE run_id = ? AND resolved = 0 ORDER BY exchange_id, id"));
  if (!statement) return statement.error();
  return for_each_row(statement->start().integer(run_id), [&](const Statement& row) {
    const auto [exchange_id, substitution] = read_substitution(row);
    return visit(exchange_id, substitution);
  });
}

Result<std::optional<StoredExchange>> Reader::exchange(RowId id) {
  static const std::string kSql = select(kExchangeColumns, "FROM exchange e WHERE e.id = ?");
  return checked(impl_->find<StoredExchange>(kSql, {id}, [](const Statement& row) { return read_exchange(row); }));
}

Result<void> Reader::for_each_start(RowId recording_id, const Visitor<std::int64_t>& visit) {
  Result<Statement> statement = impl_->database.prepare(
      "SELECT e.started_unix_ns FROM exchange e WHERE e.recording_id = ? ORDER BY e.started_unix_ns");
  if (!statement) return statement.error();
  return for_each_row(statement->start().integer(recording_id),
                      [&](const Statement& row) { return visit(row.integer_at(0)); });
}

Result<std::vector<StoredExchange>> Reader::next_requests(RowId recording_id, RowId connection_id,
                                                          std::int64_t after_seq, std::size_t limit) {
  const Result<const Impl::RequestOrder*> order = impl_->request_order(recording_id);
  if (!order) return order.error();
  const Result<Statement*> statement = impl_->cached((*order)->next_requests);
  if (!statement) return statement.error();
  (*statement)->integer(connection_id).integer(after_seq).integer(static_cast<std::int64_t>(limit));
  std::vector<StoredExchange> found;
  found.reserve(limit);
  Result<void> sound;
  const Result<void> done = for_each_row(**statement, [&](const Statement& row) {
    StoredExchange& one = found.emplace_back();
    one.connection_id = connection_id;
    read_request(row, one);
    sound = check_lengths(one);
    if (sound)
      sound = check_request(one, [this](const auto& body, const auto& visit) { return read_body(body, visit); });
    return sound.has_value();
  });
  if (!done) return done.error();
  if (!sound) return sound.error();
  return found;
}

Result<void> Reader::for_each_response(RowId run_id,
                                       const std::function<bool(const StoredExchange&, const StoredResponse&)>& visit) {
  std::string columns(kExchangeColumns);
  columns += ", ";
  columns += kResponseColumns;
  Result<Statement> statement = impl_->database.prepare(select(
      columns,
      "FROM response a CROSS JOIN exchange e ON e.id = a.exchange_id WHERE a.run_id = ? ORDER BY a.exchange_id"));
  if (!statement) return statement.error();
  using Both = std::pair<StoredExchange, StoredResponse>;
  return for_each_checked(
      statement->start().integer(run_id),
      [](const Statement& row) { return Both(read_exchange(row), read_response(row, kExchangeColumnCount)); },
      [](const Both& both) {
        const Result<void> sound = check_lengths(both.first);
        return sound ? check_lengths(both.second) : sound;
      },
      [&](const Both& both) { return visit(both.first, both.second); });
}

Result<ResponseCounts> Reader::count_responses(RowId run_id) {
  const auto counts = impl_->find<ResponseCounts>(
      "SELECT count(*), count(a.failure) FROM response a CROSS JOIN exchange e ON e.id = a.exchange_id"
      " WHERE a.run_id = ?",
      {run_id}, [](const Statement& row) {
        const auto all = static_cast<std::uint64_t>(row.integer_at(0)),
                   failed = static_cast<std::uint64_t>(row.integer_at(1));
        return ResponseCounts{all - failed, failed};
      });
  if (!counts) return counts.error();
  return counts->value_or(ResponseCounts{});
}

Result<std::optional<StoredResponse>> Reader::response(RowId run_id, RowId exchange_id) {
  static const std::string kSql = select(kResponseColumns, "FROM response a WHERE a.run_id = ? AND a.exchange_id = ?");
  return checked(impl_->find<StoredResponse>(kSql, {run_id, exchange_id},
                                             [](const Statement& row) { return read_response(row); }));
}

Result<void> Reader::read_body(const StoredBody& body, const std::function<bool(std::string_view)>& visit) {
  if (body.body_id == 0) {
    if (!body.bytes.empty()) (void)visit(body.bytes);
    return {};
  }
  Result<Statement> parts =
      impl_->database.prepare("SELECT data FROM " + Impl::body_parts(body) + " WHERE body_id = abs(?) ORDER BY seq");
  if (!parts) return parts.error();
  std::uint64_t bytes = 0;
  bool goes_on = true;
  Result<void> done = for_each_row(parts->start().integer(body.body_id), [&](const Statement& row) {
    bytes += row.bytes_at(0).size();
    return goes_on = bytes <= body.captured_bytes && visit(row.bytes_at(0));
  });
  if (!done || bytes == body.captured_bytes || (!goes_on && bytes < body.captured_bytes)) return done;
  return Error{
      "body " + std::to_string(body.body_id) + " is " + (bytes < body.captured_bytes ? "shorter" : "longer") +
      " than the " + std::to_string(body.captured_bytes) +
      " bytes that its row says: the file is damaged or was changed; record again, or use -d for another file"};
}

Result<std::optional<Reader::BodyPiece>> Reader::next_body_piece(const StoredBody& body, std::int64_t after_seq) {
  if (body.body_id == 0) {
    if (after_seq >= 0 || body.bytes.empty()) return std::optional<BodyPiece>();
    return std::optional<BodyPiece>(BodyPiece{0, body.bytes});
  }
  const std::string sql =
      "SELECT seq, data FROM " + Impl::body_parts(body) + " WHERE body_id = abs(?) AND seq > ? ORDER BY seq LIMIT 1";
  return impl_->find<BodyPiece>(sql, {body.body_id, after_seq}, [](const Statement& row) {
    return BodyPiece{row.integer_at(0), row.string_at(1)};
  });
}

// What a row says of a body's length is the file's word only.
constexpr std::uint64_t kMostReserved = std::uint64_t{1} << 20;

Result<std::string> Reader::load_body(const StoredBody& body, std::size_t limit_bytes) {
  if (body.captured_bytes > limit_bytes) {
    return Error{"a body of " + std::to_string(body.captured_bytes) + " bytes is above the limit of " +
                 std::to_string(limit_bytes)};
  }
  std::string bytes;
  bytes.reserve(std::min(body.captured_bytes, kMostReserved));
  const Result<void> done = read_body(body, [&](std::string_view part) {
    bytes += part;
    return true;
  });
  if (!done) return done.error();
  return bytes;
}

}  // namespace tracerec::schema
