#include "schema/batch_writer.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "schema/byte_queue.h"
#include "schema/packed.h"
#include "schema/row_writer.h"
#include "schema/runs_file.h"
#include "schema/sqlite.h"
#include "schema/trace_file.h"
#include "schema/wakeup.h"
#include "schema/writer_lock.h"

// How this works. The producer copies commands into a lock-free queue of bytes and pays nothing more while the thread
// is busy: the thread looks again after kNapMs when it finds the queue empty, and only after a nap in which nothing
// came does it commit and sleep until it is woken. `sleeping_` tells the producer that a wake-up is needed; both sides
// use sequentially consistent operations in opposite order (producer: count the bytes, read sleeping_; thread: set
// sleeping_, read the bytes), so that one of them always sees the other.
//
// The database belongs to the thread that opened it until the first command, then to the writing thread until that is
// joined, then to the opener again. Tests: tests/schema/round_trip_test.cc, tests/schema/crash_test.cc.

namespace tracerec::schema {
namespace {

// Between two looks at an empty queue while a batch is open. A commit rewrites the pages that every insert touches, so
// a batch is not ended early just because a recorder hands over in bursts; commit_interval_ns ends it.
constexpr int kNapMs = 10;

// Rows that one statement inserts, at most. More made no difference (docs/trace-format.md).
constexpr std::size_t kMostGathered = 64;

// A commit is safe from a kill at once; from a power cut when the log has reached the disk.
constexpr std::int64_t kSyncIntervalNs = 1'000'000'000;
constexpr int kSyncIntervalMs = 1'000;

// Between two looks at a machine that was busy, with exchanges put aside.
constexpr int kBusyIntervalMs = 200;

std::int64_t steady_ns() {
  return std::chrono::steady_clock::now().time_since_epoch().count();
}

// Pages (8 MB) between checkpoints, and a small cache: four times as much of either saved nothing
// (docs/performance.md).
constexpr int kCheckpointPages = 500;
constexpr const char* kSettings =
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA cache_size = -4096;";

Result<void> use_write_ahead_log(const Database& database, const std::string& path) {
  Result<Statement> mode = database.prepare("PRAGMA journal_mode = WAL");
  if (!mode) return with_context(path, mode.error());
  const Result<bool> row = mode->step();
  if (!row) return with_context(path, row.error());
  if (mode->string_at(0) != "wal") {
    return Error{path + ": no write-ahead log possible there (a network file system?): use -d for a local file"};
  }
  const Result<bool> committed = mode->step();  // the change of the header is a transaction, which ends here
  return committed ? Result<void>{} : with_context(path, committed.error());
}

}  // namespace

// The order of members is that in which they must be destroyed, from the last.
struct BatchWriter::Impl {  // NOLINT(clang-analyzer-optin.performance.Padding): there is one
  Impl(std::string file, WriterLock held, const BatchWriterOptions& chosen)
      : path(std::move(file)), options(chosen), lock(std::move(held)) {}
  ~Impl() {
    stop();
    database.checkpoint_on_close(!lock.is_read_privately());
  }

  // By the opening thread.
  Result<void> open_database();
  void start() {
    thread = std::thread([this] {
      if (options.on_thread) options.on_thread();
      run();
    });
    ::pthread_setname_np(thread.native_handle(), "trace-writer");  // for top and perf
  }
  Result<void> flush();
  void stop();
  template <class FinishRow>
  Result<void> end_one(FinishRow finish_row);
  template <class FinishRow>
  Result<void> finish(FinishRow finish_row);

  // By the producer.
  bool submit(Command&& command);
  [[nodiscard]] std::size_t bound_of(const Command& command) const;

  // By the writing thread.
  void run();
  std::size_t execute(std::string_view packed);
  Result<void> write(std::string_view& packed);
  bool begin_batch();
  void commit_batch();
  void commit_if_due();
  [[nodiscard]] bool unpack_some();
  void unpack_all();
  [[nodiscard]] bool may_pack();
  [[nodiscard]] bool is_machine_busy() const { return options.is_machine_busy && options.is_machine_busy(); }
  void add_written(const Written& more);
  void sync_if_due();
  void idle();
  void sleep();
  void response_flush(std::uint64_t ticket);
  void abandon_streams();
  void fail(const Error& error);

  [[nodiscard]] Result<RowId> with_path(const Result<RowId>& id) const {
    return id ? id : with_context(path, id.error());
  }

