// Making trace files smaller, joining them and taking them apart, by the real binary.
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "harness.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

class Prune : public KernelTest {
 protected:
  // Responses of random letters, and then equal ones.
  void record(int count, std::size_t bytes = 5000, int equal = 1) {
    const GinServer server;
    const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
    RawClient client(server.port());
    for (int i = 0; i < count; ++i) {
      client.send(custom_request(bytes));
      ASSERT_NE(client.read_response("POST"), "");
    }
    for (int i = 0; i < equal; ++i) {
      client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
      ASSERT_NE(client.read_response("GET"), "");
    }
    stop_recording(*recorder);
  }

  static nlohmann::json json(const std::string& text) {
    auto parsed = nlohmann::json::parse(text, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << text;
    return parsed;
  }
  static nlohmann::json ls(const std::string& file) { return json(tracerec({"-d", file, "ls", "--json"}).out); }

  // Everything that can be replayed of the file is answered.
  static std::uint64_t answered(const std::string& file) {
    const GinServer target;
    const Outcome outcome = tracerec({"-d", file, "replay", "--speed", "max", "--target", target.address(), "--recheck",
                                      "off", "--fail-if", "failed > 0", "--report", "json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json(outcome.out)["counts"]["compared"].get<std::uint64_t>();
  }
};

TEST_F(Prune, KeepsSomeOfEachEndpointAndSaysSo) {
  record(30);
  const auto size = fs::file_size(db());
  const Outcome dry = tracerec({"-d", db(), "prune", "--keep-per-endpoint", "2", "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_NE(dry.out.find("recording 1: 3 of 31 exchanges kept, 28 would be removed"), std::string::npos) << dry.out;
  EXPECT_EQ(ls(db())["recordings"][0]["exchanges"], 31);
  const Outcome done = tracerec({"-d", db(), "prune", "--keep-per-endpoint", "2"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_NE(done.out.find("3 of 31 exchanges kept, 28 removed"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find(" before, "), std::string::npos) << done.out;
  EXPECT_LT(fs::file_size(db()), size);
  EXPECT_EQ(ls(db())["recordings"][0]["exchanges"], 3);
  EXPECT_EQ(ls(db())["recordings"][0]["pruned"], 28);
  EXPECT_NE(tracerec({"-d", db(), "ls"}).out.find("(pruned: 3 of 31 exchanges kept)"), std::string::npos);
  EXPECT_EQ(answered(db()), 3U);
  const Outcome compared = tracerec({"-d", db(), "diff", "--fail-if", "failed > 0"});
  EXPECT_NE(compared.err.find("the recording was pruned: 3 of 31 exchanges kept"), std::string::npos) << compared.err;
}

TEST_F(Prune, EqualOnesAreCounted) {
  record(2, 5000, 10);
  const Outcome done = tracerec({"-d", db(), "prune", "--dedup"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_NE(done.out.find("3 of 12 exchanges kept, 9 removed"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("1 of them for 10 equal ones"), std::string::npos) << done.out;
  EXPECT_NE(tracerec({"-d", db(), "show", "3"}).out.find("repeats:10"), std::string::npos);
  EXPECT_EQ(answered(db()), 3U);
}

TEST_F(Prune, ByPatternAndTimeAndNothingByMistake) {
  record(3);
  const std::string before = run({"sha256sum", db()}).out;
  const std::vector<std::pair<std::vector<std::string>, std::string>> refused = {
      {{}, "say what to keep"},
      {{"--since", "yesterday"}, "--since yesterday is no time"},
      {{"--until", "2001-01-01"}, "nothing would be left of recording 1"},
      {{"--include", "GET /nothing"}, "nothing would be left"},
      {{"--recording", "7", "--dedup"}, "holds no recording 7"}};
  for (const auto& [words, message] : refused) {
    std::vector<std::string> arguments = {"-d", db(), "prune"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    const Outcome outcome = tracerec(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << message;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
  EXPECT_EQ(run({"sha256sum", db()}).out, before);
  EXPECT_EQ(tracerec({"-d", db(), "prune", "--since", "2001-01-01T00:00:00Z", "--exclude", "GET /nowhere"}).exit_code,
            0);
  EXPECT_EQ(ls(db())["recordings"][0]["exchanges"], 3);
}

TEST_F(Prune, RunsAreNotLeftBehindAndNotRemovedUnasked) {
  record(3, 5000, 3);
  EXPECT_EQ(answered(db()), 6U);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"prune", "--dedup"}, std::vector<std::string>{"rm", "--recording", "1"}}) {
    std::vector<std::string> arguments = {"-d", db()};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const Outcome outcome = tracerec(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.err.find("recording 1 has 1 run, which would be of what is no longer there: --drop-runs"),
              std::string::npos)
        << outcome.err;
  }
  EXPECT_EQ(tracerec({"-d", db(), "prune", "--dedup", "--drop-runs"}).exit_code, 0);
  EXPECT_TRUE(ls(db())["runs"].empty());
  EXPECT_EQ(answered(db()), 4U);
  EXPECT_EQ(tracerec({"-d", db(), "rm", "--run", "1", "--dry-run"}).exit_code, 0);
  EXPECT_EQ(ls(db())["runs"].size(), 1U);
  EXPECT_EQ(tracerec({"-d", db(), "rm", "--run", "1"}).exit_code, 0);
  EXPECT_TRUE(ls(db())["runs"].empty());
  EXPECT_EQ(tracerec({"-d", db(), "rm", "--recording", "1"}).exit_code, 0);
  EXPECT_TRUE(ls(db())["recordings"].empty());
  EXPECT_EQ(tracerec({"-d", db(), "rm", "--run", "1", "--recording", "1"}).exit_code, 2);
}

TEST_F(Prune, NotWhileSomebodyRecords) {
  record(3);
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  for (const std::vector<std::string>& command : {std::vector<std::string>{"prune", "--recording", "1", "--dedup"},
                                                  std::vector<std::string>{"rm", "--recording", "1"},
                                                  std::vector<std::string>{"split", "-o", folder() + "/parts"}}) {
    std::vector<std::string> arguments = {"-d", db()};
    arguments.insert(arguments.end(), command.begin(), command.end());
    const Outcome outcome = tracerec(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << command[0];
    EXPECT_NE(outcome.err.find("another tracerec"), std::string::npos) << outcome.err;
  }
  stop_empty_recording(*recorder);
  EXPECT_EQ(ls(db())["recordings"][0]["exchanges"], 4);
}

// Wherever the kill comes, all exchanges are there or those that are kept.
TEST_F(Prune, AKilledOneLeavesTheOldOrTheNewFile) {
  record(40, 100'000);
  const std::string whole = folder() + "/whole.db";
  fs::rename(db(), whole);
  for (int after_ms = 0; after_ms < 60; after_ms += 6) {
    fs::copy_file(whole, db());
    Process pruning({TRACEREC_BINARY, "-d", db(), "prune", "--keep-per-endpoint", "1"});
    std::this_thread::sleep_for(std::chrono::milliseconds(after_ms));
    pruning.signal(SIGKILL);
    pruning.wait();
    const auto recording = ls(db())["recordings"][0];
    const auto left = recording["exchanges"].get<int>(), pruned = recording["pruned"].get<int>();
    EXPECT_TRUE((left == 41 && pruned == 0) || (left == 2 && pruned == 39)) << recording.dump();
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(db() + suffix);
  }
}

TEST_F(Prune, SplitAndMergedAgain) {
  record(3);
  record(2, 9000);
  EXPECT_EQ(answered(db()), 3U);
  const Outcome parts = tracerec({"-d", db(), "split", "-o", folder() + "/parts"});
  EXPECT_EQ(parts.exit_code, 0) << parts.err;
  const std::string first = folder() + "/parts/tracerec-1.db", second = folder() + "/parts/tracerec-2.db";
  EXPECT_EQ(ls(first)["recordings"][0]["exchanges"], 4);
  EXPECT_EQ(ls(second)["recordings"][0]["exchanges"], 3);
  EXPECT_EQ(ls(second)["runs"].size(), 1U);
  EXPECT_EQ(tracerec({"-d", second, "diff", "--fail-if", "failed > 0"}).exit_code, 0);
  struct stat file {};
  ASSERT_EQ(::stat(first.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  const std::string joined = folder() + "/joined.db";
  const Outcome merged = tracerec({"merge", second, first, "-o", joined});
  EXPECT_EQ(merged.exit_code, 0) << merged.err;
  EXPECT_EQ(ls(joined)["recordings"].size(), 2U);
  EXPECT_EQ(tracerec({"-d", joined, "diff", "--fail-if", "failed > 0"}).exit_code, 0);
  EXPECT_EQ(answered(joined), 4U);
  // What is there is not written over, and what is refused leaves nothing.
  EXPECT_EQ(tracerec({"merge", first, "-o", joined}).exit_code, 2);
  EXPECT_EQ(tracerec({"-d", db(), "split", "-o", folder() + "/parts"}).exit_code, 2);
  const Outcome twice = tracerec({"merge", first, first, "-o", folder() + "/twice.db"});
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_NE(twice.err.find("is also in a file that comes before it"), std::string::npos) << twice.err;
  EXPECT_FALSE(fs::exists(folder() + "/twice.db"));
  EXPECT_FALSE(fs::exists(folder() + "/twice.db.part"));
}

TEST_F(Prune, ASampleIsReplayedAndTheRestCounted) {
  record(20);
  const GinServer target;
  const Outcome outcome =
      tracerec({"-d", db(), "replay", "--speed", "max", "--target", target.address(), "--recheck", "off", "--fail-if",
                "skipped.not_selected < 17", "--report", "json", "--sample-per-endpoint", "3"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(json(outcome.out)["counts"]["compared"], 4) << outcome.out;
  EXPECT_EQ(json(outcome.out)["counts"]["skipped_by_reason"]["not_selected"], 17) << outcome.out;
  const Outcome dry =
      tracerec({"-d", db(), "replay", "--target", target.address(), "--sample-per-endpoint", "3", "--dry-run"});
  EXPECT_NE(dry.err.find("would send 4 of 21 exchanges"), std::string::npos) << dry.err;
}

}  // namespace
}  // namespace tracerec::e2e
