// The thin layer over SQLite: one object per thing that must be closed. Internal to schema/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_module;
struct sqlite3_stmt;

namespace tracerec::schema {

// One prepared statement. Move-only. Must not outlive its database. One thread at a time.
// Bound text and blobs are not copied: they must live until the step that uses them has returned.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  // Bind the next parameter, from left to right; `start` begins anew.
  Statement& start();
  Statement& integer(std::int64_t value);
  Statement& integer_or_null(std::int64_t value, std::int64_t null_value);
  Statement& text(std::string_view value);
  Statement& text_or_null(std::string_view value);  // empty: NULL
  Statement& blob(std::string_view value);
  Statement& null();

  // True: a row is there to read. False: no (more) rows; the statement is reset.
  [[nodiscard]] Result<bool> step();

  // A statement that gives no rows: one step and a reset.
  [[nodiscard]] Result<void> run();

  // Ends a query early, which gives its read snapshot back.
  void reset();

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer_at(int column, std::int64_t when_null = 0) const;
  [[nodiscard]] std::string_view bytes_at(int column) const;  // valid until the next step
  [[nodiscard]] std::string string_at(int column) const { return std::string(bytes_at(column)); }

 private:
  sqlite3_stmt* handle_ = nullptr;
  int next_parameter_ = 1;
};

// One connection to one file. Move-only. One thread at a time.
class Database {
 public:
  enum class Mode {
    kReadWrite,  // reading only, when the file may not be written
    kImmutable   // the file alone, without its log and without locks
  };

  Database() = default;
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Never creates a file. SQLite reads it lazily: that it is not a database shows in the first statement.
  [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode);

  [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;
  [[nodiscard]] Result<void> execute(const char* sql) const;                     // any number of statements
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql) const;  // 0 when NULL or no row

  [[nodiscard]] std::int64_t last_row_id() const;
  [[nodiscard]] bool in_transaction() const;

  // A virtual table of this connection. `forget` is called with `data` in any case, at the latest when it is closed.
  [[nodiscard]] Result<void> add_module(const std::string& name, const sqlite3_module& module, void* data,
                                        void (*forget)(void*)) const;

  // While off, closing leaves the write-ahead log as it is instead of moving it into the file.
  void checkpoint_on_close(bool enabled) const;

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  void close();

  sqlite3* handle_ = nullptr;
};

}  // namespace tracerec::schema