  std::string first_error() const {
    const std::lock_guard guard(mutex);
    return error;
  }

  ByteQueue queue;  // first: it is aligned to a cache line
  std::string path;
  BatchWriterOptions options;
  WriterLock lock;  // outlives the database
  Database database;
  std::optional<RowWriter> rows;

  std::atomic<std::size_t> queued_bytes{0};
  std::atomic<bool> sleeping{false};
  std::atomic<bool> stopping{false};
  std::atomic<bool> failed{false};
  std::atomic<std::uint64_t> flush_requested{0};
  Wakeup wakeup;
  std::thread thread;

  // The writing thread's own.
  bool in_batch = false;
  bool keeps_snapshots = false;  // readers keep theirs, see WriterLock::begin_packing
  std::size_t batch_bytes = 0;
  std::int64_t batch_started_ns = 0;
  bool is_unsynced = false;  // something was committed since the log was synced
  std::int64_t synced_ns = 0;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable flushed;
  std::uint64_t flush_done = 0;
  std::string error;
  Written written;
};

Result<void> BatchWriter::Impl::open_database() {
  Result<Database> opened = Database::open(path, Database::Mode::kReadWrite);
  if (!opened) return with_context(path, opened.error());
  database = std::move(*opened);
  database.checkpoint_on_close(false);  // a file from a newer version must not change
  Result<void> done = migrate(database, path);
  if (!done) return done;
  done = use_write_ahead_log(database, path);
  if (!done) return done;
  lock.announce();
  synced_ns = steady_ns();
  database.checkpoint_after(kCheckpointPages, [this] { return !lock.is_read_privately(); });
  done = database.execute(kSettings);
  if (done) done = drop_unfinished_bodies(database);
  if (!done) return with_context(path, done.error());
  Result<RowWriter> writer = RowWriter::create(database, options.inline_body_bytes);
  if (!writer) return with_context(path, writer.error());
  rows.emplace(std::move(*writer));
  unpack_all();  // what a killed writer had put aside
  if (failed.load()) return Error{first_error()};
  return wakeup.valid() ? Result<void>{} : Result<void>{Error{"eventfd: too many open files"}};
}

// Parts of long bodies leave an eighth of the queue to rows: the row that they belong to shall not be refused.
std::size_t BatchWriter::Impl::bound_of(const Command& command) const {
  return std::holds_alternative<BodyPart>(command) ? options.queue_bytes - options.queue_bytes / 8
                                                   : options.queue_bytes;
}

bool BatchWriter::Impl::submit(Command&& command) {
  if (failed.load(std::memory_order_relaxed)) return false;
  const std::size_t cost = packed_bytes(command);
  const std::size_t queued = queued_bytes.load(std::memory_order_relaxed);
  // Into an empty queue anything goes: a command above the bound must not be refused for ever.
  if (queued != 0 && queued + cost > bound_of(command)) return false;
  pack_command(command, queue.reserve(cost));
  queued_bytes.fetch_add(cost);
  queue.commit(cost);
  if (sleeping.load()) wakeup.ring();
  return true;
}

void BatchWriter::Impl::run() {
  while (true) {
    if (const std::string_view packed = queue.front(); !packed.empty()) {
      const std::size_t size = execute(packed);
      queue.consume(size);
      queued_bytes.fetch_sub(size);
    } else if (stopping.load() && queued_bytes.load() == 0) {
      break;
    } else {
      idle();
    }
  }
  abandon_streams();
  commit_batch();
  unpack_all();
}

// Gives the bytes of the commands that are done with, one at least.
std::size_t BatchWriter::Impl::execute(std::string_view packed) {
  if (failed.load(std::memory_order_relaxed) || !begin_batch()) return packed.size();
  std::string_view rest = packed;
  const Result<void> done = write(rest);
  if (!done) {
    fail(done.error());
    return packed.size();
  }
  const std::size_t size = packed.size() - rest.size();
  batch_bytes += size;
  commit_if_due();
  return size;
}

void BatchWriter::Impl::commit_if_due() {
  if (batch_bytes >= options.commit_bytes || steady_ns() - batch_started_ns >= options.commit_interval_ns) {
    commit_batch();
  }
}

Result<void> BatchWriter::Impl::write(std::string_view& packed) {
  for (std::size_t i = 0; i < kMostGathered && !packed.empty(); ++i) {
    const Result<void> done = rows->write(packed);
    if (!done) return done;
  }
  return rows->insert_gathered();
}

bool BatchWriter::Impl::begin_batch() {
  if (in_batch) return true;
  const Result<void> begun = database.execute("BEGIN IMMEDIATE");
  if (!begun) {
    fail(begun.error());
    return false;
  }
  in_batch = true;
  batch_bytes = 0;
  batch_started_ns = steady_ns();
  rows->pack_exchanges(may_pack());
  return true;
}

bool BatchWriter::Impl::may_pack() {
  if (rows->packed_bytes() >= options.most_packed_bytes || !is_machine_busy()) return false;
  keeps_snapshots = keeps_snapshots || lock.begin_packing();
  return keeps_snapshots;
}

void BatchWriter::Impl::commit_batch() {
  if (!in_batch) return;
  Result<void> committed = rows->insert_packed();
  if (committed) committed = database.execute("COMMIT");
  if (!committed) return fail(committed.error());
  in_batch = false;
  if (keeps_snapshots && rows->packed_bytes() == 0) {
    lock.end_packing();
    keeps_snapshots = false;
  }
  is_unsynced = true;
  add_written(rows->take_written());
  const Result<void> moved = database.take_checkpoint_error();
  if (!moved) return fail(moved.error());
  sync_if_due();
}

// A millisecond's worth: between two of them the queue is looked at.
bool BatchWriter::Impl::unpack_some() {
  if (failed.load() || rows->packed_bytes() == 0 || !begin_batch()) return false;
  const std::uint64_t before = rows->packed_bytes();
  Result<void> done = rows->insert_packed();
  if (done) done = rows->unpack_row();
  if (!done) {
    fail(done.error());
    return false;
  }
  batch_bytes += before - rows->packed_bytes();
  commit_if_due();
  return true;
}

void BatchWriter::Impl::unpack_all() {
  while (unpack_some()) {
  }
  commit_batch();
}

void BatchWriter::Impl::add_written(const Written& more) {
  const std::lock_guard guard(mutex);
  written.exchanges += more.exchanges;
  written.responses += more.responses;
  written.message_bytes += more.message_bytes;
  written.opaque_bytes += more.opaque_bytes;
}

void BatchWriter::Impl::sync_if_due() {
  if (!is_unsynced || steady_ns() - synced_ns < kSyncIntervalNs) return;
  const Result<void> synced = database.sync_log();
  if (!synced) return fail(synced.error());
  is_unsynced = false;
  synced_ns = steady_ns();
}

void BatchWriter::Impl::idle() {
  const std::uint64_t ticket = flush_requested.load();
  if (!queue.front().empty()) return;  // what was pushed before the request comes first
  if (ticket != flush_done) return response_flush(ticket);
  if (rows->packed_bytes() != 0 && !is_machine_busy() && unpack_some()) return;
  if (!in_batch) return sleep();
  wakeup.wait(kNapMs);
  if (steady_ns() - batch_started_ns >= options.commit_interval_ns) commit_batch();
}

void BatchWriter::Impl::sleep() {
  sleeping.store(true);
  if (queued_bytes.load() == 0 && flush_requested.load() == flush_done && !stopping.load()) {
    const bool looks_again = rows->packed_bytes() != 0 && !failed.load();
    wakeup.wait(looks_again ? kBusyIntervalMs : is_unsynced ? kSyncIntervalMs : -1);
  }
  sleeping.store(false);
  if (!failed.load()) sync_if_due();
}

void BatchWriter::Impl::response_flush(std::uint64_t ticket) {
  commit_batch();
  const std::lock_guard guard(mutex);
  flush_done = ticket;
  flushed.notify_all();
}

// Bodies that no row has ended are of no use to anybody.
void BatchWriter::Impl::abandon_streams() {
  if (failed.load() || !begin_batch()) return;
  const Result<void> discarded = rows->discard_streams();
  if (!discarded) fail(discarded.error());
}

void BatchWriter::Impl::fail(const Error& first) {
  if (database.in_transaction()) (void)database.execute("ROLLBACK");
  in_batch = false;
  {
    const std::lock_guard guard(mutex);
    if (error.empty()) error = with_context(path, first).message;
  }
  failed.store(true);
}

Result<void> BatchWriter::Impl::flush() {
  if (thread.joinable()) {
    const std::uint64_t ticket = flush_requested.fetch_add(1) + 1;
    wakeup.ring();
    std::unique_lock guard(mutex);
    flushed.wait(guard, [&] { return flush_done >= ticket; });
  }
  if (failed.load()) return Error{first_error()};
  return {};
}

void BatchWriter::Impl::stop() {
  if (!thread.joinable()) return;
  stopping.store(true);
  wakeup.ring();
  thread.join();
}

// A thread costs little beside a file that is opened, looked at and synced anew.
template <class FinishRow>
Result<void> BatchWriter::Impl::end_one(FinishRow finish_row) {
  stop();
  if (failed.load()) return Error{first_error()};
  const Result<void> done = finish_row(database);
  if (!done) return with_context(path, done.error());
  stopping.store(false);
  start();
  return {};
}

template <class FinishRow>
Result<void> BatchWriter::Impl::finish(FinishRow finish_row) {
  stop();
  if (failed.load()) return Error{first_error()};
  if (lock.was_deleted()) return Error{path + ": was deleted while it was written: nothing of it is left"};
  Result<void> done = finish_row(database);
  if (done) done = database.take_checkpoint_error();
  if (done) done = database.sync_log();  // nobody may be told of a success that the disk has not got
  if (done && !lock.is_read_privately()) done = database.checkpoint();
  return done ? done : with_context(path, done.error());
}

Result<std::unique_ptr<BatchWriter>> BatchWriter::open(const std::string& path, const BatchWriterOptions& options) {
  Result<WriterLock> lock = WriterLock::acquire(path);
  if (!lock) return lock.error();
  auto impl = std::make_unique<Impl>(path, std::move(*lock), options);
  const Result<void> opened = impl->open_database();
  if (!opened) {
    impl->rows.reset();
    impl->database = Database();
    impl->lock.undo(path);
    return opened.error();
  }
  impl->start();
  return std::unique_ptr<BatchWriter>(new BatchWriter(std::move(impl)));
}

BatchWriter::BatchWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BatchWriter::~BatchWriter() = default;

Result<RowId> BatchWriter::begin_recording(const Recording& recording) {
  if (const Result<void> takes = check_takes_recordings(impl_->database); !takes)
    return with_context(impl_->path, takes.error());
  return impl_->with_path(insert_recording(impl_->database, recording));
}

Result<RowId> BatchWriter::begin_run(const Run& run) {
  return impl_->with_path(insert_run(impl_->database, run));
}

Result<void> BatchWriter::refer_to(const SourceRecording& source) {
  const Result<void> done = insert_source(impl_->database, source);
  return done ? done : with_context(impl_->path, done.error());
}

Result<NextIds> BatchWriter::next_ids() const {
  Result<NextIds> ids = read_next_ids(impl_->database);
  return ids ? ids : with_context(impl_->path, ids.error());
}

bool BatchWriter::submit(Command&& command) {
  return impl_->submit(std::move(command));
}

std::size_t BatchWriter::queued_bytes() const {
  return impl_->queued_bytes.load(std::memory_order_relaxed);
}

std::string BatchWriter::error() const {
  return impl_->first_error();
}

std::uint64_t BatchWriter::file_bytes() const {
  std::uint64_t sum = 0;
  for (const char* part : {"", "-wal"}) {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(impl_->path + part, error);
    if (!error) sum += bytes;
  }
  return sum;
}

BatchWriter::Written BatchWriter::written() const {
  const std::lock_guard guard(impl_->mutex);
  return impl_->written;
}

Result<void> BatchWriter::finish_recording(RowId recording_id, std::int64_t ended_unix_ns, const Ledger& ledger) {
  return impl_->finish(
      [&](const Database& database) { return finish_recording_row(database, recording_id, ended_unix_ns, ledger); });
}

Result<void> BatchWriter::finish_runs(const std::vector<RunEnd>& ends) {
  return impl_->finish([&](const Database& database) {
    Result<void> done;
    for (const RunEnd& end : ends) {
      if (done) done = finish_run_row(database, end);
    }
    return done;
  });
}

Result<void> BatchWriter::end_recording(RowId recording_id, std::int64_t ended_unix_ns, const Ledger& ledger) {
  return impl_->end_one(
      [&](const Database& database) { return finish_recording_row(database, recording_id, ended_unix_ns, ledger); });
}

Result<void> BatchWriter::end_run(const RunEnd& end) {
  return impl_->end_one([&](const Database& database) { return finish_run_row(database, end); });
}

Result<void> BatchWriter::finish() {
  return impl_->finish([](const Database&) { return Result<void>(); });
}

Result<void> BatchWriter::flush() {
  return impl_->flush();
}

}  // namespace tracerec::schema
