// Recordings that stay as they are: runs in a file of their own, read-only recordings, jobs that share one.
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

class RunsFile : public KernelTest {
 protected:
  void TearDown() override {
    if (!mounted_.empty()) ::umount2(mounted_.c_str(), MNT_DETACH);
    KernelTest::TearDown();
  }

  void record(int count) {
    const GinServer server;
    const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
    RawClient client(server.port());
    for (int i = 0; i < count; ++i) {
      client.send(custom_request(5000));
      ASSERT_NE(client.read_response("POST"), "");
    }
    stop_recording(*recorder);
  }

  [[nodiscard]] std::string runs() const { return folder() + "/runs.db"; }
  [[nodiscard]] std::string bytes() const { return run({"sha256sum", db()}).out; }

  // In the folder of the test.
  [[nodiscard]] std::vector<std::string> replay_command(const std::string& recording, const GinServer& target) const {
    return {"sh", "-c",
            "cd " + folder() + " && exec " + TRACEREC_BINARY + " -d " + recording + " replay --speed max --target " +
                target.address() + " --fail-if 'compared < 1' --report json"};
  }

  static nlohmann::json json(const std::string& text) {
    auto parsed = nlohmann::json::parse(text, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << text;
    return parsed;
  }

  static std::size_t run_count(const std::string& file) {
    return json(tracerec({"-d", file, "ls", "--json"}).out)["runs"].size();
  }

  // One line that says so, whichever command looks.
  void expect_refused(const std::vector<std::string>& words, const std::string& message) const {
    const std::vector<std::vector<std::string>> commands = {
        {"ls"},
        {"diff"},
        {"export", "jsonl"},
        {"show", "1", "--run", "1"},
        {"approve", "012345678901", "--reason", "r", "--rules", folder() + "/rules.json"},
        {"ui", "--listen", "127.0.0.1:0"},
        {"replay", "--target", "127.0.0.1:1"}};
    for (const auto& command : commands) {
      std::vector<std::string> arguments = words;
      arguments.insert(arguments.end(), command.begin(), command.end());
      const Outcome outcome = tracerec(arguments);
      EXPECT_EQ(outcome.exit_code, 2) << command.front();
      EXPECT_NE(outcome.err.find(message), std::string::npos) << command.front() << ": " << outcome.err;
      EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
      EXPECT_EQ(outcome.out, "");
    }
  }

  // The folder of the recording, which nothing can be written to.
  std::string mount_read_only(const std::string& from) {
    mounted_ = folder() + "/mounted";
    fs::create_directory(mounted_);
    EXPECT_EQ(::mount(from.c_str(), mounted_.c_str(), nullptr, MS_BIND, nullptr), 0);
    EXPECT_EQ(::mount(nullptr, mounted_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), 0);
    return mounted_;
  }

 private:
  std::string mounted_;
};

TEST_F(RunsFile, IntoLeavesTheRecordingAsItIs) {
  record(3);
  const std::string before = bytes();
  const GinServer target;
  const Outcome replayed = tracerec({"-d", db(), "replay", "--speed", "max", "--target", target.address(), "--into",
                                     runs(), "--fail-if", "compared < 3"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(bytes(), before);
  EXPECT_EQ(run_count(db()), 0U);
  EXPECT_EQ(run_count(runs()), 1U);
  const Outcome compared = tracerec({"-d", runs(), "diff", "--report", "json", "--fail-if", "compared < 3"});
  EXPECT_EQ(compared.exit_code, 0) << compared.err;
  EXPECT_EQ(json(compared.out)["run"], 1) << compared.out;
  const Outcome shown = tracerec({"-d", runs(), "show", "1", "--run", "1"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find("POST /customResponse"), std::string::npos) << shown.out;
  // By its own name, which has the recording: one run more.
  EXPECT_EQ(
      tracerec({"-d", runs(), "replay", "--speed", "max", "--target", target.address(), "--fail-if", "compared < 3"})
          .exit_code,
      0);
  EXPECT_EQ(run_count(runs()), 2U);
  EXPECT_EQ(tracerec({"-d", runs(), "diff", "--against", "1", "--fail-if", "compared < 3"}).exit_code, 0);
  EXPECT_EQ(bytes(), before);
}

TEST_F(RunsFile, AnotherRecordingAndOneThatChangedAreRefusedByEveryCommand) {
  record(1);
  const GinServer target;
  ASSERT_EQ(tracerec({"-d", db(), "replay", "--speed", "max", "--target", target.address(), "--into", runs(),
                      "--fail-if", "compared < 1"})
                .exit_code,
            0);
  const std::string moved = folder() + "/moved.db";
  fs::rename(db(), moved);
  expect_refused({"-d", runs()}, "its recording was in " + db() + " (No such file or directory)");
  EXPECT_EQ(tracerec({"-d", runs(), "--recording-file", moved, "diff", "--fail-if", "compared < 1"}).exit_code, 0);
  ASSERT_EQ(run({"sqlite3", moved, "UPDATE exchange SET notes = 'redacted'"}).exit_code, 0);
  expect_refused({"-d", runs(), "--recording-file", moved}, "has changed since its runs were made");
  record(1);
  expect_refused({"-d", runs()}, "its runs are of recording 1 of another file than " + db());
}

TEST_F(RunsFile, AReportNeverReplacesTheRecording) {
  record(1);
  const std::string before = bytes();
  const GinServer target;
  const std::vector<std::string> replay = {"-d",   db(),        "replay",         "--speed",
                                           "max",  "--target",  target.address(), "--into",
                                           runs(), "--fail-if", "compared < 1"};
  ASSERT_EQ(tracerec(replay).exit_code, 0);
  EXPECT_EQ(tracerec({"-d", runs(), "diff", "--report", "json=" + db()}).exit_code, 2);
  std::vector<std::string> both = replay;
  both.insert(both.end(), {"--report", "json=" + db()});
  EXPECT_EQ(tracerec(both).exit_code, 2);
  EXPECT_EQ(bytes(), before);
}

// CI jobs that share one artefact, all in one folder.
TEST_F(RunsFile, FourJobsShareAReadOnlyRecording) {
  fs::create_directory(folder() + "/artefacts");
  use_db(folder() + "/artefacts/shop.db");
  record(20);
  ASSERT_EQ(::chmod(db().c_str(), 0444), 0);
  const std::string before = bytes();
  const std::string shared = mount_read_only(folder() + "/artefacts") + "/shop.db";
  const GinServer target;
  std::vector<std::unique_ptr<Process>> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(std::make_unique<Process>(replay_command(shared, target)));
  std::vector<std::string> files;
  for (const auto& job : jobs) {
    EXPECT_EQ(job->wait(), 0) << job->err();
    const std::string said = shared + " is on a read-only file system: the runs go into ";
    const std::size_t at = job->err().find(said);
    ASSERT_NE(at, std::string::npos) << job->err();
    const std::string rest = job->err().substr(at + said.size());
    files.push_back(folder() + "/" + rest.substr(0, rest.find(',')));
    EXPECT_EQ(json(job->out())["counts"]["compared"], 20) << job->out();
  }
  std::size_t stored = 0;
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  for (const std::string& file : files) stored += run_count(file);
  EXPECT_EQ(stored, 4U);
  for (const std::string& file : files)
    EXPECT_EQ(tracerec({"-d", file, "diff", "--fail-if", "compared < 20"}).exit_code, 0) << file;
  EXPECT_EQ(bytes(), before);
}

// The log is read, although nothing can be made beside it.
TEST_F(RunsFile, ARecordingOfAKilledRecorderOnAReadOnlyFileSystem) {
  fs::create_directory(folder() + "/artefacts");
  use_db(folder() + "/artefacts/shop.db");
  {
    const GinServer server;
    const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
    RawClient client(server.port());
    for (int i = 0; i < 5; ++i) {
      client.send(custom_request(100));
      ASSERT_NE(client.read_response("POST"), "");
    }
    ASSERT_TRUE(eventually([&] { return stored().size() == 5; }));
    recorder->signal(SIGKILL);
    EXPECT_EQ(recorder->wait(), 128 + SIGKILL);
  }
  ASSERT_TRUE(fs::exists(db() + "-wal"));
  const std::string shared = mount_read_only(folder() + "/artefacts") + "/shop.db";
  const GinServer target;
  const Outcome replayed = run(replay_command(shared, target));
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_EQ(json(replayed.out)["counts"]["compared"], 5) << replayed.out;
}

TEST_F(RunsFile, WhileSomebodyRecordsIntoTheFileAnOlderRecordingIsReplayedElsewhere) {
  record(2);
  const GinServer server, target;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  std::vector<std::string> command = replay_command(db(), target);
  const Outcome newest = run(command);
  EXPECT_EQ(newest.exit_code, 2);
  EXPECT_NE(newest.err.find("recording 2 of " + db() + " is still being recorded"), std::string::npos) << newest.err;
  command.back() += " --recording 1";
  const Outcome older = run(command);
  EXPECT_EQ(older.exit_code, 0) << older.err;
  EXPECT_NE(older.err.find("is being written by another tracerec: the runs go into tracerec.runs.db"),
            std::string::npos)
      << older.err;
  RawClient client(server.port());
  client.send(custom_request(10));
  ASSERT_NE(client.read_response("POST"), "");
  stop_recording(*recorder);
  EXPECT_EQ(tracerec({"-d", folder() + "/tracerec.runs.db", "diff", "--fail-if", "compared < 2"}).exit_code, 0);
}

}  // namespace
}  // namespace tracerec::e2e
