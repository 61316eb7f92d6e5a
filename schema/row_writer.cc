#include "schema/row_writer.h"

#include <utility>
#include <vector>

#include "schema/bulk_insert.h"
#include "schema/exchange_rows.h"

namespace tracerec::schema {
namespace {

constexpr std::string_view kInsertConnection =
    "INSERT INTO connection(id, recording_id, local, peer, opened_unix_ns, open_before, role, tls)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view kInsertOpaque =
    "INSERT INTO opaque(recording_id, connection_id, from_client, position, at_unix_ns, reason, data)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";

constexpr std::string_view kInsertSubstitution =
    "INSERT INTO substitution(run_id, exchange_id, location, producer_exchange_id, producer_location, resolved)"
    " VALUES (?, ?, ?, ?, ?, ?)";

}  // namespace

class RowWriter::PendingResponses final : public PendingRows {
 public:
  static constexpr const char* kColumns =
      "run_id, exchange_id, failure, intended_ns, sent_ns, ttfb_ns, duration_ns, status, response_head,"
      " interim, response_wire_bytes, response_captured_bytes, response_body_id, response_body";

  struct Row {
    ResponseView response;
    PlacedBody body;
  };
  std::vector<Row> rows;

  std::size_t size() const override { return rows.size(); }

  void fill(std::size_t index, int column, const Cell& cell) const override {
    const ResponseView& a = rows[index].response;
    if (column >= 10) return fill_body(column - 10, a.response_body.wire_bytes, rows[index].body, cell);
    switch (column) {
      case 0:
        return cell.integer(a.run_id);
      case 1:
        return cell.integer(a.exchange_id);
      case 2:
        if (!a.failure.empty()) cell.text(a.failure);
        return;
      case 3:
        return cell.integer(a.intended_ns);
      case 4:
        return cell.integer(a.sent_ns);
      case 5:
        return cell.integer_or_null(a.ttfb_ns, -1);
      case 6:
        return cell.integer_or_null(a.duration_ns, -1);
      case 7:
        return cell.integer_or_null(a.status, 0);
      case 8:
        return cell.blob(a.response_head);
      default:
        return cell.text(a.interim);
    }
  }
};

RowWriter::RowWriter(BodyStore bodies, PackedExchanges packed, std::size_t inline_body_bytes)
    : bodies_(std::move(bodies)),
      packed_(std::move(packed)),
      inline_body_bytes_(inline_body_bytes),
      exchanges_(std::make_unique<ExchangeRows>()),
      responses_(std::make_unique<PendingResponses>()) {}
RowWriter::RowWriter(RowWriter&&) noexcept = default;
RowWriter::~RowWriter() = default;

Result<RowWriter> RowWriter::create(const Database& database, std::size_t inline_body_bytes) {
  Result<BodyStore> bodies = BodyStore::create(database, inline_body_bytes);
  if (!bodies) return bodies.error();
  Result<PackedExchanges> packed = PackedExchanges::create(database);
  if (!packed) return packed.error();
  RowWriter writer(std::move(*bodies), std::move(*packed), inline_body_bytes);
  const Result<void> prepared = writer.prepare(database);
  if (!prepared) return prepared.error();
  return writer;
}

Result<void> RowWriter::prepare(const Database& database) {
  std::pair<Statement*, Result<Statement>> statements[] = {
      {&connection_, database.prepare(kInsertConnection)},
      {&opaque_, database.prepare(kInsertOpaque)},
      {&substitution_, database.prepare(kInsertSubstitution)},
      {&insert_exchanges_, prepare_bulk_insert(database, "exchange", ExchangeRows::kColumns, *exchanges_)},
      {&insert_responses_, prepare_bulk_insert(database, "response", PendingResponses::kColumns, *responses_)}};
  for (auto& [statement, prepared] : statements) {
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return {};
}

Result<void> RowWriter::write(std::string_view& packed) {
  Result<void> done;
  const std::string_view all = packed;
  unpack_command(packed, [&](const auto& row) {
    command_ = all.substr(0, all.size() - packed.size());
    done = add(row);
  });
  return done;
}

Result<void> RowWriter::insert_gathered() {
  Result<void> done = exchanges_->size() == 0 ? Result<void>{} : insert_exchanges_.run();
  if (done && !responses_->rows.empty()) done = insert_responses_.run();
  exchanges_->clear();
  responses_->rows.clear();
  return done;
}

Result<void> RowWriter::unpack_row() {
  return packed_.take_row({[this](const ExchangeView& exchange) {
                             const Result<std::uint64_t> gathered = gather(exchange);
                             return gathered ? Result<void>{} : gathered.error();
                           },
                           [this] { return insert_gathered(); }});
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

Result<void> RowWriter::add(const BodyPartView& part) {
  return bodies_.append(part.stream_key, part.bytes);
}

Result<void> RowWriter::add(const BodyDiscard& discard) {
  return bodies_.discard(discard.stream_key);
}

bool RowWriter::can_wait(const BodyView& body) const {
  return body.stream_key == 0 && body.bytes.size() <= inline_body_bytes_;
}

Result<void> RowWriter::add(const ExchangeView& e) {
  ++written_.exchanges;
  written_.message_bytes += e.request_head.size() + e.interim.size() + e.response_head.size();
  if (packs_ && can_wait(e.request_body) && can_wait(e.response_body)) {
    written_.message_bytes += e.request_body.bytes.size() + e.response_body.bytes.size();
    return packed_.add(command_);
  }
  const Result<std::uint64_t> bodies = gather(e);
  if (!bodies) return bodies.error();
  written_.message_bytes += *bodies;
  return {};
}

// Gives the captured bytes of both bodies.
Result<std::uint64_t> RowWriter::gather(const ExchangeView& e) {
  Result<PlacedBody> request = bodies_.place(e.request_body);
  if (!request) return request.error();
  Result<PlacedBody> response = bodies_.place(e.response_body);
  if (!response) return response.error();
  const std::uint64_t bytes = request->captured_bytes + response->captured_bytes;
  exchanges_->add(e, std::move(*request), std::move(*response));
  return bytes;
}

Result<void> RowWriter::add(const Opaque& o) {
  written_.opaque_bytes += o.bytes.size();
  opaque_.start().integer(o.recording_id).integer(o.connection_id).integer(o.from_client ? 1 : 0);
  opaque_.integer(static_cast<std::int64_t>(o.position)).integer(o.at_unix_ns).text(o.reason);
  return opaque_.blob(o.bytes).run();
}

Result<void> RowWriter::add(const ResponseView& a) {
  Result<PlacedBody> body = bodies_.place(a.response_body);
  if (!body) return body.error();
  ++written_.responses;
  responses_->rows.push_back({a, std::move(*body)});
  return {};
}

namespace {

// -1: not known.
std::int64_t mark_of(Secrets secrets) {
  if (secrets == Secrets::kUnknown) return -1;
  return secrets == Secrets::kReplaced ? 1 : 0;
}

}  // namespace

Result<RowId> insert_recording(const Database& database, const Recording& r) {
  Result<Statement> s = database.prepare(
      "INSERT INTO recording(id, name, command, pid, host, version, options, started_unix_ns, ended_unix_ns,"
      " secrets_replaced, uid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, lower(hex(randomblob(16)))))");
  if (!s) return s.error();
  s->start().integer_or_null(r.id, 0).text(r.name).text(r.command).integer(r.pid).text(r.host).text(r.version).text(
      r.options);
  s->integer(r.started_unix_ns).integer_or_null(r.ended_unix_ns, 0);
  const Result<void> done = s->integer_or_null(mark_of(r.secrets), -1).text_or_null(r.uid).run();
  if (!done) return done.error();
  return database.last_row_id();
}

Result<RowId> insert_run(const Database& database, const Run& run) {
  Result<Statement> s = database.prepare(
      "INSERT INTO run(id, recording_id, target, options, started_unix_ns, ended_unix_ns, baseline_run_id, recheck_of,"
      " secrets_replaced) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!s) return s.error();
  s->start().integer_or_null(run.id, 0).integer(run.recording_id).text(run.target).text(run.options);
  s->integer(run.started_unix_ns).integer_or_null(run.ended_unix_ns, 0);
  s->integer_or_null(run.baseline_run_id, 0).integer_or_null(run.recheck_of, 0);
  const Result<void> done = s->integer_or_null(mark_of(run.secrets), -1).run();
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

Result<void> finish_run_row(const Database& database, const RunEnd& end) {
  return finish_row(database, "UPDATE run SET ended_unix_ns = ? WHERE id = ?",
                    "INSERT INTO run_ledger(run_id, key, count, bytes) VALUES (?, ?, ?, ?)", end.run_id,
                    end.ended_unix_ns, end.ledger);
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
