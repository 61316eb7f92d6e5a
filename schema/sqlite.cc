#include "schema/sqlite.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace tracerec::schema {
namespace {

// How long to wait for somebody who changes the file by hand (the sqlite3 shell, say).
constexpr int kBusyTimeoutMs = 10'000;

// The virtual machine's instructions between two looks at the limit.
constexpr int kStepsPerLook = 100'000;

constexpr std::size_t kMostErrorBytes = 300;

bool is_disk_full(int code, int system_error) {
  return (code & 0xff) == SQLITE_FULL ||
         ((code & 0xff) == SQLITE_IOERR && (system_error == ENOSPC || system_error == EDQUOT));
}

// Its text quotes the file (names, SQL), which may hold anything.
Error error_of(sqlite3* handle, int code) {
  if (handle == nullptr) return Error{"out of memory"};
  const int system_error = sqlite3_system_errno(handle);
  if (is_disk_full(code, system_error))
    return Error{"no space left on the disk; make room there, or name a file on another disk"};
  if (code == SQLITE_IOERR_SHMSIZE)  // SQLite does not tell why
    return Error{
        "no space left on the disk for the index of the log, or it fails; make room there, or name a file on another "
        "disk"};
  if (code == SQLITE_INTERRUPT) return Error{"needs more steps than a file of its size can: it is damaged; use -d"};
  std::string message = printable(sqlite3_errmsg(handle), kMostErrorBytes);
  if ((code & 0xff) == SQLITE_CORRUPT)  // a page that cannot be read is malformed to SQLite, too
    return Error{message + ": it is damaged, or the disk cannot read it (Input/output error); use -d for another"};
  if ((code & 0xff) == SQLITE_CONSTRAINT)
    return Error{message + ": the file is damaged or was changed; use -d for another"};
  if ((code & 0xff) != SQLITE_IOERR) return Error{std::move(message)};
  message += system_error == 0 ? std::string() : std::string(": ") + std::strerror(system_error);
  return Error{message + " (SQLite code " + std::to_string(code) + "); check the disk, or use -d for another"};
}

bool is_stopped(const StepLimit& limit) {
  return limit.stop != nullptr && limit.stop->load(std::memory_order_relaxed);
}

// What a reader writes are temporary tables and what it sorts.
constexpr const char* kFullTemporary =
    "no space left for temporary files (in SQLITE_TMPDIR, TMPDIR, /var/tmp or /tmp: the first of these that there is); "
    "make room there, or set SQLITE_TMPDIR";

Error error_of(sqlite3* handle, const StepLimit& limit, int code) {
  if (code == SQLITE_INTERRUPT && is_stopped(limit)) return Error{"interrupted"};
  const bool is_full = handle != nullptr && is_disk_full(code, sqlite3_system_errno(handle));
  const Error error = is_full && limit.reads_only ? Error{kFullTemporary} : error_of(handle, code);
  return limit.path.empty() ? error : with_context(limit.path, error);
}

int code_of(sqlite3* handle) {
  return handle == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle);
}

std::string uri_of(const std::string& path, const char* options) {
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
  return uri + options;
}

std::string name_of(const std::string& path, Database::Mode mode) {
  switch (mode) {
    case Database::Mode::kLog:
      return uri_of(path, "?readonly_shm=1");
    case Database::Mode::kImmutable:
      return uri_of(path, "?immutable=1");
    default:
      break;
  }
  return path.starts_with('/') ? path : "./" + path;  // what starts with "file:" or ":" must stay a name
}

