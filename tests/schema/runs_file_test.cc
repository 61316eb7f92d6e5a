// Runs in a file of their own: read together with the recording, and only with the recording that they are of.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "schema/writability.h"
#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongBody = 20'000;  // above the inline limit

struct RunsFile : ::testing::Test {
  TempDir dir;
  std::string recording = dir.file("shop.db");
  std::string runs = dir.file("runs.db");

  static Exchange with_long_response(RowId id, unsigned seed) {
    Exchange e = sample_exchange(id);
    e.response_head = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kLongBody) + "\r\n\r\n";
    e.response_body = {.wire_bytes = kLongBody, .bytes = pattern(kLongBody, seed), .stream_key = 0};
    return e;
  }

  static void record(const std::string& path, unsigned seed = 1) {
    const auto writer = open_writer(path);
    ASSERT_EQ(writer->begin_recording({}).value(), 1);
    ASSERT_TRUE(writer->submit(Connection{1, 1, "127.0.0.1:80", "127.0.0.1:5000", 1, false}));
    ASSERT_TRUE(writer->submit(sample_exchange(1)));
    ASSERT_TRUE(writer->submit(with_long_response(2, seed)));
    ASSERT_TRUE(writer->finish_recording(1, 5, {{"seen", 1, 2}}));
  }

  static Response response(RowId exchange, std::string body) {
    Response r{};
    r.run_id = 1;
    r.exchange_id = exchange;
    r.status = 200;
    r.response_head = "HTTP/1.1 200 OK\r\n\r\n";
    r.response_body = {.wire_bytes = body.size(), .bytes = body, .stream_key = 0};
    return r;
  }

  static void replay(const std::string& recording, const std::string& runs) {
    const auto source = open_reader(recording)->source(1);
    ASSERT_TRUE(source) << source.error().message;
    const auto writer = open_writer(runs);
    const auto referred = writer->refer_to(*source);
    ASSERT_TRUE(referred) << referred.error().message;
    ASSERT_EQ(writer->begin_run(schema::Run{0, 1, "http://staging", "{}", 7}).value(), 1);
    ASSERT_TRUE(writer->submit(response(1, "new")));
    ASSERT_TRUE(writer->submit(response(2, pattern(kLongBody, 9))));
    ASSERT_TRUE(writer->submit(Substitutions{1, 2, {{"path segment 1", 1, "$.id", false}}}));
    ASSERT_TRUE(writer->finish_runs({{1, 8, {{"planned", 2, 0}, {"sent", 2, 0}, {"answered", 2, 0}}}}));
  }

  static std::string error_of(const TraceSource& source) {
    const auto reader = Reader::open(source);
    return reader ? "" : reader.error().message;
  }

  static bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

  void expect_both(const TraceSource& source) const {
    const auto opened = Reader::open(source);
    ASSERT_TRUE(opened) << opened.error().message;
    Reader& reader = **opened;
    EXPECT_EQ(reader.recordings()->size(), 1U);
    EXPECT_EQ(reader.runs()->size(), 1U);
    EXPECT_EQ(reader.count_responses(1)->answered, 2U);
    EXPECT_EQ(reader.run_ledger(1)->size(), 3U);
    EXPECT_EQ(reader.response(1, 1).value()->response_body.bytes, "new");
    // Both files have a body with the id 1.
    EXPECT_EQ(reader.load_body(reader.exchange(2).value()->response_body, SIZE_MAX).value(), pattern(kLongBody, 1));
    const StoredBody sent = reader.response(1, 2).value()->response_body;
    EXPECT_EQ(reader.load_body(sent, SIZE_MAX).value(), pattern(kLongBody, 9));
    EXPECT_EQ(reader.next_body_piece(sent, -1).value()->bytes, pattern(kLongBody, 9));
    std::size_t pairs = 0, unresolved = 0, sources = 0, lines = 0;
    EXPECT_TRUE(reader.for_each_response(1, [&](const StoredExchange& e, const StoredResponse& r) {
      EXPECT_EQ(e.id, r.exchange_id);
      return ++pairs > 0;
    }));
    EXPECT_TRUE(reader.for_each_unresolved(1, [&](RowId, const Substitution&) { return ++unresolved > 0; }));
    EXPECT_TRUE(reader.for_each_source(1, [&](RowId, std::string_view) { return ++sources > 0; }));
    EXPECT_TRUE(reader.for_each_line({1, 1, 0, 0, false}, [&](const ExchangeLine& line) {
      lines += line.sent ? 1U : 0U;
      return true;
    }));
    EXPECT_EQ(pairs, 2U);
    EXPECT_EQ(unresolved, 1U);
    EXPECT_EQ(sources, 1U);
    EXPECT_EQ(lines, 2U);
  }
};

