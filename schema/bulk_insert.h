// Many rows by one statement. Internal to schema/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "schema/sqlite.h"

struct sqlite3_context;

namespace tracerec::schema {

// Takes the value of one cell; NULL when nothing is said. Texts and blobs are not copied: they must live until the
// insert has returned.
class Cell {
 public:
  explicit Cell(sqlite3_context* context) : context_(context) {}
  void integer(std::int64_t value) const;
  void integer_or_null(std::int64_t value, std::int64_t null_value) const;
  void text(std::string_view value) const;
  void blob(std::string_view value) const;

 private:
  sqlite3_context* context_;
};

// Rows that wait to be inserted.
class PendingRows {
 public:
  virtual ~PendingRows() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  virtual void fill(std::size_t row, int column, const Cell& cell) const = 0;
};

// The statement that inserts all of `rows` (which must stay where they are) into `columns`, comma separated, of
// `table`. SQLite reads them from a virtual table; a row takes half the time that a statement of its own takes
// (docs/trace-format.md). An error ends the transaction.
[[nodiscard]] Result<Statement> prepare_bulk_insert(const Database& database, const std::string& table,
                                                    const std::string& columns, const PendingRows& rows);

}  // namespace tracerec::schema