// Without its statistics of memory, every allocation of SQLite takes one lock less. Must come before anything else of
// it.
void configure_library() {
  [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

constexpr const char* kVfsName = "tracerec";

using Access = int (*)(sqlite3_vfs*, const char*, int, int*);

Access original_access() {
  static const Access kAccess = sqlite3_vfs_find(nullptr)->xAccess;
  return kAccess;
}

// What was left beside the file as its journal is never rolled back: it may name a further file, which SQLite then
// deletes (https://www.sqlite.org/tempfiles.html#super_journal_files). check_file refuses it; this is for one that is
// put there between that look and SQLite's.
int see_no_journal(sqlite3_vfs* vfs, const char* name, int flags, int* is_there) {
  if (flags == SQLITE_ACCESS_EXISTS && std::string_view(name).ends_with("-journal")) {
    *is_there = 0;
    return SQLITE_OK;
  }
  return original_access()(vfs, name, flags, is_there);
}

// The default one in all but that. Registered once, for the life of the process.
const char* vfs_without_journals() {
  (void)original_access();
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs copy = *sqlite3_vfs_find(nullptr);
    copy.zName = kVfsName;
    copy.xAccess = see_no_journal;
    copy.pNext = nullptr;
    return copy;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? kVfsName : nullptr;
}

std::uint64_t bytes_of(const std::string& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 ? static_cast<std::uint64_t>(file.st_size) : 0;
}

// A row of ours takes some hundred bytes and some hundred steps, sorting included. A small file may still need
// many steps for temporary tables.
StepLimit limit_for(const std::string& path) {
  const std::uint64_t bytes = bytes_of(path) + bytes_of(path + "-wal");
  return {.most_steps = 200'000'000 + 64 * bytes, .most_rows = 10'000'000 + bytes, .path = path};
}

}  // namespace

struct Database::Watch {
  StepLimit limit{UINT64_MAX, UINT64_MAX};
  int log_pages = 0;
  std::function<bool()> may_checkpoint;
  int checkpoint_code = SQLITE_OK;
};

Statement::Statement(Statement&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      limit_(other.limit_),
      rows_(other.rows_),
      next_parameter_(other.next_parameter_) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(handle_);
    handle_ = std::exchange(other.handle_, nullptr);
    limit_ = other.limit_;
    rows_ = other.rows_;
    next_parameter_ = other.next_parameter_;
  }
  return *this;
}

Statement::~Statement() {
  sqlite3_finalize(handle_);
}

Statement& Statement::start() {
  reset();
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
  limit_->steps = 0;
  int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW && ++rows_ <= limit_->most_rows) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  if (code == SQLITE_ROW) code = SQLITE_INTERRUPT;
  Error error = error_of(sqlite3_db_handle(handle_), *limit_, code);
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
  rows_ = 0;
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

Database::Database() = default;
Database::Database(sqlite3* handle) : handle_(handle), watch_(std::make_unique<Watch>()) {}

Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), watch_(std::move(other.watch_)) {}

Database& Database::operator=(Database&& other) noexcept {
  if (this != &other) {
    close();
    handle_ = std::exchange(other.handle_, nullptr);
    watch_ = std::move(other.watch_);
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
  flags |= SQLITE_OPEN_URI;  // for attach, too; name_of() sees to it that a name stays one
  flags |= mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const char* vfs = mode == Mode::kLogWithoutIndex ? "unix-none" : vfs_without_journals();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name_of(path, mode).c_str(), &handle, flags, vfs);
  Database database(handle);
  if (code != SQLITE_OK) return error_of(handle, code_of(handle));
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  database.protect(path);
  // In this mode the index of the log is in memory (https://www.sqlite.org/wal.html#noshm).
  if (mode == Mode::kLogWithoutIndex) (void)database.execute("PRAGMA locking_mode = EXCLUSIVE");
  if (mode != Mode::kReadWrite) database.checkpoint_on_close(false);
  return database;
}

Result<Database> Database::open_in_memory() {
  configure_library();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return error_of(handle, code_of(handle));
  return database;
}