TEST_F(RunsFile, IsReadTogetherWithItsRecording) {
  record(recording);
  const std::string before = read_whole_file(recording);
  replay(recording, runs);
  expect_both(runs);
  EXPECT_EQ(read_whole_file(recording), before);
  EXPECT_TRUE(open_reader(recording)->runs()->empty());
}

TEST_F(RunsFile, ARecordingThatMovedIsFoundBesideItOrWhereOneSays) {
  record(recording);
  replay(recording, runs);
  const std::string elsewhere = dir.file("elsewhere.db");
  fs::rename(recording, elsewhere);
  EXPECT_TRUE(contains(error_of(runs), "its recording was in " + recording)) << error_of(runs);
  EXPECT_TRUE(contains(error_of(runs), "--recording-file FILE says where it is now"));
  expect_both({runs, elsewhere});
  fs::create_directory(dir.file("both"));
  fs::rename(elsewhere, dir.file("both/shop.db"));
  fs::rename(runs, dir.file("both/r.db"));
  expect_both(dir.file("both/r.db"));
}

TEST_F(RunsFile, AnotherRecordingIsRefused) {
  record(recording);
  replay(recording, runs);
  fs::remove(recording);
  record(recording);
  EXPECT_TRUE(contains(error_of(runs), "its runs are of recording 1 of another file than " + recording))
      << error_of(runs);
}

// Whatever of it: a body that is stored apart, a note, the ledger.
TEST_F(RunsFile, ARecordingThatChangedIsRefused) {
  record(recording);
  replay(recording, runs);
  for (const char* change : {"UPDATE body_part SET data = zeroblob(length(data))",
                             "UPDATE exchange SET response_body = CAST('pomg' AS BLOB) WHERE id = 1",
                             "UPDATE exchange SET notes = 'redacted' WHERE id = 1", "DELETE FROM recording_ledger",
                             "UPDATE connection SET peer = 'other'", "DELETE FROM exchange WHERE id = 2",
                             "UPDATE recording SET options = '{}'"}) {
    const std::string changed = dir.file("changed.db");
    fs::copy_file(recording, changed);
    run_sql(changed, change);
    EXPECT_TRUE(contains(error_of({runs, changed}), "has changed since its runs were made")) << change;
    fs::remove(changed);
  }
}

// A copy has other times and another inode, but the same rows.
TEST_F(RunsFile, ACopyAndAVacuumedOneAreTheSame) {
  record(recording);
  replay(recording, runs);
  const std::string copy = dir.file("copy.db");
  run_sql(recording, "VACUUM INTO '" + copy + "'");
  fs::remove(recording);
  expect_both({runs, copy});
}

TEST_F(RunsFile, TakesNoRecordingAndNoRunsOfAnother) {
  record(recording);
  replay(recording, runs);
  {
    const auto writer = open_writer(runs);
    const auto refused = writer->begin_recording({});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(contains(refused.error().message, "takes no recording")) << refused.error().message;
  }
  const std::string other = dir.file("other.db");
  record(other, 2);
  const auto source = open_reader(other)->source(1);
  EXPECT_TRUE(contains(open_writer(runs)->refer_to(*source).error().message, "has runs of another recording 1"));
  EXPECT_TRUE(contains(open_writer(other)->refer_to(*source).error().message, "has recordings of its own"));
  EXPECT_TRUE(contains(error_of({recording, other}), "leave --recording-file out"));
}

// A writer adds runs while somebody looks at the file.
TEST_F(RunsFile, IsReadWhileItIsWritten) {
  record(recording);
  replay(recording, runs);
  const auto writer = open_writer(runs);
  ASSERT_EQ(writer->begin_run(schema::Run{0, 1, "http://staging", "{}", 9}).value(), 2);
  const auto reader = open_reader(runs);
  EXPECT_EQ(reader->runs()->size(), 2U);
  ASSERT_EQ(writer->begin_run(schema::Run{0, 1, "http://staging", "{}", 10}).value(), 3);
  EXPECT_EQ(reader->runs()->size(), 3U);
}

// As a kill leaves it: the runs are in the log.
TEST_F(RunsFile, TheLogOfAKilledWriterIsRead) {
  record(recording);
  replay(recording, runs);
  const auto writer = open_writer(runs);
  ASSERT_EQ(writer->begin_run(schema::Run{0, 1, "http://staging", "{}", 9}).value(), 2);
  const std::string killed = dir.file("killed.db");
  for (const char* suffix : {"", "-wal"}) fs::copy_file(runs + suffix, killed + suffix);
  EXPECT_EQ(open_reader(killed)->runs()->size(), 2U);
}

