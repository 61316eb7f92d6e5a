// A disk that is full, fails or cannot be written to, on the real binary: one line, exit code 2, and a file that is
// whole. tests/schema/disk_fault_test.cc refuses every single call.
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <regex>

#include "harness.h"

namespace tracerec::e2e {
namespace {

class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    ::mkdir(folder_.c_str(), 0700);
    mounted_ = ::mount("none", folder_.c_str(), "tmpfs", 0, "size=2m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] bool become_read_only() const {
    return ::mount("none", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=2m") == 0;
  }

 private:
  std::string folder_;
  bool mounted_ = false;
};

class Disk : public KernelTest {
 protected:
  using Words = std::vector<std::string>;

  void record(int requests) {
    const auto recorder = start_recording({"--pid", std::to_string(gin_.pid())});
    RawClient client(gin_.port());
    for (int i = 0; i < requests; ++i) {
      client.send("GET /?" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
      ASSERT_FALSE(client.read_response().empty());
    }
    stop_recording(*recorder);
  }

  [[nodiscard]] Words replay_words() const {
    return {TRACEREC_BINARY, "-d",           db(),      "replay", "--allow-recorded-target",
            "--target",      gin_.address(), "--speed", "max"};
  }

  static Outcome with_fault(const Words& words, const std::string& fault) {
    return run(words, {.environment = {"LD_PRELOAD=" TRACEREC_FAULTY_CALLS, "FAULTY_CALL=" + fault}});
  }

  // "tracerec: …" once, and the next step.
  static void expect_one_error(const Outcome& outcome, const std::string& what) {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(what), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find("please report"), std::string::npos) << outcome.err;
    const std::size_t first = outcome.err.find("tracerec: ");
    ASSERT_NE(first, std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find("tracerec: ", first + 1), std::string::npos) << outcome.err;
  }

  void expect_whole(int exchanges) const {
    EXPECT_EQ(run({"sqlite3", db(), "PRAGMA integrity_check"}).out, "ok\n");
    EXPECT_EQ(run({"sqlite3", db(), "SELECT count(*) FROM exchange"}).out, std::to_string(exchanges) + "\n");
  }

