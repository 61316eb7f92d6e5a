// Requests that were made more than once.
#include <algorithm>
#include <vector>

#include "schema/reader.h"
#include "schema/reader_impl.h"
#include "schema/row_reader.h"

// How this works. The keys that occur twice are a table; what begins and ends in the order of time is a second one;
// what the caller makes of them is a third, which is grouped. All three are temporary: SQLite keeps them in a file.

namespace tracerec::schema {
namespace {

// RFC 9110 §9.2.1.
constexpr std::string_view kSafe = "('GET', 'HEAD', 'OPTIONS', 'TRACE')";

constexpr const char* kDrop =
    "DROP TABLE IF EXISTS temp.equal_key; DROP TABLE IF EXISTS temp.request_event;"
    " DROP TABLE IF EXISTS temp.equal_request";

std::string make_tables(RowId recording_id, const std::string& exchanges) {
  const std::string of_recording = "recording_id = " + std::to_string(recording_id);
  const std::string writes = "method NOT IN " + std::string(kSafe);
  return "CREATE TEMP TABLE equal_key (key INTEGER PRIMARY KEY);"
         "INSERT INTO temp.equal_key SELECT request_key FROM " +
         exchanges + " WHERE complete = 1 AND " + of_recording +
         " GROUP BY request_key HAVING count(*) > 1;"
         "CREATE TEMP TABLE request_event AS SELECT id, at, has_ended FROM ("
         "SELECT id, started_unix_ns AS at, 0 AS has_ended FROM " +
         exchanges + " WHERE " + of_recording + " AND " + writes +
         // What took no time ends after it began all the same.
         " UNION ALL SELECT id, started_unix_ns + max(coalesce(duration_ns, 1), 1), 1"
         " FROM " +
         exchanges + " WHERE " + of_recording + " AND (" + writes +
         " OR (complete = 1 AND request_key IN (SELECT key FROM temp.equal_key)))"
         ") ORDER BY at, has_ended DESC, id;"
         "CREATE TEMP TABLE equal_request (key INTEGER, state INTEGER, id INTEGER)";
}

// Equal content is stored once, so equal large bodies have equal ids; one body is never both inline and stored, because
// one writer with one limit wrote the recording.
bool same_request(const StoredExchange& a, const StoredExchange& b) {
  const StoredBody& x = a.request_body;
  const StoredBody& y = b.request_body;
  return a.method == b.method && a.target == b.target && x.wire_bytes == y.wire_bytes && x.body_id == y.body_id &&
         x.bytes == y.bytes;
}

std::int64_t combined(std::int64_t key, std::uint64_t headers) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(key) ^ (headers * 0x9E3779B97F4A7C15));
}

// One request, and its groups with the largest first.
class DuplicateVisits {
 public:
  DuplicateVisits(Database& database, const DuplicateLimits& limits, const Visitor<Duplicate>& visit)
      : database_(database), limits_(limits), visit_(visit) {}

  Result<void> all() {
    const auto keys = first_integers(
        "SELECT key FROM (SELECT key, count(*) AS n, min(id) AS first FROM temp.equal_request GROUP BY key, state)"
        " GROUP BY key HAVING sum(n) > 1 ORDER BY max(n) DESC, sum(n) DESC, min(first) LIMIT ?",
        {static_cast<std::int64_t>(limits_.requests)});
    if (!keys) return keys.error();
    for (std::size_t i = 0; i < keys->size() && go_on_; ++i) {
      if (auto done = request(i, (*keys)[i]); !done) return done;
    }
    return {};
  }

 private:
  Result<std::vector<std::int64_t>> first_integers(std::string_view sql, std::initializer_list<std::int64_t> values) {
    Result<Statement> statement = database_.prepare(sql);
    if (!statement) return statement.error();
    statement->start();
    for (const std::int64_t value : values) statement->integer(value);
    std::vector<std::int64_t> found;
    const Result<void> done = for_each_row(*statement, [&](const Statement& row) {
      found.push_back(row.integer_at(0));
      return true;
    });
    if (!done) return done.error();
    return found;
  }

