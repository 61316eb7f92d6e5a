#include "schema/packed_exchanges.h"

#include <utility>

#include "schema/exchange_rows.h"

namespace tracerec::schema {
namespace {

// NULL where the row is too long to be one of ours.
std::string select_rows() {
  return "SELECT id, CASE WHEN length(data) <= " + std::to_string(PackedExchanges::kMostRowBytes) +
         " THEN data END FROM packed_exchange ORDER BY id";
}

// Ids begin at 1, and the ones after these must be numbers, too.
constexpr RowId kLargestId = RowId{1} << 62;

Error damaged(RowId row) {
  return Error{"row " + std::to_string(row) +
               " of packed_exchange is not made of exchanges: the file is damaged or was changed; record again, or use "
               "-d for another file"};
}

// Columns: id, data.
Result<void> unpack_row(const Statement& row, const Unpacking& to) {
  const RowId id = row.integer_at(0);
  std::string_view data = row.bytes_at(1);
  if (data.empty()) return damaged(id);
  while (!data.empty()) {
    ExchangeView exchange;
    if (!unpack_exchange(data, exchange) || exchange.id <= 0 || exchange.id > kLargestId) return damaged(id);
    if (const Result<void> taken = to.exchange(exchange); !taken) return taken;
  }
  return to.unpacked();
}

}  // namespace

Result<PackedExchanges> PackedExchanges::create(const Database& database) {
  PackedExchanges packed;
  std::pair<Statement*, Result<Statement>> statements[] = {
      {&packed.insert_, database.prepare("INSERT INTO packed_exchange(data) VALUES (?)")},
      {&packed.oldest_, database.prepare(select_rows() + " LIMIT 1")},
      {&packed.remove_, database.prepare("DELETE FROM packed_exchange WHERE id = ?")}};
  for (auto& [statement, prepared] : statements) {
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  const Result<std::int64_t> waiting = database.query_integer("SELECT sum(length(data)) FROM packed_exchange");
  if (!waiting) return waiting.error();
  packed.waiting_bytes_ = static_cast<std::uint64_t>(*waiting);
  return packed;
}

Result<void> PackedExchanges::add(std::string_view command) {
  gathered_ += command;
  waiting_bytes_ += command.size();
  return gathered_.size() < kRowBytes ? Result<void>{} : insert_gathered();
}

Result<void> PackedExchanges::insert_gathered() {
  if (gathered_.empty()) return {};
  const Result<void> done = insert_.start().blob(gathered_).run();
  gathered_.clear();
  return done;
}

Result<void> PackedExchanges::take_row(const Unpacking& to) {
  const Result<bool> found = oldest_.start().step();
  if (!found) return found.error();
  if (!*found) return Error{"packed_exchange has fewer rows than were written: another program changed the file"};
  const RowId id = oldest_.integer_at(0);
  const Result<void> unpacked = unpack_row(oldest_, to);
  waiting_bytes_ -= oldest_.bytes_at(1).size();
  oldest_.reset();
  return unpacked ? remove_.start().integer(id).run() : unpacked;
}

namespace {

// As the tables of trace files are, so that readers find what they look for.
std::string make_temporary_table() {
  std::string columns = ExchangeRows::kColumns;
  columns.insert(columns.find(','), " INTEGER PRIMARY KEY");
  return "CREATE TEMP TABLE unpacked_exchange(" + columns +
         "); CREATE INDEX temp.unpacked_exchange_by_recording ON unpacked_exchange"
         "(recording_id, id, complete, request_key, connection_id, seq, started_unix_ns, duration_ns)";
}

std::string make_view() {
  const std::string select = std::string("SELECT ") + ExchangeRows::kColumns + " FROM ";
  return "CREATE TEMP VIEW exchange AS " + select + "main.exchange UNION ALL " + select + "temp.unpacked_exchange";
}

// A body that waits is in its row.
PlacedBody placed(const BodyView& body) {
  PlacedBody in_row;
  in_row.in_row = body.bytes;
  in_row.captured_bytes = body.bytes.size();
  return in_row;
}

Result<void> unpack_all(const Database& database) {
  ExchangeRows rows;
  Result<Statement> insert = prepare_bulk_insert(database, "unpacked_exchange", ExchangeRows::kColumns, rows);
  if (!insert) return insert.error();
  const auto gather = [&rows](const ExchangeView& exchange) {
    rows.add(exchange, placed(exchange.request_body), placed(exchange.response_body));
    return Result<void>{};
  };
  const auto insert_all = [&]() {
    const Result<void> done = insert->run();
    rows.clear();
    return done;
  };
  Result<Statement> packed = database.prepare(select_rows());
  if (!packed) return packed.error();
  while (true) {
    const Result<bool> row = packed->step();
    if (!row) return row.error();
    if (!*row) return {};
    const Result<void> done = unpack_row(*packed, {gather, insert_all});
    if (!done) return done;
  }
}

}  // namespace

Result<bool> unpack_for_reading(const Database& database) {
  const Result<std::int64_t> any = database.query_integer("SELECT EXISTS (SELECT 1 FROM packed_exchange)");
  if (!any) return any.error();
  if (*any == 0) return false;
  if (auto made = database.execute(make_temporary_table().c_str()); !made) return made.error();
  if (auto unpacked = unpack_all(database); !unpacked) return unpacked.error();
  const Result<std::int64_t> twice = database.query_integer(
      "SELECT u.id FROM temp.unpacked_exchange u CROSS JOIN main.exchange e ON e.id = u.id LIMIT 1");
  if (!twice) return twice.error();
  if (*twice != 0) {
    return Error{"exchange " + std::to_string(*twice) +
                 " is there twice: the file is damaged or was changed; record again, or use -d for another file"};
  }
  if (auto made = database.execute(make_view().c_str()); !made) return made.error();
  return true;
}

}  // namespace tracerec::schema
