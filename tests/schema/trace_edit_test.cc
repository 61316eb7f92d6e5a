// What is removed is gone with all that belongs to it, and nothing else; the ledger goes on balancing.
#include "schema/trace_edit.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "schema/repeats.h"
#include "schema/trace_copy.h"
#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

constexpr std::size_t kLongBody = 50'000;  // above the inline limit

struct TraceEditTest : ::testing::Test {
  TempDir dir;
  std::string path = dir.file("t.db");

  static Exchange long_one(RowId id, RowId recording, unsigned seed) {
    Exchange e = sample_exchange(id, recording);
    e.connection_id = id;
    e.response_body = {.wire_bytes = kLongBody, .bytes = pattern(kLongBody, seed), .stream_key = 0};
    return e;
  }

  static std::uint64_t bytes_of(const Exchange& e) {
    return e.request_head.size() + e.response_head.size() + e.interim.size() + e.request_body.bytes.size() +
           e.response_body.bytes.size();
  }

  // Four exchanges on as many connections; the first two have one body.
  static void add_recording(const std::string& file, unsigned seed = 1) {
    const auto writer = open_writer(file);
    const NextIds next = writer->next_ids().value();
    const RowId recording = writer->begin_recording({}).value();
    std::uint64_t bytes = 0;
    for (RowId i = 0; i < 4; ++i) {
      const RowId id = next.exchange + i;
      ASSERT_TRUE(writer->submit(Connection{id, recording, "l", "p", 1, false}));
      Exchange e = long_one(id, recording, seed + static_cast<unsigned>(i < 2 ? 0 : i));
      bytes += bytes_of(e);
      ASSERT_TRUE(writer->submit(std::move(e)));
    }
    ASSERT_TRUE(writer->submit(Opaque{recording, next.exchange, true, 0, 1, "garbage", "xx"}));
    ASSERT_TRUE(writer->finish_recording(
        recording, 9, {{"seen", 5, bytes + 2}, {"stored.exchange", 4, bytes}, {"stored.opaque", 1, 2}}));
  }

  static RowId add_run(const std::string& file, RowId recording, RowId exchange, RowId baseline = 0,
                       RowId recheck = 0) {
    const auto writer = open_writer(file);
    schema::Run run{0, recording, "http://t", "{}", 1};
    run.baseline_run_id = baseline;
    run.recheck_of = recheck;
    const RowId id = writer->begin_run(run).value();
    Response r{};
    r.run_id = id;
    r.exchange_id = exchange;
    r.response_body = {.wire_bytes = kLongBody, .bytes = pattern(kLongBody, 77), .stream_key = 0};
    EXPECT_TRUE(writer->submit(std::move(r)));
    EXPECT_TRUE(writer->submit(Substitutions{id, exchange, {{"path", exchange, "$.id", true}}}));
    EXPECT_TRUE(writer->finish_runs({{id, 2, {{"planned", 4, 0}, {"sent", 1, 0}, {"answered", 1, 0}}}}));
    return id;
  }

  static LedgerEntry entry(const std::string& file, RowId recording, const std::string& key) {
    for (const LedgerEntry& one : open_reader(file)->recording_ledger(recording).value()) {
      if (one.key == key) return one;
    }
    return {key, 0, 0};
  }

  std::unique_ptr<TraceEdit> edit() const {
    auto opened = TraceEdit::open(path);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? std::move(*opened) : nullptr;
  }

  [[nodiscard]] std::int64_t rows(const std::string& table) const {
    return query(path, "SELECT count(*) FROM " + table);
  }
};

TEST_F(TraceEditTest, APrunedRecordingBalancesAndSaysWhatItLost) {
  add_recording(path);
  const std::uint64_t seen = entry(path, 1, "seen").bytes;
  const auto size = std::filesystem::file_size(path);
  {
    const auto editing = edit();
    ASSERT_TRUE(editing->prune(
        1, [](RowId id) { return id == 2 || id == 3; }, [](RowId id) { return std::uint64_t{id == 2 ? 5U : 1U}; }));
    ASSERT_TRUE(editing->commit());
    const auto given = editing->give_space_back();
    ASSERT_TRUE(given) << given.error().message;
  }
  EXPECT_LT(std::filesystem::file_size(path), size);
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
  EXPECT_TRUE(is_intact(path));
  EXPECT_EQ(rows("exchange"), 2);
  EXPECT_EQ(rows("body"), 2);        // the first one's is still that of the second
  EXPECT_EQ(rows("connection"), 3);  // that of exchange 1 has bytes that are not HTTP
  const LedgerEntry stored = entry(path, 1, "stored.exchange"), pruned = entry(path, 1, "skipped.pruned");
  EXPECT_EQ(stored.count, 2U);
  EXPECT_EQ(pruned.count, 2U);
  EXPECT_EQ(stored.bytes + pruned.bytes + 2, seen);
  EXPECT_EQ(open_reader(path)->recordings()->front().pruned, 2U);
  EXPECT_EQ(repeats_of(open_reader(path)->exchange(2).value()->notes), 5U);
  EXPECT_EQ(open_reader(path)->exchange(3).value()->notes, "");
  EXPECT_EQ(open_reader(path)->load_body(open_reader(path)->exchange(2).value()->response_body, SIZE_MAX)->size(),
            kLongBody);
  // Twice is added up.
  const auto again = edit();
  ASSERT_TRUE(again->prune(1, [](RowId id) { return id == 2; }, {}));
  ASSERT_TRUE(again->commit());
  EXPECT_EQ(entry(path, 1, "skipped.pruned").count, 3U);
}

