// Files that options name: nothing is waited for without end, what is missing is said before anything is sent, and a
// report is for its owner only.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

class OptionFile : public KernelTest {
 protected:
  using Words = std::vector<std::string>;

  void record() {
    const auto recorder = start_recording({"--pid", std::to_string(server_.pid())});
    RawClient client(server_.port());
    client.send(custom_request(10));
    ASSERT_NE(client.read_response("POST"), "");
    stop_recording(*recorder);
  }

  // Each option of each command that names a file to read; %s is the file.
  [[nodiscard]] std::vector<Words> reading(const std::string& file) const {
    const Words replay = {"-d", db(), "replay", "--target", "127.0.0.1:1"};
    std::vector<Words> all;
    for (const char* option : {"--login", "--jwt-key", "--redact", "--rules", "--cacert", "--cert"}) {
      all.push_back(replay);
      all.back().insert(all.back().end(), {option, file});
    }
    all.push_back(replay);
    all.back().insert(all.back().end(), {"--set-header", "@" + file});
    all.push_back(replay);
    all.back().insert(all.back().end(), {"--cert", TRACEREC_SOURCE_DIR "/README.md", "--key", file});
    all.push_back({"-d", db(), "diff", "--rules", file});
    all.push_back({"-d", db(), "record", "--pid", std::to_string(server_.pid()), "--redact", file});
    all.push_back({"-d", db(), "scrub", db(), "-o", folder() + "/to.db", "--redact", file});
    return all;
  }

  static std::string text_of(const Words& words) {
    std::string text;
    for (const std::string& word : words) text += word + " ";
    return text;
  }

  static void expect_refused(const Words& words, const std::string& file) {
    const Outcome outcome = tracerec(words);
    EXPECT_EQ(outcome.exit_code, 2) << text_of(words) << outcome.err;
    EXPECT_NE(outcome.err.find(file), std::string::npos) << text_of(words) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }

  [[nodiscard]] std::string replay_command() const {
    return std::string(TRACEREC_BINARY) + " -d " + db() + " replay --speed max --recheck off --target " +
           target_.address();
  }

  GinServer server_;
  GinServer target_;
};

// They waited for ever, or read without end.
TEST_F(OptionFile, WhatIsNoRegularFileIsRefusedAtOnce) {
  record();
  const std::string fifo = folder() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  for (const std::string& file : {fifo, std::string("/dev/zero"), folder()}) {
    for (const Words& words : reading(file)) expect_refused(words, file);
  }
}

// A wrong --cacert was found after the first request, or never with an http target.
TEST_F(OptionFile, AMissingOneIsRefusedByEachCommand) {
  record();
  const std::string file = folder() + "/missing";
  for (const Words& words : reading(file)) expect_refused(words, file);
  const Outcome key =
      tracerec({"-d", db(), "replay", "--target", "127.0.0.1:1", "--key", TRACEREC_SOURCE_DIR "/README.md"});
  EXPECT_NE(key.err.find("--key is of no use without --cert"), std::string::npos) << key.err;
}

