// Things go wrong while writing: kill -9 at any moment, a disk that is full, a queue that is.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <thread>
#include <utility>

#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

struct Crash : ::testing::Test {
  TempDir dir;
  std::string path = dir.file("t.db");
};

// An exchange whose bodies follow from its id, so that a reader can tell whether it is whole.
void submit_numbered(BatchWriter& writer, RowId id) {
  Exchange e = sample_exchange(id);
  e.response_body = {.wire_bytes = 9000, .bytes = pattern(9000, static_cast<unsigned>(id % 5)), .stream_key = 0};
  const std::string streamed = pattern(100'000, static_cast<unsigned>(id));
  for (std::size_t at = 0; at < streamed.size(); at += 25'000) {
    while (!writer.submit(BodyPart{static_cast<std::uint64_t>(id), streamed.substr(at, 25'000)}))
      std::this_thread::yield();
  }
  e.request_head = head_for(streamed.size());
  e.request_body = {.wire_bytes = streamed.size(), .bytes = "", .stream_key = static_cast<std::uint64_t>(id)};
  Command command = std::move(e);
  while (!writer.submit(std::move(command))) std::this_thread::yield();
}

void expect_whole(Reader& reader, const StoredExchange& e) {
  const auto response = reader.load_body(e.response_body, SIZE_MAX);
  const auto request = reader.load_body(e.request_body, SIZE_MAX);
  ASSERT_TRUE(response && request);
  EXPECT_TRUE(*response == pattern(9000, static_cast<unsigned>(e.id % 5))) << e.id;
  EXPECT_TRUE(*request == pattern(100'000, static_cast<unsigned>(e.id))) << e.id;
}

// Writes until it is killed; tells the parent through the pipe how far it has come. Where the machine is busy nothing
// may be committed by then, so that `commit_first` sees to it.
[[noreturn]] void write_for_ever(const std::string& path, int progress, bool commit_first) {
  BatchWriterOptions options;
  options.commit_bytes = 300'000;
  options.commit_interval_ns = 1'000'000;
  Result<std::unique_ptr<BatchWriter>> writer = BatchWriter::open(path, options);
  if (!writer) ::_exit(1);
  for (RowId id = (*writer)->next_ids()->exchange;; ++id) {
    submit_numbered(**writer, id);
    if (std::exchange(commit_first, false) && !(*writer)->flush()) ::_exit(3);
    if (::write(progress, "x", 1) != 1) ::_exit(2);
  }
}

// Starts a writer, waits for `exchanges` of them to be submitted, and kills it.
void write_and_kill(const std::string& path, int exchanges, bool commit_first) {
  int pipe_fds[2];
  ASSERT_EQ(::pipe(pipe_fds), 0);
  const pid_t child = ::fork();
  if (child == 0) write_for_ever(path, pipe_fds[1], commit_first);
  ::close(pipe_fds[1]);
  char byte = 0;
  for (int i = 0; i < exchanges; ++i) ASSERT_EQ(::read(pipe_fds[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  ::close(pipe_fds[0]);
}

TEST_F(Crash, AKilledWriterLeavesAFileInWhichEveryExchangeIsWhole) {
  std::int64_t kept = 0;
  for (int round = 0; round < 12; ++round) {
    write_and_kill(path, 1 + round * 7 % 31, round % 2 == 1);
    {
      auto reader = open_reader(path);  // before anybody recovered it
      ASSERT_TRUE(reader->for_each_exchange(1, [&](const StoredExchange& e) {
        expect_whole(*reader, e);
        return !::testing::Test::HasFailure();
      }));
    }
    open_writer(path);
    EXPECT_TRUE(is_intact(path));
    EXPECT_EQ(query(path, "SELECT count(*) FROM body WHERE sha256 IS NULL"), 0);
    EXPECT_EQ(query(path, "SELECT count(*) FROM body_part WHERE body_id NOT IN (SELECT id FROM body)"), 0);
    EXPECT_EQ(query(path,
                    "SELECT count(*) FROM body WHERE id NOT IN (SELECT request_body_id FROM exchange UNION"
                    " SELECT response_body_id FROM exchange)"),
              0);
    const std::int64_t now = query(path, "SELECT count(*) FROM exchange");
    EXPECT_GE(now, kept);
    EXPECT_EQ(query(path, "SELECT coalesce(max(id), 0) FROM exchange"), now)
        << "a gap: ids follow the order of writing";
    kept = now;
  }
  EXPECT_GT(kept, 0);
}

TEST_F(Crash, ABodyThatWasHalfWrittenIsDroppedAtTheNextOpen) {
  const pid_t child = ::fork();
  if (child == 0) {
    Result<std::unique_ptr<BatchWriter>> writer = BatchWriter::open(path, {});
    const bool ok = writer && (*writer)->submit(BodyPart{1, pattern(200'000)}) &&
                    (*writer)->submit(sample_exchange(1)) && (*writer)->flush();
    if (ok) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(query(path, "SELECT count(*) FROM body WHERE sha256 IS NULL"), 1);
  open_writer(path);
  EXPECT_EQ(query(path, "SELECT count(*) FROM body"), 0);
  EXPECT_EQ(query(path, "SELECT count(*) FROM body_part"), 0);
  EXPECT_EQ(query(path, "SELECT count(*) FROM exchange"), 1);
}

// Makes every write beyond `bytes` of a file fail, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST_F(Crash, AFullDiskIsReportedOnceAndTheFileStaysValid) {
  for (const rlim_t limit : {rlim_t{600'000}, rlim_t{2'000'000}, rlim_t{3'333'333}}) {
    const std::string file = dir.file("full-" + std::to_string(limit));
    std::uint64_t committed = 0;
    {
      BatchWriterOptions options;
      options.commit_bytes = 200'000;
      auto writer = open_writer(file, options);
      const FileSizeLimit full(limit);
      RowId id = 0;
      while (writer->error().empty() && id < 10'000) {
        Command command = sample_exchange(++id);
        std::get<Exchange>(command).response_body = {
            .wire_bytes = 20'000, .bytes = pattern(20'000, static_cast<unsigned>(id)), .stream_key = 0};
        while (!writer->submit(std::move(command)) && writer->error().empty()) std::this_thread::yield();
      }
      EXPECT_NE(writer->error(), "");
      EXPECT_FALSE(writer->submit(sample_exchange(++id)));
      EXPECT_FALSE(writer->flush());
      EXPECT_EQ(writer->finish_recording(1, 1, {}).error().message, writer->error());
      EXPECT_EQ(writer->queued_bytes(), 0u);
      committed = writer->written().exchanges;
    }
    EXPECT_TRUE(is_intact(file));
    EXPECT_EQ(query(file, "SELECT count(*) FROM exchange"), committed);
    auto again = open_writer(file);
    ASSERT_TRUE(again->submit(sample_exchange(100'000)));
    EXPECT_TRUE(again->flush());
  }
}

TEST_F(Crash, WhatAFullQueueRefusesStaysWithTheCallerAndIsNotWritten) {
  BatchWriterOptions options;
  options.queue_bytes = 200'000;
  std::uint64_t taken = 0, refused = 0;
  {
    auto writer = open_writer(path, options);
    for (RowId id = 1; id <= 5'000; ++id) {
      Command command = sample_exchange(id);
      if (writer->submit(std::move(command))) {
        ++taken;
      } else {
        ++refused;
        EXPECT_EQ(std::get<Exchange>(command).request_body.bytes, "ping");
      }
      EXPECT_LE(writer->queued_bytes(), options.queue_bytes);
    }
    ASSERT_TRUE(writer->flush());
    EXPECT_EQ(writer->queued_bytes(), 0u);
    EXPECT_EQ(writer->written().exchanges, taken);
    Command large = Opaque{1, 1, true, 0, 0, "", std::string(300'000, 'x')};
    EXPECT_TRUE(writer->submit(std::move(large))) << "above the bound, but the queue is empty";
  }
  EXPECT_EQ(taken + refused, 5'000u);
  EXPECT_EQ(query(path, "SELECT count(*) FROM exchange"), taken);
}

TEST_F(Crash, ManySubmitsAfterManySleepsAreAllWritten) {
  auto writer = open_writer(path);
  for (RowId id = 1; id <= 2'000; ++id) {  // each flush lets the thread fall asleep again: no wake-up may get lost
    ASSERT_TRUE(writer->submit(sample_exchange(id)));
    if (id % 3 == 0) {
      ASSERT_TRUE(writer->flush());
    }
  }
  ASSERT_TRUE(writer->flush());
  EXPECT_EQ(writer->written().exchanges, 2'000u);
}

TEST_F(Crash, WhatIsSubmittedIsCommittedWithoutAFlush) {
  auto writer = open_writer(path);
  for (RowId id = 1; id <= 20; ++id) {
    ASSERT_TRUE(writer->submit(sample_exchange(id)));
    while (writer->written().exchanges < static_cast<std::uint64_t>(id)) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace tracerec::schema::testing
