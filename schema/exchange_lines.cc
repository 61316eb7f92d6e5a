// Exchanges as a list shows them: many of them, little of each.
#include <string>

#include "schema/reader_impl.h"
#include "schema/row_reader.h"

namespace tracerec::schema {
namespace {

constexpr std::string_view kLineColumns =
    "e.id, e.connection_id, e.seq, e.started_unix_ns, e.ttfb_ns, e.duration_ns, e.status, e.complete,"
    " e.request_wire_bytes, e.response_wire_bytes, e.method, e.target, e.notes";
constexpr int kLineColumnCount = 13;

ExchangeLine read_line(const Statement& row, bool with_run) {
  ExchangeLine line;
  line.id = row.integer_at(0);
  line.connection_id = row.integer_at(1);
  line.seq = row.integer_at(2);
  line.started_unix_ns = time_at(row, 3);
  line.ttfb_ns = time_at(row, 4, -1);
  line.duration_ns = time_at(row, 5, -1);
  line.status = status_at(row, 6);
  line.complete = row.integer_at(7) != 0;
  line.request_bytes = size_at(row, 8);
  line.response_bytes = size_at(row, 9);
  line.method = row.string_at(10);
  line.target = row.string_at(11);
  line.notes = row.string_at(12);
  if (!with_run) return line;
  line.sent = row.integer_at(kLineColumnCount) != 0;
  line.failure = row.string_at(kLineColumnCount + 1);
  line.new_status = status_at(row, kLineColumnCount + 2);
  line.new_duration_ns = time_at(row, kLineColumnCount + 3, -1);
  return line;
}

// The columns of the index come first in every condition: rows of other connections are not looked up.
std::string lines_sql(const LineRange& range, const std::string& by_recording) {
  std::string sql = "SELECT " + std::string(kLineColumns);
  if (range.run_id != 0) sql += ", a.id IS NOT NULL, a.failure, a.status, a.duration_ns";
  sql += " FROM exchange e" + by_recording;
  if (range.run_id != 0) sql += " LEFT JOIN response a ON a.run_id = ?1 AND a.exchange_id = e.id";
  sql += " WHERE e.recording_id = ?2 AND e.id ";
  sql += range.newest_first ? "< ?3" : "> ?3";
  sql += range.connection_id != 0 ? " AND e.connection_id = ?4" : " AND ?4 = 0";
  return sql + (range.newest_first ? " ORDER BY e.id DESC" : " ORDER BY e.id");
}

}  // namespace

Result<void> Reader::for_each_line(const LineRange& range, const Visitor<ExchangeLine>& visit) {
  Result<Statement> statement = impl_->database.prepare(lines_sql(range, impl_->by_recording()));
  if (!statement) return statement.error();
  const RowId from = range.after == 0 && range.newest_first ? INT64_MAX : range.after;
  statement->start().integer(range.run_id).integer(range.recording_id).integer(from).integer(range.connection_id);
  return for_each_row(*statement, [&](const Statement& row) { return visit(read_line(row, range.run_id != 0)); });
}

Result<void> Reader::for_each_time(RowId recording_id, const Visitor<ExchangeTime>& visit) {
  Result<Statement> statement =
      impl_->database.prepare("SELECT id, started_unix_ns, duration_ns, complete FROM exchange" +
                              impl_->by_recording() + " WHERE recording_id = ? ORDER BY id");
  if (!statement) return statement.error();
  return for_each_row(statement->start().integer(recording_id), [&](const Statement& row) {
    return visit({time_at(row, 1), time_at(row, 2, -1), row.integer_at(3) != 0});
  });
}

}  // namespace tracerec::schema