TEST_F(TraceEditTest, WithoutACommitNothingHasChanged) {
  add_recording(path);
  {
    ASSERT_TRUE(edit()->prune(1, [](RowId) { return false; }, {}));
  }
  EXPECT_EQ(rows("exchange"), 4);
  EXPECT_EQ(entry(path, 1, "skipped.pruned").count, 0U);
}

// Wherever it dies, the file is the old one or the new one.
TEST_F(TraceEditTest, AKillLeavesTheOldFileOrTheNewOne) {
  for (int stage = 0; stage < 3; ++stage) {
    std::filesystem::remove(path);
    add_recording(path);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto editing = TraceEdit::open(path);
      bool good = editing && (*editing)->prune(1, [](RowId id) { return id == 1; }, {});
      if (good && stage > 0) good = (*editing)->commit().has_value();
      if (good && stage > 1) good = (*editing)->give_space_back().has_value();
      ::_exit(good ? 0 : 1);  // no destructor runs
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0) << stage;
    std::size_t seen = 0;
    EXPECT_TRUE(open_reader(path)->for_each_exchange(1, [&](const auto&) { return ++seen > 0; }));
    EXPECT_EQ(seen, stage == 0 ? 4U : 1U);
    { const auto writer = open_writer(path); }
    EXPECT_TRUE(is_intact(path));
  }
}

TEST_F(TraceEditTest, ARunGoesWithItsRechecksAndNotItsBaseline) {
  add_recording(path);
  const RowId baseline = add_run(path, 1, 1), run = add_run(path, 1, 1, baseline);
  add_run(path, 1, 1, 0, run);
  {
    const auto editing = edit();
    const auto refused = editing->remove_run(baseline);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "run 1 is the baseline of run 2: remove that one first");
    ASSERT_TRUE(editing->remove_run(run));
    EXPECT_EQ(editing->removed().runs, 2U);
    EXPECT_EQ(editing->removed().responses, 2U);
    ASSERT_TRUE(editing->commit());
  }
  EXPECT_EQ(rows("run"), 1);
  EXPECT_EQ(rows("response"), 1);
  EXPECT_EQ(rows("substitution"), 1);
  EXPECT_EQ(query(path, "SELECT count(*) FROM run_ledger WHERE run_id <> 1"), 0);
  EXPECT_EQ(rows("body"), 4);  // three of the recording, and the one that the baseline's response still has
}

TEST_F(TraceEditTest, ARecordingGoesWithAllThatIsOfIt) {
  add_recording(path);
  add_recording(path, 100);
  add_run(path, 1, 1);
  add_run(path, 2, 5);
  {
    const auto editing = edit();
    ASSERT_TRUE(editing->remove_recording(1));
    ASSERT_TRUE(editing->commit());
  }
  for (const char* table : {"recording", "run"}) EXPECT_EQ(rows(table), 1) << table;
  for (const char* table : {"recording_ledger", "connection", "opaque", "exchange"})
    EXPECT_EQ(query(path, std::string("SELECT count(*) FROM ") + table + " WHERE recording_id <> 2"), 0) << table;
  EXPECT_EQ(rows("exchange"), 4);
  EXPECT_EQ(rows("body"), 4);
}

TEST_F(TraceEditTest, NotWhileSomebodyWrites) {
  add_recording(path);
  const auto writer = open_writer(path);
  const auto refused = TraceEdit::open(path);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("is writing"), std::string::npos);
}

// So much that SQLite would move the log into the file by itself.
TEST_F(TraceEditTest, SomebodyWhoReadsKeepsTheSizeAndIsNotDisturbed) {
  constexpr RowId kAll = 600;
  {
    const auto writer = open_writer(path);
    ASSERT_EQ(writer->begin_recording({}).value(), 1);
    for (RowId id = 1; id <= kAll; ++id) {
      while (!writer->submit(long_one(id, 1, static_cast<unsigned>(id)))) ASSERT_TRUE(writer->flush());
    }
    ASSERT_TRUE(writer->finish_recording(1, 9, {}));
  }
  const auto reader = open_reader(path), bodies = open_reader(path);
  {
    const auto editing = edit();
    ASSERT_TRUE(editing->prune(1, [](RowId id) { return id > 100; }, {}));
    ASSERT_TRUE(editing->commit());
    EXPECT_FALSE(editing->give_space_back());
  }
  RowId seen = 0;
  const auto read = reader->for_each_exchange(1, [&](const StoredExchange& e) {
    EXPECT_EQ(bodies->load_body(e.response_body, SIZE_MAX).value(), pattern(kLongBody, static_cast<unsigned>(e.id)));
    return e.id == ++seen;
  });
  EXPECT_TRUE(read) << read.error().message;
  EXPECT_EQ(seen, kAll);
}