// The index of the recording's log is in memory, that of the runs' log beside it.
TEST_F(RunsFile, AKilledRecordingIsReadWhileItsRunsAreWritten) {
  const auto recorder = open_writer(recording);
  ASSERT_EQ(recorder->begin_recording({}).value(), 1);
  ASSERT_TRUE(recorder->submit(sample_exchange(1)));
  ASSERT_TRUE(recorder->flush());
  const std::string killed = dir.file("killed.db");
  for (const char* suffix : {"", "-wal"}) fs::copy_file(recording + suffix, killed + suffix);
  const auto source = open_reader(killed)->source(1);
  const auto writer = open_writer(runs);
  ASSERT_TRUE(writer->refer_to(*source));
  ASSERT_EQ(writer->begin_run(schema::Run{0, 1, "http://staging", "{}", 7}).value(), 1);
  EXPECT_EQ(open_reader(runs)->runs()->size(), 1U);
}

TEST_F(RunsFile, ARecordingOfAnOlderFormatHasNoIdAndIsKnownByItsDigest) {
  std::string sql = "PRAGMA application_id = 1953654115;";
  for (int step = 1; step <= 5; ++step) {
    sql += read_whole_file(TRACEREC_SOURCE_DIR "/schema/migration_000" + std::to_string(step) + ".sql") +
           "PRAGMA user_version = " + std::to_string(step) + ";";
  }
  run_sql(recording, sql +
                         "INSERT INTO recording VALUES (1, '', '', 1, '', '', '{}', 1, 2);"
                         "INSERT INTO exchange VALUES (1, 1, 1, 0, 5, 1, 1, 200, 1, 0, 0, 0, NULL, 0, 0, NULL, 'GET',"
                         " '/', '', x'474554202F20485454502F312E310D0A486F73743A20610D0A0D0A', x'', x'', x'', x''),"
                         " (2, 1, 1, 1, 5, 1, 1, 200, 1, 0, 0, 0, NULL, 0, 0, NULL, 'GET',"
                         " '/', '', x'474554202F20485454502F312E310D0A486F73743A20610D0A0D0A', x'', x'', x'', x'');");
  fs::permissions(recording, fs::perms::owner_read | fs::perms::owner_write);
  replay(recording, runs);
  EXPECT_EQ(open_reader(runs)->count_responses(1)->answered, 2U);
  { const auto migrated = open_writer(recording); }
  EXPECT_EQ(open_reader(runs)->count_responses(1)->answered, 2U);
}

// What is there to be read on a read-only file system is the file and the log that a kill left.
class ReadOnlyMount : public RunsFile {
 protected:
  void mount() {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root to mount";
    fs::create_directory(from_);
    fs::create_directory(at_);
  }
  void make_read_only() {
    ASSERT_EQ(::mount(from_.c_str(), at_.c_str(), nullptr, MS_BIND, nullptr), 0);
    mounted_ = true;
    ASSERT_EQ(::mount(nullptr, at_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
  }
  ~ReadOnlyMount() override {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }

  std::string from_ = dir.file("from"), at_ = dir.file("at");
  bool mounted_ = false;
};

TEST_F(ReadOnlyMount, ARecordingIsReplayedIntoAnotherFile) {
  mount();
  record(from_ + "/shop.db");
  make_read_only();
  EXPECT_EQ(why_not_writable(at_ + "/shop.db").value_or(""), "is on a read-only file system");
  replay(at_ + "/shop.db", runs);
  expect_both(runs);
}

TEST_F(ReadOnlyMount, TheLogThatAKillLeftIsNotLeftOut) {
  mount();
  const auto writer = open_writer(recording);
  ASSERT_TRUE(writer->submit(sample_exchange(1)));
  ASSERT_TRUE(writer->flush());
  for (const char* suffix : {"", "-wal"}) fs::copy_file(recording + suffix, from_ + "/shop.db" + suffix);
  make_read_only();
  std::size_t seen = 0;
  EXPECT_TRUE(open_reader(at_ + "/shop.db")->for_each_exchange(1, [&](const auto&) { return ++seen > 0; }));
  EXPECT_EQ(seen, 1U);
}

TEST_F(RunsFile, SaysWhyAFileCannotBeWritten) {
  record(recording);
  EXPECT_FALSE(why_not_writable(recording).has_value());
  EXPECT_FALSE(why_not_writable(dir.file("missing.db")).has_value());
  {
    const auto writer = open_writer(recording);
    EXPECT_EQ(why_not_writable(recording).value_or(""), "is being written by another tracerec");
  }
  ASSERT_EQ(::chmod(recording.c_str(), 0444), 0);
  EXPECT_EQ(why_not_writable(recording).value_or(""), "is read-only");
}

}  // namespace
}  // namespace tracerec::schema::testing
