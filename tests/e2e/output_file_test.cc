// Files that commands write: none of them is a file that the command reads, or another one that it writes, and one that
// came to nothing is not left behind.
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "harness.h"
#include "schema/batch_writer.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

class OutputFile : public KernelTest {
 protected:
  using Words = std::vector<std::string>;

  static void expect_refused(const Words& words, const std::string& what) {
    const Outcome outcome = tracerec(words);
    EXPECT_EQ(outcome.exit_code, 2) << words.back() << outcome.err;
    EXPECT_NE(outcome.err.find(what), std::string::npos) << words.back() << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }

  // A trace file with one recording without exchanges.
  static void make_trace(const std::string& path) {
    auto writer = schema::BatchWriter::open(path, {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->begin_recording({}));
    ASSERT_TRUE((*writer)->finish_recording(1, 2, {}));
  }

  static void write(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  static std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder())) names.push_back(entry.path().filename().string());
    return names;
  }
};

// The recording was destroyed, with exit code 0.
TEST_F(OutputFile, EventsAreNotWrittenIntoTheTraceFile) {
  const GinServer server;
  const Words record = {"-d", db(), "record", "--pid", std::to_string(server.pid()), "--for", "1s", "--save-events"};
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    for (const std::string& base : {db(), folder() + "/./tracerec.db", folder() + "/no/../tracerec.db"}) {
      Words words = record;
      words.push_back(base + suffix);
      expect_refused(words, "--save-events would overwrite");
      EXPECT_EQ(files(), std::vector<std::string>{}) << words.back();
    }
  }
}

