// What the parts of the reader share. Internal to schema/.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_fd.h"
#include "schema/reader.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

inline std::string select(std::string_view columns, std::string_view rest) {
  std::string sql = "SELECT ";
  sql += columns;
  sql += ' ';
  sql += rest;
  return sql;
}

// Calls `visit(statement)` per row until it returns false.
template <class Visit>
Result<void> for_each_row(Statement& statement, const Visit& visit) {
  while (true) {
    const Result<bool> row = statement.step();
    if (!row) return row.error();
    if (!*row) return {};
    if (!visit(std::as_const(statement))) {
      statement.reset();
      return {};
    }
  }
}

// The same for rows that `check` may refuse: `visit` gets what `read` makes of each.
template <class Read, class Check, class Visit>
Result<void> for_each_checked(Statement& statement, const Read& read, const Check& check, const Visit& visit) {
  Result<void> sound;
  const Result<void> done = for_each_row(statement, [&](const Statement& row) {
    const auto value = read(row);
    sound = check(value);
    return sound.has_value() && visit(value);
  });
  return done ? sound : done;
}

// The first row as a value, or nothing.
template <class Row, class Read>
Result<std::optional<Row>> first_row(Statement& statement, const Read& read) {
  const Result<bool> row = statement.step();
  if (!row) return row.error();
  if (!*row) return std::optional<Row>();
  std::optional<Row> value(read(std::as_const(statement)));
  statement.reset();
  return value;
}

struct Reader::Impl {
  Impl(UniqueFd file, Database opened, std::string named, bool is_view)
      : fd(std::move(file)), database(std::move(opened)), path(std::move(named)), exchanges_are_a_view(is_view) {}

  [[nodiscard]] static Result<std::unique_ptr<Impl>> open(const std::string& path, const std::string& runs_path,
                                                          UniqueFd runs_fd);

  // The statement of `sql`, prepared once. Its text is the key, so there are as many as there are call sites.
  Result<Statement*> cached(const std::string& sql) {
    const auto found = statements.find(sql);
    if (found != statements.end()) return &found->second.start();
    Result<Statement> prepared = database.prepare(sql);
    if (!prepared) return prepared.error();
    return &statements.emplace(sql, std::move(*prepared)).first->second;
  }

  template <class Row, class Read>
  Result<std::optional<Row>> find(const std::string& sql, std::initializer_list<std::int64_t> parameters, Read read) {
    const Result<Statement*> statement = cached(sql);
    if (!statement) return statement.error();
    for (const std::int64_t parameter : parameters) (*statement)->integer(parameter);
    return first_row<Row>(**statement, read);
  }

  // Behind the name of the table. A view (packed_exchanges.h) has no index; its two tables have.
  //
  // A statement that joins the view reads all of it into memory first, unless it is sorted by columns that it selects
  // (SQLite's query flattener, rule 18 in select.c).
  [[nodiscard]] std::string by_recording() const {
    return exchanges_are_a_view ? "" : " INDEXED BY exchange_by_recording";
  }

  // The tables that a file of runs has of its own (runs_file.h) and that are read by an index or by ids of both files.
  [[nodiscard]] std::string substitutions() const { return runs_fd.valid() ? "runs.substitution" : "substitution"; }
  [[nodiscard]] static std::string body_parts(const StoredBody& body) {
    return body.body_id < 0 ? "runs.body_part" : "body_part";
  }

  // The statement that reads the exchanges of a recording by id; its columns begin with "e.".
  [[nodiscard]] std::string select_in_order(std::string_view columns) const {
    return select(columns, "FROM exchange e" + by_recording() + " WHERE e.recording_id = ? ORDER BY e.id");
  }
  Result<Ledger> ledger(std::string_view sql, RowId id);
  // The requests of a recording by connection.
  struct RequestOrder {
    std::string table;
    std::string next_requests;  // the statement of Reader::next_requests()
  };
  Result<const RequestOrder*> request_order(RowId recording_id);
  Result<std::string> make_table(const std::string& query);
  Result<void> drop_tables();
  template <class Visit>
  Result<void> with_table(const std::string& query, const Visit& visit);

  Result<void> list_equal_requests(const std::function<std::optional<EqualKey>(const RequestEvent&)>& key_of);

  UniqueFd fd;       // holds the lock of private_reading.h
  UniqueFd runs_fd;  // likewise, of the file of runs, when that is another
  Database database;
  std::string path;  // of the file with the recordings
  bool exchanges_are_a_view;
  bool has_sources = false;  // the format has the table of them
  std::map<std::string, Statement, std::less<>> statements;
  std::map<RowId, RequestOrder> orders;
  int temporary_tables = 0;  // more than one when a visitor starts another iteration
};

}  // namespace tracerec::schema
