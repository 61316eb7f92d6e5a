#include "schema/sqlite.h"

#include <sqlite3.h>

#include <utility>

namespace tracerec::schema {
namespace {

// How long to wait for somebody who changes the file by hand (the sqlite3 shell, say).
constexpr int kBusyTimeoutMs = 10'000;

Error error_of(sqlite3* handle) {
  if (handle == nullptr) return Error{"out of memory"};
  std::string message = sqlite3_errmsg(handle);
  const int code = sqlite3_extended_errcode(handle);
  if ((code & 0xff) == SQLITE_IOERR) message += " (code " + std::to_string(code) + ")";
  if ((code & 0xff) == SQLITE_FULL) message += "; make room on the disk";
  return Error{std::move(message)};
}

// A path becomes part of a URI only for the immutable mode.
std::string uri_of(const std::string& path) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '?' || c == '#' || c == '%') {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

// Without its statistics of memory, every allocation of SQLite takes one lock less. Must come before anything else of
// it.
void configure_library() {
  [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), next_parameter_(other.next_parameter_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(handle_);
    handle_ = std::exchange(other.handle_, nullptr);
    next_parameter_ = other.next_parameter_;
  }
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

Statement& Statement::start() {
  sqlite3_reset(handle_);
  next_parameter_ = 1;
  return *this;
}

Statement& Statement::integer(std::int64_t value) {
  sqlite3_bind_int64(handle_, next_parameter_++, value);
  return *this;
}

Statement& Statement::integer_or_null(std::int64_t value, std::int64_t null_value) {
  return value == null_value ? null() : integer(value);
}

Statement& Statement::text(std::string_view value) {
  sqlite3_bind_text64(handle_, next_parameter_++, value.data() == nullptr ? "" : value.data(), value.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::text_or_null(std::string_view value) {
  return value.empty() ? null() : text(value);
}

Statement& Statement::blob(std::string_view value) {
  // A null pointer would bind NULL instead of an empty blob.
  sqlite3_bind_blob64(handle_, next_parameter_++, value.data() == nullptr ? "" : value.data(), value.size(),
                      SQLITE_STATIC);
  return *this;
}

Statement& Statement::null() {
  sqlite3_bind_null(handle_, next_parameter_++);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = error_of(sqlite3_db_handle(handle_));
  reset();
  return error;
}

Result<void> Statement::run() {
  const Result<bool> row = step();
  if (!row) return row.error();
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::int64_t Statement::integer_at(int column, std::int64_t when_null) const {
  if (when_null != 0 && is_null(column)) return when_null;
  return sqlite3_column_int64(handle_, column);  // 0 for NULL
}

std::string_view Statement::bytes_at(int column) const {
  const void* data = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  return data == nullptr ? std::string_view{}
                         : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

Database::Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Database& Database::operator=(Database&& other) noexcept {
  if (this != &other) {
    close();
    handle_ = std::exchange(other.handle_, nullptr);
  }
  return *this;
}

Database::~Database() {
  close();
}

void Database::close() {
  sqlite3_close_v2(std::exchange(handle_, nullptr));
}

Result<Database> Database::open(const std::string& path, Mode mode) {
  configure_library();
  // NOMUTEX: each of our connections is used by one thread at a time.
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  // A name that starts with "file:" or ":" must stay a name.
  const std::string name = mode == Mode::kImmutable ? uri_of(path) : path.starts_with('/') ? path : "./" + path;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return error_of(handle);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), 0, &statement, nullptr);
  if (code != SQLITE_OK) return error_of(handle_);
  return Statement(statement);
}

Result<void> Database::execute(const char* sql) const {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error_of(handle_);
  return {};
}

Result<std::int64_t> Database::query_integer(std::string_view sql) const {
  Result<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer_at(0) : 0;
}

std::int64_t Database::last_row_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

Result<void> Database::add_module(const std::string& name, const sqlite3_module& module, void* data,
                                  void (*forget)(void*)) const {
  if (sqlite3_create_module_v2(handle_, name.c_str(), &module, data, forget) != SQLITE_OK) return error_of(handle_);
  return {};
}

void Database::checkpoint_on_close(bool enabled) const {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, enabled ? 0 : 1, nullptr);
}

}  // namespace tracerec::schema