TEST_F(OutputFile, AnEventFileThatCannotBeMadeLeavesNoTraceFile) {
  const std::string events = folder() + "/no/events";
  const Outcome outcome = tracerec({"-d", db(), "record", "--save-events", events, "--", "true"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("cannot create " + events + ": No such file or directory"), std::string::npos);
  EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(OutputFile, ARecordingThatCannotStartLeavesNoEventFile) {
  const std::string events = folder() + "/events";
  EXPECT_EQ(tracerec({"-d", db(), "record", "--save-events", events, "--", "/no/such/command"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(events));
  const GinServer server;
  const std::string text = folder() + "/text";
  write(text, "no database, and longer than the header of one\n" + std::string(200, 'x'));
  EXPECT_EQ(tracerec({"-d", text, "record", "--pid", std::to_string(server.pid()), "--save-events", events}).exit_code,
            2);
  EXPECT_FALSE(fs::exists(events));
}

// It took its source for what a killed scrub had left, and removed it.
TEST_F(OutputFile, AScrubKeepsWhatItReads) {
  const std::string out = folder() + "/out.db";
  for (const char* suffix : {".part", ".part-wal", ".part-journal"}) {
    make_trace(out + suffix);
    const std::string before = bytes_of(out + suffix);
    expect_refused({"scrub", out + suffix, "-o", out}, "would overwrite");
    EXPECT_TRUE(bytes_of(out + suffix) == before) << suffix;
    fs::remove(out + suffix);
  }
  make_trace(db());
  write(out + ".part", R"({"redaction":{"form":["a"]}})");
  expect_refused({"scrub", db(), "-o", out, "--redact", out + ".part"}, "would overwrite");
  EXPECT_TRUE(fs::exists(out + ".part"));
}

// Its journal was in the way for ever, under a name that nobody had given.
TEST_F(OutputFile, AScrubPassesOverWhatAKilledOneLeft) {
  const std::string out = folder() + "/out.db";
  make_trace(db());
  for (const Words& left : {Words{".part-journal"}, Words{".part", ".part-journal"}, Words{".part-wal", ".part-shm"}}) {
    for (const std::string& suffix : left) write(out + suffix, suffix == ".part" ? "" : std::string(600, 'x'));
    const Outcome outcome = tracerec({"scrub", db(), "-o", out});
    EXPECT_EQ(outcome.exit_code, 0) << left.front() << outcome.err;
    EXPECT_EQ(tracerec({"-d", out, "ls"}).exit_code, 0);
    for (const std::string& suffix : left) EXPECT_FALSE(fs::exists(out + suffix)) << suffix;
    fs::remove(out);
  }
}

TEST_F(OutputFile, ARecordingIsNotTakenForWhatAScrubLeft) {
  const GinServer server;
  const std::string out = folder() + "/out.db";
  make_trace(folder() + "/from.db");
  use_db(out + ".part");
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  EXPECT_EQ(tracerec({"scrub", folder() + "/from.db", "-o", out}).exit_code, 2);
  EXPECT_TRUE(fs::exists(out + ".part"));
  stop_empty_recording(*recorder);
}

TEST_F(OutputFile, AnApprovalWritesTheRulesFileOnly) {
  const std::string rules = folder() + "/rules.json";
  const Words approve = {"approve", "0123456789ab", "--reason", "r", "--unchecked", "--rules"};
  make_trace(rules + ".new");
  const std::string before = bytes_of(rules + ".new");
  Words words = {"-d", rules + ".new"};
  words.insert(words.end(), approve.begin(), approve.end());
  words.push_back(rules);
  EXPECT_EQ(tracerec(words).exit_code, 0);
  EXPECT_TRUE(bytes_of(rules + ".new") == before);
  EXPECT_NE(bytes_of(rules).find("0123456789ab"), std::string::npos);
  words[1] = db();
  words.back() = db() + "-wal";
  expect_refused(words, "--rules would overwrite");
  fs::create_symlink(rules, folder() + "/link.json");
  words.back() = folder() + "/link.json";
  words[3] = "aaaaaaaaaaaa";
  EXPECT_EQ(tracerec(words).exit_code, 0);
  EXPECT_TRUE(fs::is_symlink(folder() + "/link.json"));
  EXPECT_NE(bytes_of(rules).find("aaaaaaaaaaaa"), std::string::npos);
}

TEST_F(OutputFile, AReportIsNoFileOfTheTraceAndNoOtherReport) {
  fs::create_directory(folder() + "/real");
  fs::create_symlink(folder() + "/real/t.db", folder() + "/link.db");
  expect_refused({"-d", folder() + "/link.db", "diff", "--report", "json=" + folder() + "/real/t.db-wal"},
                 "would overwrite");
  expect_refused(
      {"-d", db(), "diff", "--report", "json=" + folder() + "/a", "--report", "html=" + folder() + "/real/../a"},
      "two reports");
}

// Nothing was printed, and nobody was told.
TEST_F(OutputFile, WhatCannotBeSaidIsNoSuccess) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(server.port());
  client.send(custom_request(10));
  ASSERT_NE(client.read_response("POST"), "");
  stop_recording(*recorder);
  const std::string program = std::string(TRACEREC_BINARY) + " -d " + db();
  const std::string plan = program + " replay --dry-run --target 127.0.0.1:1";
  const std::string record = std::string(TRACEREC_BINARY) + " -d " + folder() + "/other.db record --for 1s --pid " +
                             std::to_string(server.pid());
  const Outcome good = run({"sh", "-c", plan});
  ASSERT_EQ(good.exit_code, 0) << good.err;
  EXPECT_EQ(run({"sh", "-c", plan + " 2>/dev/full"}).exit_code, 2);
  EXPECT_EQ(run({"sh", "-c", record + " >/dev/full 2>/dev/full"}).exit_code, 2);
  EXPECT_EQ(run({"sh", "-c", plan + " 2>&-"}).exit_code, 0) << "nobody wants to see it";
  const std::string status = folder() + "/status";
  (void)run({"sh", "-c", "{ " + plan + "; echo $? >" + status + "; } 2>&1 | true"});
  EXPECT_EQ(bytes_of(status), "0\n") << "the reader has gone";
}

// It recorded nothing, and ended well.
TEST_F(OutputFile, ASizeThatAnEmptyFileHasIsRefused) {
  const GinServer server;
  Words words = {"-d", db(), "record", "--pid", std::to_string(server.pid()), "--for", "1s", "--max-size", ""};
  for (const char* size : {"0", "1", "100KiB"}) {
    words.back() = size;
    expect_refused(words, "an empty file");
    EXPECT_FALSE(fs::exists(db()));
  }
  words.back() = "1MiB";
  EXPECT_NE(tracerec(words).err.find("nothing was recorded"), std::string::npos);
  fs::resize_file(db(), fs::file_size(db()) + (2 << 20));
  expect_refused(words, "has");
}

// The shell was ended; what it had started was not, and nobody knew.
TEST_F(OutputFile, WhatACommandLeavesRunningIsSaid) {
  const std::string pid_file = folder() + "/pid";
  Process recorder({TRACEREC_BINARY, "-d", db(), "record", "--", "sh", "-c",
                    "trap '' HUP; sleep 4321 & echo $! > " + pid_file + "; wait"});
  ASSERT_TRUE(recorder.wait_for_stderr("recording pid"));
  ASSERT_TRUE(eventually([&] { return bytes_of(pid_file).ends_with('\n'); }));
  const int left = std::stoi(bytes_of(pid_file));
  recorder.signal(SIGTERM);
  EXPECT_EQ(recorder.wait(), 2) << "nothing was recorded";
  EXPECT_NE(recorder.err().find("still running, started by the command: pid " + std::to_string(left) + " (sleep 4321)"),
            std::string::npos)
      << recorder.err();
  ::kill(left, SIGKILL);
}

}  // namespace
}  // namespace tracerec::e2e