  Result<void> request(std::size_t number, std::int64_t key) {
    first_.reset();
    const auto states = first_integers(
        "SELECT state FROM temp.equal_request WHERE key = ? GROUP BY state ORDER BY count(*) DESC, min(id) LIMIT ?",
        {key, static_cast<std::int64_t>(limits_.groups)});
    if (!states) return states.error();
    for (const std::int64_t state : *states) {
      if (auto done = group(number, key, state); !done || !go_on_) return done;
      ++groups_;
    }
    return {};
  }

  // The first member of the request is compared with all others: one that only shares the hash is passed over.
  Result<void> group(std::size_t number, std::int64_t key, std::int64_t state) {
    Result<Statement> statement = database_.prepare(
        select(kExchangeColumns,
               "FROM temp.equal_request k CROSS JOIN exchange e ON e.id = k.id WHERE k.key = ? AND k.state = ?"
               " ORDER BY e.id"));
    if (!statement) return statement.error();
    std::size_t visited = 0;
    return for_each_row(statement->start().integer(key).integer(state), [&](const Statement& row) {
      const StoredExchange member = read_exchange(row);
      if (!first_) first_ = member;
      if (!same_request(*first_, member)) return true;
      go_on_ = visit_({number, groups_, member});
      return go_on_ && ++visited < limits_.members;
    });
  }

  Database& database_;
  const DuplicateLimits& limits_;
  const Visitor<Duplicate>& visit_;
  std::optional<StoredExchange> first_;  // of the request
  std::size_t groups_ = 0;
  bool go_on_ = true;
};

}  // namespace

Result<void> Reader::Impl::list_equal_requests(
    const std::function<std::optional<EqualKey>(const RequestEvent&)>& key_of) {
  Result<Statement> events =
      database.prepare(select(kRequestColumns,
                              ", v.at, v.has_ended, e.request_key, e.complete, v.rowid FROM temp.request_event v"
                              " CROSS JOIN exchange e ON e.id = v.id ORDER BY v.rowid"));
  if (!events) return events.error();
  Result<Statement> insert = database.prepare("INSERT INTO temp.equal_request VALUES (?, ?, ?)");
  if (!insert) return insert.error();
  Result<void> failed;
  const Result<void> done = for_each_row(events->start(), [&](const Statement& row) {
    StoredExchange request;
    read_request(row, request);
    const int column = kRequestColumnCount;
    const RequestEvent event{request, row.integer_at(column + 2), row.integer_at(column + 1) != 0,
                             row.integer_at(column)};
    const auto key = key_of(event);
    if (!key || !event.has_ended || row.integer_at(column + 3) == 0) return true;
    const Result<bool> inserted = insert->start()
                                      .integer(combined(event.key, key->headers))
                                      .integer(static_cast<std::int64_t>(key->state))
                                      .integer(request.id)
                                      .step();
    failed = inserted ? Result<void>() : inserted.error();
    insert->reset();
    return failed.has_value();
  });
  return done ? failed : done;
}

Result<void> Reader::for_each_duplicate(RowId recording_id, const DuplicateLimits& limits,
                                        const std::function<std::optional<EqualKey>(const RequestEvent&)>& key_of,
                                        const Visitor<Duplicate>& visit) {
  Database& database = impl_->database;
  if (auto cleared = database.execute(kDrop); !cleared) return cleared;
  if (auto made = database.execute(make_tables(recording_id, "exchange" + impl_->by_recording()).c_str()); !made)
    return made;
  Result<void> done = impl_->list_equal_requests(key_of);
  if (done) done = database.execute("CREATE INDEX temp.equal_request_by_key ON equal_request(key, state, id)");
  if (done) done = DuplicateVisits(database, limits, visit).all();
  const Result<void> dropped = database.execute(kDrop);
  return done ? dropped : done;
}

}  // namespace tracerec::schema