TEST_F(OptionFile, BeforeAnythingIsSent) {
  record();
  const int port = free_port();
  const std::string seen = folder() + "/seen";
  const Process target({"python3", std::string(TRACEREC_SOURCE_DIR) + "/tests/e2e/servers/target.py",
                        std::to_string(port), "ok", "--keep", seen});
  wait_for_port(port);
  std::ofstream(folder() + "/login") << R"({"path": "/login", "take": "body:/t", "set": "A: {}"})";
  for (const char* option : {"--cacert", "--cert", "--jwt-key", "--redact", "--rules"}) {
    const Outcome outcome =
        tracerec({"-d", db(), "replay", "--target", "127.0.0.1:" + std::to_string(port), "--wait-ready", "5s",
                  "--login", folder() + "/login", option, folder() + "/missing"});
    EXPECT_EQ(outcome.exit_code, 2) << option << outcome.err;
    EXPECT_NE(outcome.err.find("/missing"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(fs_bytes(seen), 0U) << run({"cat", seen}).out;
}

// Secrets from a process substitution, whose writer is slow, and from standard input.
TEST_F(OptionFile, PipesOfTheCommandLineAreRead) {
  record();
  for (const std::string option :
       {"--set-header @<(sleep 0.2; echo 'X-A: b')", "--set-header @/dev/stdin < <(echo 'X-A: b')",
        "--jwt-key <(echo -n 0123456789abcdef0123456789abcdef)",
        "--redact <(echo '{\"redaction\": {\"headers\": [\"X-A\"]}}')"}) {
    const std::string line = option.find("@<(") == std::string::npos
                                 ? replay_command() + " --allow-recorded-target --fail-if failed " + option
                                 : "exec 9< <(sleep 0.2; echo 'X-A: b'); " + replay_command() +
                                       " --allow-recorded-target --fail-if failed --set-header @/dev/fd/9";
    const Outcome outcome = run({"bash", "-c", line});
    EXPECT_EQ(outcome.exit_code, 0) << line << outcome.err;
  }
}

TEST_F(OptionFile, CtrlCEndsTheWaitForAPipe) {
  record();
  for (const std::string& command :
       {replay_command() + " --set-header @/dev/fd/9", replay_command() + " --login /dev/fd/9",
        std::string(TRACEREC_BINARY) + " -d " + db() + " record --pid " + std::to_string(server_.pid()) +
            " --redact /dev/fd/9",
        std::string(TRACEREC_BINARY) + " scrub " + db() + " -o " + folder() + "/to.db --redact /dev/fd/9"}) {
    Process waiting({"bash", "-c", "exec 9< <(exec sleep 600); exec " + command});
    const std::string stat = "/proc/" + std::to_string(waiting.pid());
    ASSERT_TRUE(eventually([&] {
      return run({"sh", "-c",
                  "readlink " + stat + "/exe | grep -q tracerec && ls -l " + stat +
                      "/fd | grep -c pipe: | grep -q '[23]'"})
                 .exit_code == 0;
    })) << command;
    EXPECT_TRUE(eventually([&] { return run({"grep", "-q", "poll", stat + "/wchan"}).exit_code == 0; })) << command;
    waiting.signal(SIGINT);
    EXPECT_EQ(waiting.wait(), 130) << command << waiting.err();
  }
}

TEST_F(OptionFile, AReportGoesToAPipeAndCtrlCEndsTheWaitForItsReader) {
  record();
  ASSERT_EQ(run({"bash", "-c", replay_command() + " --fail-if failed"}).exit_code, 0);
  const std::string diff = std::string(TRACEREC_BINARY) + " -d " + db() + " diff --fail-if failed --report ";
  const std::string fifo = folder() + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0644), 0);
  const Outcome read = run({"bash", "-c", "cat " + fifo + " & " + diff + "text=" + fifo + "; echo $?; wait"});
  EXPECT_NE(read.out.find("PASSED  "), std::string::npos) << read.out << read.err;
  EXPECT_EQ(run({"bash", "-c", diff + "text=/dev/stdout | grep -c '^PASSED  '"}).out, "1\n");
  EXPECT_EQ(run({"bash", "-c",
                 "echo before > " + folder() + "/out; " + diff + "text=/dev/stdout >> " + folder() +
                     "/out; grep -c before " + folder() + "/out"})
                .out,
            "1\n")
      << "a file of the shell is not emptied";
  Process waiting({"bash", "-c", "exec " + diff + "text=" + fifo});
  const std::string wait_channel = "/proc/" + std::to_string(waiting.pid()) + "/wchan";
  ASSERT_TRUE(eventually([&] { return run({"grep", "-q", "fifo\\|partner", wait_channel}).exit_code == 0; }));
  waiting.signal(SIGINT);
  EXPECT_EQ(waiting.wait(), 130);
  EXPECT_NE(waiting.err().find("is stored"), std::string::npos) << waiting.err();
}

TEST_F(OptionFile, AQueryOfTheLoginIsNotInItsError) {
  record();
  std::ofstream(folder() + "/login") << R"({"path": "/login?api_key=s3cret", "take": "body:/t", "set": "A: {}"})";
  const Outcome refused =
      tracerec({"-d", db(), "replay", "--target", target_.address(), "--login", folder() + "/login"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.err.find("POST /login?… of"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.err.find("s3cret"), std::string::npos) << refused.err;
}

TEST_F(OptionFile, AReportOfAnotherUsersFileIsRefusedAndALinkToItIsNotFollowed) {
  record();
  ASSERT_EQ(run({"bash", "-c", replay_command() + " --fail-if failed"}).exit_code, 0);
  std::ofstream(folder() + "/others") << "theirs";
  ASSERT_EQ(::chown((folder() + "/others").c_str(), 65534, 65534), 0);
  fs::create_symlink(folder() + "/others", folder() + "/link");
  for (const std::string name : {"/others", "/link"}) {
    const Outcome outcome = tracerec({"-d", db(), "diff", "--report", "text=" + folder() + name});
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find("another user's"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(run({"cat", folder() + "/others"}).out, "theirs");
}

}  // namespace
}  // namespace tracerec::e2e
