#include "schema/bulk_insert.h"

#include <sqlite3.h>

#include <memory>

// How this works. "INSERT … SELECT … FROM pending" with pending as an eponymous virtual table over an array
// (https://www.sqlite.org/vtab.html): cursors of the tables and indexes stay open from row to row, nothing is bound.

namespace tracerec::schema {
namespace {

struct Table : sqlite3_vtab {
  const PendingRows* rows = nullptr;
};

struct Cursor : sqlite3_vtab_cursor {
  std::size_t row = 0;
};

Cursor& cursor_of(sqlite3_vtab_cursor* cursor) {
  return static_cast<Cursor&>(*cursor);
}

const PendingRows& rows_of(const sqlite3_vtab_cursor* cursor) {
  return *static_cast<const Table*>(cursor->pVtab)->rows;
}

// What the module is created with; belongs to the connection.
struct Source {
  std::string declaration;
  const PendingRows* rows;
};

int connect(sqlite3* handle, void* source, int, const char* const*, sqlite3_vtab** table, char**) {
  const auto& from = *static_cast<const Source*>(source);
  auto made = std::make_unique<Table>();
  made->rows = from.rows;
  *table = made.release();
  return sqlite3_declare_vtab(handle, from.declaration.c_str());
}

int disconnect(sqlite3_vtab* table) {
  delete static_cast<Table*>(table);
  return SQLITE_OK;
}

int plan(sqlite3_vtab*, sqlite3_index_info*) {
  return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
  *cursor = std::make_unique<Cursor>().release();
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete &cursor_of(cursor);
  return SQLITE_OK;
}

int begin(sqlite3_vtab_cursor* cursor, int, const char*, int, sqlite3_value**) {
  cursor_of(cursor).row = 0;
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* cursor) {
  ++cursor_of(cursor).row;
  return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* cursor) {
  return cursor_of(cursor).row >= rows_of(cursor).size() ? 1 : 0;
}

int fill(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int column) {
  rows_of(cursor).fill(cursor_of(cursor).row, column, Cell(context));
  return SQLITE_OK;
}

int row_id(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) {
  *id = static_cast<sqlite3_int64>(cursor_of(cursor).row);
  return SQLITE_OK;
}

sqlite3_module make_module() {
  sqlite3_module module{};
  module.xConnect = connect;  // no xCreate: it exists without CREATE VIRTUAL TABLE, in this connection only
  module.xDisconnect = disconnect;
  module.xBestIndex = plan;
  module.xOpen = open;
  module.xClose = close;
  module.xFilter = begin;
  module.xNext = next;
  module.xEof = at_end;
  module.xColumn = fill;
  module.xRowid = row_id;
  return module;
}

}  // namespace

void Cell::integer(std::int64_t value) const {
  sqlite3_result_int64(context_, value);
}

void Cell::integer_or_null(std::int64_t value, std::int64_t null_value) const {
  if (value != null_value) integer(value);
}

void Cell::text(std::string_view value) const {
  sqlite3_result_text64(context_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
}

void Cell::blob(std::string_view value) const {
  sqlite3_result_blob64(context_, value.data() == nullptr ? "" : value.data(), value.size(), SQLITE_STATIC);
}

Result<Statement> prepare_bulk_insert(const Database& database, const std::string& table, const std::string& columns,
                                      const PendingRows& rows) {
  static const sqlite3_module kModule = make_module();
  const std::string pending = "pending_" + table;
  auto source = std::make_unique<Source>(Source{"CREATE TABLE pending(" + columns + ")", &rows});
  Result<void> added =
      database.add_module(pending, kModule, source.release(), [](void* made) { delete static_cast<Source*>(made); });
  if (!added) return added.error();
  // OR ROLLBACK: otherwise SQLite keeps a second journal for undoing the statement alone.
  return database.prepare("INSERT OR ROLLBACK INTO " + table + "(" + columns + ") SELECT " + columns + " FROM " +
                          pending);
}

}  // namespace tracerec::schema
