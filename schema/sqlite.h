// The thin layer over SQLite: one object per thing that must be closed. Internal to schema/.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

struct sqlite3;
struct sqlite3_module;
struct sqlite3_stmt;

namespace tracerec::schema {

// What keeps a damaged or hostile file from making a statement endless: a tree of pages may lead into itself, so that a
// few of them have more rows than can ever be read.
struct StepLimit {
  std::uint64_t most_steps;  // of the virtual machine, until the next row
  std::uint64_t most_rows;   // of one statement
  std::uint64_t steps = 0;
  bool reads_only = false;
  const std::atomic<bool>* stop = nullptr;  // once it is set, a statement that takes long is an error
  std::string path{};                       // of the file, for error messages; empty: in memory
};

// One prepared statement. Move-only. Must not outlive its database. One thread at a time.
// Bound text and blobs are not copied: they must live until the step that uses them has returned.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3_stmt* handle, StepLimit* limit) : handle_(handle), limit_(limit) {}
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
  StepLimit* limit_ = nullptr;  // the database's
  std::uint64_t rows_ = 0;
  int next_parameter_ = 1;
};

// One connection to one file. Move-only. One thread at a time.
class Database {
 public:
  enum class Mode {
    kReadWrite,  // for writers
    // The others write, create and delete nothing.
    kLog,              // by the index that a writer made beside the log; takes part in its locks
    kLogWithoutIndex,  // by an index of the log in memory, without locks
    kImmutable         // the file alone, without its log and without locks
  };

  Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  // Never creates a file. SQLite reads it lazily: that it is not a database shows in the first statement.
  [[nodiscard]] static Result<Database> open(const std::string& path, Mode mode);

  // Makes a second file readable by this connection, as NAME.table; writes, creates and deletes nothing of it. Outside
  // of a transaction. `mode` is one of the reading ones. Lazily, too. At most one at a time.
  [[nodiscard]] Result<void> attach(const std::string& path, Mode mode, const std::string& name) const;
  [[nodiscard]] Result<void> detach(const std::string& name) const;

  // Gives the space of deleted rows back to the disk, by way of the log. Outside of a transaction.
  [[nodiscard]] Result<void> vacuum() const;

  // Empty, and gone with this object.
  [[nodiscard]] static Result<Database> open_in_memory();

  [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;
  [[nodiscard]] Result<void> execute(const char* sql) const;                     // any number of statements
  [[nodiscard]] Result<std::int64_t> query_integer(std::string_view sql) const;  // 0 when NULL or no row

  // A statement that takes long ends with an error once `stop` is set. It is borrowed; nullptr: none. Not for writers.
  void stop_when(const std::atomic<bool>* stop);

  [[nodiscard]] std::int64_t last_row_id() const;
  [[nodiscard]] bool in_transaction() const;

  // A virtual table of this connection. `forget` is called with `data` in any case, at the latest when it is closed.
  [[nodiscard]] Result<void> add_module(const std::string& name, const sqlite3_module& module, void* data,
                                        void (*forget)(void*)) const;

  // Moves the log into the file after the commit that makes it `pages` long, where `may_checkpoint` agrees. An error of
  // the disk while doing so waits in take_checkpoint_error.
  void checkpoint_after(int pages, std::function<bool()> may_checkpoint);
  [[nodiscard]] Result<void> take_checkpoint_error();

  // Moves what is in the log into the file. Success too when readers or a full disk leave some of it in the log.
  [[nodiscard]] Result<void> checkpoint() const;

  // Waits until the disk has what was committed to the log. Nothing to do without a log.
  [[nodiscard]] Result<void> sync_log() const;

  // While off, closing leaves the write-ahead log as it is instead of moving it into the file.
  void checkpoint_on_close(bool enabled) const;

 private:
  struct Watch;
  explicit Database(sqlite3* handle);
  void protect(const std::string& path);
  void close();

  sqlite3* handle_ = nullptr;
  std::unique_ptr<Watch> watch_;  // where SQLite's callbacks find it, however this object is moved
};

}  // namespace tracerec::schema
