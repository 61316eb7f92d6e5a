// The disk refuses the n-th call, for every n: an error is reported, or nothing is missing; the file opens and is
// whole.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <tuple>
#include <utility>

#include "tests/schema/trace_samples.h"

// How this works. A VFS of SQLite that counts the writes, syncs and truncations of its files and refuses one of them,
// or all from there on. Each round is a child process.

namespace tracerec::schema::testing {
namespace {

enum class Refused { kOnce, kFromThereOn };

int calls_left = -1;  // -1: refuse nothing
Refused refused = Refused::kOnce;
int refusal = SQLITE_IOERR_WRITE;

bool refuses() {
  if (calls_left < 0) return false;
  if (calls_left > 0) {
    --calls_left;
    return false;
  }
  if (refused == Refused::kOnce) calls_left = -1;
  return true;
}

sqlite3_vfs original;
const sqlite3_io_methods* original_methods = nullptr;
sqlite3_io_methods faulty_methods;

int faulty_write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  return refuses() ? refusal : original_methods->xWrite(file, bytes, count, at);
}
int faulty_sync(sqlite3_file* file, int flags) {
  return refuses() ? SQLITE_IOERR_FSYNC : original_methods->xSync(file, flags);
}
int faulty_truncate(sqlite3_file* file, sqlite3_int64 bytes) {
  return refuses() ? SQLITE_IOERR_TRUNCATE : original_methods->xTruncate(file, bytes);
}

int faulty_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = original.xOpen(vfs, name, file, flags, out_flags);
  if (code != SQLITE_OK || file->pMethods == nullptr) return code;
  if (original_methods == nullptr) {
    original_methods = file->pMethods;
    faulty_methods = *original_methods;
    faulty_methods.xWrite = faulty_write;
    faulty_methods.xSync = faulty_sync;
    faulty_methods.xTruncate = faulty_truncate;
  }
  if (file->pMethods == original_methods) file->pMethods = &faulty_methods;
  return code;
}

// Changes the one that the code under test uses. In a child process: for all its later files.
void install_faults() {
  sqlite3_vfs* used = sqlite3_vfs_find("tracerec");
  if (used == nullptr) used = sqlite3_vfs_find(nullptr);  // no file was opened yet: it will be copied
  original = *used;
  used->xOpen = faulty_open;
}

// Exit codes of a round.
enum : int { kSaidSuccess = 10, kSaidError = 11, kSaidNothingSensible = 12 };

bool is_one_line(const std::string& error) {
  return !error.empty() && error.find('\n') == std::string::npos;
}

constexpr RowId kExchanges = 12;

// A recording with inline and stored bodies, in several batches.
Result<void> scenario(const std::string& path) {
  BatchWriterOptions options;
  options.commit_bytes = 20'000;
  auto writer = BatchWriter::open(path, options);
  if (!writer) return writer.error();
  const auto recording = (*writer)->begin_recording({});
  if (!recording) return recording.error();
  for (RowId id = 1; id <= kExchanges; ++id) {
    Exchange e = sample_exchange(id, *recording);
    e.response_body = {.wire_bytes = 9000, .bytes = pattern(9000, static_cast<unsigned>(id)), .stream_key = 0};
    if (!(*writer)->submit(std::move(e))) return Error{(*writer)->error()};
  }
  if (const auto flushed = (*writer)->flush(); !flushed) return flushed;
  return (*writer)->finish_recording(*recording, 5, {{"stored.exchange", kExchanges, 0}});
}

[[noreturn]] void run_round(const std::string& path, int call) {
  install_faults();
  calls_left = call;
  const Result<void> done = scenario(path);
  if (!done) ::_exit(is_one_line(done.error().message) ? kSaidError : kSaidNothingSensible);
  ::_exit(calls_left > 0 ? 0 : kSaidSuccess);
}

int exit_code_of_round(const std::string& path, int call) {
  const pid_t child = ::fork();
  if (child == 0) run_round(path, call);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// The invariants of docs/trace-format.md that a query can check.
void expect_whole(const std::string& path) {
  EXPECT_TRUE(is_intact(path));
  EXPECT_EQ(query(path,
                  "SELECT count(*) FROM exchange WHERE complete = 1"
                  " AND response_captured_bytes <> response_wire_bytes"),
            0);
  EXPECT_EQ(query(path,
                  "SELECT count(*) FROM exchange e WHERE response_body_id IS NOT NULL AND NOT EXISTS (SELECT 1"
                  " FROM body b WHERE b.id = e.response_body_id AND b.bytes = e.response_captured_bytes"
                  " AND b.sha256 IS NOT NULL)"),
            0);
  EXPECT_EQ(query(path,
                  "SELECT count(*) FROM body b WHERE sha256 IS NOT NULL AND bytes <> (SELECT"
                  " coalesce(sum(length(data)), 0) FROM body_part p WHERE p.body_id = b.id)"),
            0);
}

void expect_round(const std::string& path, int code) {
  EXPECT_TRUE(code == 0 || code == kSaidSuccess || code == kSaidError) << code;
  if (code == kSaidError && !std::filesystem::exists(path)) return;  // the first write failed: it was taken away again
  ASSERT_EQ(open_error(path), "");
  expect_whole(path);
  if (code == kSaidError) return;
  EXPECT_EQ(query(path, "SELECT count(*) FROM exchange"), kExchanges);
  EXPECT_EQ(query(path, "SELECT count FROM recording_ledger WHERE key = 'stored.exchange'"), kExchanges);
}

struct DiskFault : ::testing::TestWithParam<std::pair<Refused, int>> {};

TEST_P(DiskFault, EveryCallThatIsRefusedIsReportedAndTheFileStaysWhole) {
  std::tie(refused, refusal) = GetParam();
  const TempDir dir;
  int code = -1;
  int call = 0;
  int errors = 0;
  for (; code != 0 && call < 2000 && !HasFailure(); ++call) {
    const std::string path = dir.file("t" + std::to_string(call));
    code = exit_code_of_round(path, call);
    SCOPED_TRACE(call);
    expect_round(path, code);
    errors += code == kSaidError ? 1 : 0;
  }
  EXPECT_EQ(code, 0) << "at last no call is refused";
  EXPECT_GT(errors, 10);
}

INSTANTIATE_TEST_SUITE_P(Kinds, DiskFault,
                         ::testing::Values(std::pair(Refused::kOnce, SQLITE_IOERR_WRITE),
                                           std::pair(Refused::kFromThereOn, SQLITE_IOERR_WRITE),
                                           std::pair(Refused::kFromThereOn, SQLITE_FULL)));

}  // namespace
}  // namespace tracerec::schema::testing
