#include "schema/row_writer.h"

#include <utility>

#include "schema/request_key.h"

namespace tracerec::schema {
namespace {

// What a command takes beside its payload: the object in the queue and the heap blocks of its strings.
constexpr std::size_t kCommandBytes = 512;

constexpr std::string_view kInsertConnection =
    "INSERT INTO connection(id, recording_id, local, peer, opened_unix_ns, open_before, role, tls)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view kInsertExchange =
    "INSERT INTO exchange(id, recording_id, connection_id, seq, started_unix_ns, ttfb_ns, duration_ns, status, "
    "complete,"
    " request_key, method, target, notes, request_head, response_head, interim,"
    " request_wire_bytes, request_captured_bytes, request_body_id, request_body,"
    " response_wire_bytes, response_captured_bytes, response_body_id, response_body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view kInsertOpaque =
    "INSERT INTO opaque(recording_id, connection_id, from_client, position, at_unix_ns, reason, data)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view kInsertAnswer =
    "INSERT INTO answer(run_id, exchange_id, failure, intended_ns, sent_ns, ttfb_ns, duration_ns, status, "
    "response_head,"
    " response_wire_bytes, response_captured_bytes, response_body_id, response_body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view kInsertSubstitution =
    "INSERT INTO substitution(run_id, exchange_id, location, producer_exchange_id, producer_location, resolved)"
    " VALUES (?, ?, ?, ?, ?, ?)";

struct Cost {
  std::size_t operator()(const Connection& c) const { return c.local.size() + c.peer.size(); }
  std::size_t operator()(const BodyPart& p) const { return p.bytes.size(); }
  std::size_t operator()(const BodyDiscard&) const { return 0; }
  std::size_t operator()(const Exchange& e) const {
    return e.method.size() + e.target.size() + e.notes.size() + e.request_head.size() + e.request_body.bytes.size() +
           e.response_head.size() + e.response_body.bytes.size() + e.interim.size();
  }
  std::size_t operator()(const Opaque& o) const { return o.bytes.size() + o.reason.size(); }
  std::size_t operator()(const Answer& a) const {
    return a.failure.size() + a.response_head.size() + a.response_body.bytes.size();
  }
  std::size_t operator()(const Substitutions& s) const { return s.rows.size() * (sizeof(Substitution) + 32); }
};

void bind_body(Statement& statement, std::uint64_t wire_bytes, const PlacedBody& body) {
  statement.integer(static_cast<std::int64_t>(wire_bytes)).integer(static_cast<std::int64_t>(body.captured_bytes));
  if (body.body_id != 0) {
    statement.integer(body.body_id).null();
  } else {
    statement.null().blob(body.inline_bytes());
  }
}

std::int64_t key_of(const Exchange& exchange, const PlacedBody& body) {
  return body.body_id != 0 ? request_key(exchange.method, exchange.target, body.digest)
                           : request_key(exchange.method, exchange.target, body.inline_bytes());
}

}  // namespace

std::size_t cost_bytes(const Command& command) {
  return kCommandBytes + std::visit(Cost{}, command);
}

Result<RowWriter> RowWriter::create(const Database& database, std::size_t inline_body_bytes) {
  Result<BodyStore> bodies = BodyStore::create(database, inline_body_bytes);
  if (!bodies) return bodies.error();
  RowWriter writer(std::move(*bodies));
  const Result<void> prepared = writer.prepare(database);
  if (!prepared) return prepared.error();
  return writer;
}

Result<void> RowWriter::prepare(const Database& database) {
  const std::pair<Statement*, std::string_view> statements[] = {{&connection_, kInsertConnection},
                                                                {&exchange_, kInsertExchange},
                                                                {&opaque_, kInsertOpaque},
                                                                {&answer_, kInsertAnswer},
                                                                {&substitution_, kInsertSubstitution}};
  for (const auto& [statement, sql] : statements) {
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return {};
}

Result<void> RowWriter::write(const Command& command) {
  return std::visit([this](const auto& row) { return add(row); }, command);
}

BatchWriter::Written RowWriter::take_written() {
  return std::exchange(written_, {});
}

Result<void> RowWriter::add(const Connection& c) {
  connection_.start().integer(c.id).integer(c.recording_id).text(c.local).text(c.peer);
  connection_.integer(c.opened_unix_ns).integer(c.open_before ? 1 : 0);
  return connection_.text(role_name(c.role)).integer(c.tls ? 1 : 0).run();
}

Result<void> RowWriter::add(const Substitutions& substitutions) {
  for (const Substitution& one : substitutions.rows) {
    substitution_.start().integer(substitutions.run_id).integer(substitutions.exchange_id).text(one.location);
    substitution_.integer(one.producer_exchange_id).text(one.producer_location);
    const Result<void> done = substitution_.integer(one.resolved ? 1 : 0).run();
    if (!done) return done;
  }
  return {};
}

Result<void> RowWriter::add(const BodyPart& part) {
  return bodies_.append(part.stream_key, part.bytes);
}

Result<void> RowWriter::add(const BodyDiscard& discard) {
  return bodies_.discard(discard.stream_key);
}

Result<void> RowWriter::add(const Exchange& e) {
  const Result<PlacedBody> request = bodies_.place(e.request_body);
  if (!request) return request.error();
  const Result<PlacedBody> response = bodies_.place(e.response_body);
  if (!response) return response.error();
  Statement& s = exchange_.start().integer(e.id).integer(e.recording_id).integer(e.connection_id).integer(e.seq);
  s.integer(e.started_unix_ns).integer_or_null(e.ttfb_ns, -1).integer_or_null(e.duration_ns, -1);
  s.integer_or_null(e.status, 0).integer(e.complete ? 1 : 0).integer(key_of(e, *request));
  s.text(e.method).text(e.target).text(e.notes).blob(e.request_head).blob(e.response_head).blob(e.interim);
  bind_body(s, e.request_body.wire_bytes, *request);
  bind_body(s, e.response_body.wire_bytes, *response);
  ++written_.exchanges;
  written_.message_bytes += e.request_head.size() + request->captured_bytes + e.interim.size() +
                            e.response_head.size() + response->captured_bytes;
  return s.run();
}

Result<void> RowWriter::add(const Opaque& o) {
  written_.opaque_bytes += o.bytes.size();
  opaque_.start().integer(o.recording_id).integer(o.connection_id).integer(o.from_client ? 1 : 0);
  opaque_.integer(static_cast<std::int64_t>(o.position)).integer(o.at_unix_ns).text(o.reason);
  return opaque_.blob(o.bytes).run();
}

Result<void> RowWriter::add(const Answer& a) {
  const Result<PlacedBody> response = bodies_.place(a.response_body);
  if (!response) return response.error();
  Statement& s = answer_.start().integer(a.run_id).integer(a.exchange_id).text_or_null(a.failure);
  s.integer(a.intended_ns).integer(a.sent_ns).integer_or_null(a.ttfb_ns, -1).integer_or_null(a.duration_ns, -1);
  s.integer_or_null(a.status, 0).blob(a.response_head);
  bind_body(s, a.response_body.wire_bytes, *response);
  ++written_.answers;
  return s.run();
}

Result<RowId> insert_recording(const Database& database, const Recording& r) {
  Result<Statement> s = database.prepare(
      "INSERT INTO recording(name, command, pid, host, version, options, started_unix_ns, ended_unix_ns)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  if (!s) return s.error();
  s->start().text(r.name).text(r.command).integer(r.pid).text(r.host).text(r.version).text(r.options);
  const Result<void> done = s->integer(r.started_unix_ns).integer_or_null(r.ended_unix_ns, 0).run();
  if (!done) return done.error();
  return database.last_row_id();
}

Result<RowId> insert_run(const Database& database, const Run& run) {
  Result<Statement> s = database.prepare(
      "INSERT INTO run(recording_id, target, options, started_unix_ns, ended_unix_ns) VALUES (?, ?, ?, ?, ?)");
  if (!s) return s.error();
  s->start().integer(run.recording_id).text(run.target).text(run.options);
  const Result<void> done = s->integer(run.started_unix_ns).integer_or_null(run.ended_unix_ns, 0).run();
  if (!done) return done.error();
  return database.last_row_id();
}

namespace {

Result<void> insert_ledger(const Database& database, std::string_view sql, RowId id, const Ledger& ledger) {
  Result<Statement> s = database.prepare(sql);
  if (!s) return s.error();
  for (const LedgerEntry& entry : ledger) {
    s->start().integer(id).text(entry.key).integer(static_cast<std::int64_t>(entry.count));
    const Result<void> done = s->integer(static_cast<std::int64_t>(entry.bytes)).run();
    if (!done) return done;
  }
  return {};
}

Result<void> set_end(const Database& database, std::string_view sql, RowId id, std::int64_t ended_unix_ns) {
  Result<Statement> s = database.prepare(sql);
  if (!s) return s.error();
  return s->start().integer(ended_unix_ns).integer(id).run();
}

Result<void> finish_row(const Database& database, std::string_view update, std::string_view insert, RowId id,
                        std::int64_t ended_unix_ns, const Ledger& ledger) {
  Result<void> done = database.execute("BEGIN IMMEDIATE");
  if (!done) return done;
  done = set_end(database, update, id, ended_unix_ns);
  if (done) done = insert_ledger(database, insert, id, ledger);
  if (done) done = database.execute("COMMIT");
  if (!done && database.in_transaction()) (void)database.execute("ROLLBACK");
  return done;
}

}  // namespace

Result<void> finish_recording_row(const Database& database, RowId id, std::int64_t ended_unix_ns,
                                  const Ledger& ledger) {
  return finish_row(database, "UPDATE recording SET ended_unix_ns = ? WHERE id = ?",
                    "INSERT INTO recording_ledger(recording_id, key, count, bytes) VALUES (?, ?, ?, ?)", id,
                    ended_unix_ns, ledger);
}

Result<void> finish_run_row(const Database& database, RowId id, std::int64_t ended_unix_ns, const Ledger& ledger) {
  return finish_row(database, "UPDATE run SET ended_unix_ns = ? WHERE id = ?",
                    "INSERT INTO run_ledger(run_id, key, count, bytes) VALUES (?, ?, ?, ?)", id, ended_unix_ns, ledger);
}

Result<NextIds> read_next_ids(const Database& database) {
  // A killed or overloaded writer may have left exchanges and opaque bytes of connections that have no row.
  const Result<std::int64_t> connection = database.query_integer(
      "SELECT max((SELECT coalesce(max(id), 0) FROM connection),"
      "           (SELECT coalesce(max(connection_id), 0) FROM exchange),"
      "           (SELECT coalesce(max(connection_id), 0) FROM opaque)) + 1");
  if (!connection) return connection.error();
  const Result<std::int64_t> exchange = database.query_integer("SELECT coalesce(max(id), 0) + 1 FROM exchange");
  if (!exchange) return exchange.error();
  return NextIds{*connection, *exchange};
}

}  // namespace tracerec::schema