  GinServer gin_;
};

// Its fsync failed, and it said nothing.
TEST_F(Disk, AReplayWhoseDiskFailsIsNoSuccess) {
  record(50);
  for (const char* fault : {"fsync:1:5", "fsync:2:5", "pwrite:1:5", "pwrite:6:5", "pwrite:12:5"}) {
    SCOPED_TRACE(fault);
    expect_one_error(with_fault(replay_words(), fault), "disk");
    expect_whole(50);
  }
  EXPECT_EQ(run(replay_words()).exit_code, 0) << "the file can still be used";
}

TEST_F(Disk, AFullDiskIsNamedByReplay) {
  record(50);
  for (const char* fault : {"pwrite:1:28", "pwrite:6:28", "pwrite:12:28"}) {
    SCOPED_TRACE(fault);
    expect_one_error(with_fault(replay_words(), fault), "no space left on the disk");
    expect_whole(50);
  }
}

TEST_F(Disk, AReplayThatFillsTheDiskLeavesAWholeFile) {
  const SmallDisk disk(folder() + "/small");
  ASSERT_TRUE(disk.mounted());
  use_db(folder() + "/small/t.db");
  record(400);
  Words words = replay_words();
  words.insert(words.end(), {"--repeat", "40", "--recheck", "off"});
  expect_one_error(run(words), "no space left on the disk");
  expect_whole(400);
  EXPECT_EQ(tracerec({"-d", db(), "ls"}).exit_code, 0);
}

// More exchanges were incomplete than were stored, and all that were handed over were in the closing line.
TEST_F(Disk, WhatARecordingSaysIsStoredIsInItsFile) {
  const SmallDisk disk(folder() + "/small");
  ASSERT_TRUE(disk.mounted());
  use_db(folder() + "/small/t.db");
  const auto recorder = start_recording({"--pid", std::to_string(gin_.pid()), "--max-body", "10"});
  for (int i = 0; i < 20'000 && !recorder->ended(); ++i) {
    RawClient client(gin_.port());
    client.send(custom_request(500));
    ASSERT_FALSE(client.read_response("POST").empty());
  }
  EXPECT_EQ(recorder->wait(), 2);
  EXPECT_NE(recorder->err().find("no space left on the disk"), std::string::npos) << recorder->err();
  const auto says = [&](const std::string& pattern) {
    std::string all = recorder->err();
    std::erase(all, ',');
    return std::regex_search(all, std::regex(pattern));
  };
  // By the reader: some may wait for their rows.
  const auto recordings = (*schema::Reader::open(db()))->recordings();
  ASSERT_TRUE(recordings);
  const std::string stored = std::to_string(recordings->front().exchanges),
                    incomplete = std::to_string(recordings->front().incomplete);
  EXPECT_NE(stored, "0");
  EXPECT_TRUE(says("recorded " + stored + " exchanges \\(" + incomplete + " incomplete\\) on ")) << recorder->err();
  EXPECT_TRUE(says("stored.exchange +" + stored + " ")) << recorder->err();
  EXPECT_TRUE(says("stored.incomplete +" + incomplete + " ")) << recorder->err();
}

// "… a table of another program is in the way", said one of them.
TEST_F(Disk, AFullDiskIsNamedByWhateverWritesThere) {
  record(20);
  ASSERT_EQ(run(replay_words()).exit_code, 0);
  const SmallDisk disk(folder() + "/small");
  ASSERT_TRUE(disk.mounted());
  const std::string full = folder() + "/small/";
  (void)run({"dd", "if=/dev/zero", "of=" + full + "filler", "bs=4096"});
  const std::string gin = std::to_string(gin_.pid());
  const std::vector<Words> all = {
      {"-d", full + "new.db", "record", "--pid", gin, "--for", "1s"},
      {"scrub", db(), "-o", full + "new.db"},
      {"approve", "0123456789ab", "--reason", "r", "--unchecked", "--rules", full + "rules.json"},
      {"-d", db(), "diff", "--report", "json=" + full + "report.json"},
      {"-d", db(), "diff", "--report", "html=" + full + "report.html"}};
  for (const Words& words : all) {
    const Outcome outcome = tracerec(words);
    expect_one_error(outcome, full);
    EXPECT_TRUE(outcome.err.find("no space left on the disk") != std::string::npos ||
                outcome.err.find("No space left on device") != std::string::npos)
        << outcome.err;
    EXPECT_EQ(outcome.err.find("table"), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find("as it was"), std::string::npos) << "there was none: " << outcome.err;
  }
  std::vector<std::string> left;
  for (const auto& entry : std::filesystem::directory_iterator(full)) left.push_back(entry.path().filename().string());
  EXPECT_EQ(left, std::vector<std::string>{"filler"}) << "half of a file is worse than none";
  for (const std::string command : {"ls", "show 1", "export jsonl", "diff"}) {
    const Outcome outcome =
        run({"sh", "-c", std::string(TRACEREC_BINARY) + " -d " + db() + " " + command + " > " + full + "out"});
    expect_one_error(outcome, "No space left on device");
  }
}

TEST_F(Disk, AReaderOnADiskThatFailsSaysSo) {
  record(50);
  for (const char* fault : {"pread:1:5", "pread:2:5", "pread:3:5", "pread:5:5"}) {
    for (const char* command : {"ls", "show"}) {
      SCOPED_TRACE(std::string(fault) + " " + command);
      Words words = {TRACEREC_BINARY, "-d", db(), command};
      if (command == std::string("show")) words.emplace_back("1");
      const Outcome outcome = with_fault(words, fault);
      expect_one_error(outcome, "Input/output error");
    }
  }
  expect_whole(50);
}

TEST_F(Disk, OnAReadOnlyDiskReadersWorkAndWritersSaySo) {
  const SmallDisk disk(folder() + "/small");
  ASSERT_TRUE(disk.mounted());
  use_db(folder() + "/small/t.db");
  record(5);
  ASSERT_TRUE(disk.become_read_only());
  EXPECT_EQ(tracerec({"-d", db(), "ls"}).exit_code, 0);
  EXPECT_EQ(tracerec({"-d", db(), "show", "1"}).exit_code, 0);
  Words replay = replay_words();
  replay.insert(replay.end(), {"--into", folder() + "/small/runs.db"});
  expect_one_error(run(replay), "Read-only file system");
  expect_one_error(tracerec({"-d", db(), "record", "--pid", std::to_string(gin_.pid()), "--for", "1s"}),
                   "Read-only file system");
}

}  // namespace
}  // namespace tracerec::e2e