struct TraceCopyTest : TraceEditTest {
  std::string to = dir.file("to.db");

  static std::string content(const std::string& file, RowId recording) {
    std::string all;
    const auto reader = open_reader(file), bodies = open_reader(file);
    EXPECT_TRUE(reader->for_each_exchange(recording, [&](const StoredExchange& e) {
      all += e.request_head + e.request_body.bytes + bodies->load_body(e.response_body, SIZE_MAX).value() + e.notes;
      return true;
    }));
    return all;
  }
};

TEST_F(TraceCopyTest, MergedFilesHaveAllOfBoth) {
  const std::string other = dir.file("other.db");
  add_recording(path);
  add_run(path, 1, 2);
  add_recording(other, 2);  // one body of these is also in the first file
  const RowId baseline = add_run(other, 1, 3);
  add_run(other, 1, 4, baseline);
  {
    auto copy = TraceCopy::create(to);
    ASSERT_TRUE(copy) << copy.error().message;
    for (const std::string& from : {path, other}) {
      const auto added = (*copy)->add(from, 0);
      ASSERT_TRUE(added) << added.error().message;
    }
    ASSERT_TRUE((*copy)->finish());
  }
  EXPECT_TRUE(is_intact(to));
  EXPECT_EQ(content(to, 1), content(path, 1));
  EXPECT_EQ(content(to, 2), content(other, 1));
  EXPECT_EQ(entry(to, 2, "stored.exchange"), entry(other, 1, "stored.exchange"));
  const auto reader = open_reader(to);
  EXPECT_EQ(reader->runs()->size(), 3U);
  EXPECT_EQ(reader->run(3).value()->baseline_run_id, 2);
  EXPECT_EQ(reader->run(3).value()->recording_id, 2);
  EXPECT_EQ(reader->substitutions_in(3, 8).value().front().producer_exchange_id, 8);
  EXPECT_EQ(reader->load_body(reader->response(3, 8).value()->response_body, SIZE_MAX).value(), pattern(kLongBody, 77));
  EXPECT_EQ(query(to, "SELECT count(*) FROM opaque WHERE recording_id = 2 AND connection_id = 5"), 1);
  EXPECT_EQ(query(to, "SELECT count(*) = count(DISTINCT sha256) FROM body"), 1);
  // Once more, and a file that is not one.
  auto copy = TraceCopy::create(dir.file("again.db"));
  ASSERT_TRUE((*copy)->add(path, 0));
  EXPECT_NE((*copy)->add(path, 0).error().message.find("also in a file that comes before it"), std::string::npos);
  EXPECT_FALSE((*copy)->add(dir.file("missing.db"), 0));
}

TEST_F(TraceCopyTest, OneRecordingKeepsItsIdsAndItsDigest) {
  add_recording(path);
  add_recording(path, 100);
  add_run(path, 1, 1);
  add_run(path, 2, 6);
  {
    auto copy = TraceCopy::create(to);
    const auto added = (*copy)->add(path, 2);
    ASSERT_TRUE(added) << added.error().message;
    ASSERT_TRUE((*copy)->finish());
  }
  EXPECT_EQ(open_reader(to)->source(2)->digest, open_reader(path)->source(2)->digest);
  EXPECT_EQ(open_reader(to)->source(2)->uid, open_reader(path)->source(2)->uid);
  EXPECT_EQ(open_reader(to)->recordings()->size(), 1U);
  EXPECT_EQ(open_reader(to)->runs()->size(), 1U);
  EXPECT_EQ(query(to, "SELECT count(*) FROM body"), 4);
}

// A file may call any bytes by any digest: they must not take the place of the right ones.
TEST_F(TraceCopyTest, ABodyThatIsNotWhatItsDigestSaysIsRefused) {
  const std::string other = dir.file("other.db");
  add_recording(path);
  add_recording(other);
  run_sql(other, "UPDATE body_part SET data = zeroblob(length(data)) WHERE id = 1");
  auto copy = TraceCopy::create(to);
  ASSERT_TRUE((*copy)->add(path, 0));
  EXPECT_NE((*copy)->add(other, 0).error().message.find("is not what its digest says"), std::string::npos);
  ASSERT_TRUE((*copy)->finish());
  copy->reset();
  EXPECT_EQ(open_reader(to)->recordings()->size(), 1U);
}

TEST(Repeats, AreAWordOfTheNotes) {
  EXPECT_EQ(repeats_of(""), 1U);
  EXPECT_EQ(repeats_of("redacted"), 1U);
  EXPECT_EQ(repeats_of("redacted,repeats:17"), 17U);
  EXPECT_EQ(repeats_of("repeats:"), 1U);
  EXPECT_EQ(repeats_of("repeats:0"), 1U);
  EXPECT_EQ(repeats_of("repeats:99999999999999999999999"), 1U);
  EXPECT_EQ(with_repeats("", 3), "repeats:3");
  EXPECT_EQ(with_repeats("redacted,repeats:17", 20), "redacted,repeats:20");
}

}  // namespace
}  // namespace tracerec::schema::testing