// https://www.sqlite.org/security.html, "Untrusted SQLite Database Files".
void Database::protect(const std::string& path) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);  // of the file; temporary ones remain
  static constexpr std::array<std::pair<int, int>, 6> kLimits = {{
      {SQLITE_LIMIT_LENGTH, 256 << 20},  // one value or row: above the 64 MiB of the writer's queue
      {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
      {SQLITE_LIMIT_ATTACHED, 0},
      {SQLITE_LIMIT_EXPR_DEPTH, 100},
      {SQLITE_LIMIT_VDBE_OP, 25'000},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
  }};
  for (const auto& [limit, value] : kLimits) sqlite3_limit(handle_, limit, value);
  (void)execute("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
  watch_->limit = limit_for(path);
  watch_->limit.reads_only = sqlite3_db_readonly(handle_, "main") == 1;
  const auto look = [](void* limit) {
    auto& at = *static_cast<StepLimit*>(limit);
    at.steps += kStepsPerLook;
    return at.steps > at.most_steps || is_stopped(at) ? 1 : 0;
  };
  sqlite3_progress_handler(handle_, kStepsPerLook, look, &watch_->limit);
}

namespace {

const char* mode_words(Database::Mode mode) {
  switch (mode) {
    case Database::Mode::kLog:
      return "?mode=ro&readonly_shm=1&vfs=tracerec";
    case Database::Mode::kImmutable:
      return "?mode=ro&immutable=1&vfs=tracerec";
    default:
      return "?mode=ro&vfs=unix-none";
  }
}

}  // namespace

Result<void> Database::attach(const std::string& path, Mode mode, const std::string& name) const {
  (void)vfs_without_journals();  // it is named by its name
  // ATTACH reads the file at once, in the mode that files that are attached get: that of this pragma. It leaves a file
  // with an index in memory as it is (sqlite3PagerLockingMode in pager.c).
  const bool in_memory_index = mode == Mode::kLogWithoutIndex;
  (void)execute(in_memory_index ? "PRAGMA locking_mode = EXCLUSIVE" : "PRAGMA locking_mode = NORMAL");
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 1);
  Result<Statement> statement = prepare("ATTACH ? AS " + name);
  if (!statement) return statement.error();
  const std::string uri = uri_of(path, mode_words(mode));
  const Result<void> attached = statement->start().text(uri).run();
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
  if (in_memory_index) (void)execute("PRAGMA main.locking_mode = NORMAL");
  if (!attached) return attached;
  const StepLimit more = limit_for(path);
  watch_->limit.most_steps += more.most_steps;
  watch_->limit.most_rows += more.most_rows;
  watch_->limit.path += " with " + path;
  return execute(("PRAGMA " + name + ".cell_size_check = ON; PRAGMA " + name + ".mmap_size = 0").c_str());
}

Result<void> Database::detach(const std::string& name) const {
  return execute(("DETACH " + name).c_str());
}

// It attaches a file of its own.
Result<void> Database::vacuum() const {
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 1);
  Result<void> done = execute("VACUUM");
  sqlite3_limit(handle_, SQLITE_LIMIT_ATTACHED, 0);
  return done;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), 0, &statement, nullptr);
  if (code != SQLITE_OK) return error_of(handle_, watch_->limit, code_of(handle_));
  return Statement(statement, &watch_->limit);
}

Result<void> Database::execute(const char* sql) const {
  watch_->limit.steps = 0;
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    return error_of(handle_, watch_->limit, code_of(handle_));
  return {};
}

Result<std::int64_t> Database::query_integer(std::string_view sql) const {
  Result<Statement> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<bool> row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer_at(0) : 0;
}

void Database::stop_when(const std::atomic<bool>* stop) {
  watch_->limit.stop = stop;
}

std::int64_t Database::last_row_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

Result<void> Database::add_module(const std::string& name, const sqlite3_module& module, void* data,
                                  void (*forget)(void*)) const {
  if (sqlite3_create_module_v2(handle_, name.c_str(), &module, data, forget) != SQLITE_OK)
    return error_of(handle_, watch_->limit, code_of(handle_));
  return {};
}

void Database::checkpoint_after(int pages, std::function<bool()> may_checkpoint) {
  watch_->log_pages = pages;
  watch_->may_checkpoint = std::move(may_checkpoint);
  const auto committed = [](void* data, sqlite3* handle, const char* name, int log_pages) {
    auto& watch = *static_cast<Watch*>(data);
    if (log_pages < watch.log_pages || !watch.may_checkpoint()) return SQLITE_OK;
    const int code = sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if ((code & 0xff) == SQLITE_IOERR && watch.checkpoint_code == SQLITE_OK) watch.checkpoint_code = code;
    return SQLITE_OK;  // the commit itself has succeeded
  };
  sqlite3_wal_hook(handle_, committed, watch_.get());
}

Result<void> Database::take_checkpoint_error() {
  const int code = std::exchange(watch_->checkpoint_code, SQLITE_OK);
  if (code == SQLITE_OK || is_disk_full(code, sqlite3_system_errno(handle_))) return {};
  return Error{std::string(sqlite3_errstr(code)) + " (SQLite code " + std::to_string(code) +
               ") while the log was moved into the file; check the disk"};
}

Result<void> Database::checkpoint() const {
  const int code = sqlite3_wal_checkpoint_v2(handle_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if ((code & 0xff) != SQLITE_IOERR || is_disk_full(code, sqlite3_system_errno(handle_))) return {};
  return error_of(handle_, watch_->limit, code);
}

Result<void> Database::sync_log() const {
  sqlite3_file* log = nullptr;
  const int found = sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (found != SQLITE_OK || log == nullptr || log->pMethods == nullptr) return {};
  const int code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  if (code == SQLITE_OK) return {};
  return Error{"fsync of the log: " + std::string(sqlite3_errstr(code)) + " (SQLite code " + std::to_string(code) +
               "); check the disk"};
}

void Database::checkpoint_on_close(bool enabled) const {
  if (handle_ == nullptr) return;
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, enabled ? 0 : 1, nullptr);
}

}  // namespace tracerec::schema
