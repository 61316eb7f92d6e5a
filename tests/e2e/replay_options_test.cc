// What replay refuses before it connects, and that its output may be read by half.
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

class ReplayOptions : public KernelTest {
 protected:
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

  [[nodiscard]] std::string command(const GinServer& target) const {
    return std::string(TRACEREC_BINARY) + " -d " + db() + " replay --speed max --target " + target.address();
  }

  // Whether the process has a handler for the signal (proc(5), SigCgt).
  static bool handles(pid_t pid, int signal) {
    const std::string caught = run({"sed", "-n", "s/^SigCgt:\\t//p", "/proc/" + std::to_string(pid) + "/status"}).out;
    return !caught.empty() && (std::stoull(caught, nullptr, 16) >> (signal - 1) & 1) != 0;
  }

  // The exit code of a program whose reader leaves after `lines` lines.
  static std::string exit_code_before(const std::string& command, const std::string& reader) {
    return run({"bash", "-c", command + " 2>/dev/null | " + reader + "; echo ${PIPESTATUS[0]}"}).out;
  }
};

// The port is one that nobody listens on: what is wrong is said without trying it, and without a file.
TEST_F(ReplayOptions, NonsenseIsRefusedBeforeConnecting) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"--rate", "0"}, "--rate must be at least 0.000001"},
      {{"--rate", "-1"}, "--rate must be at least 0.000001"},
      {{"--rate", "nan"}, "--rate must be at least 0.000001"},
      {{"--rate", "inf"}, "--rate must be at least 0.000001"},
      {{"--rate", "1e-300"}, "--rate must be at least 0.000001"},
      {{"--rate", "5", "--speed", "2"}, "exclude each other"},
      {{"--rate", "5", "--speed", "1"}, "exclude each other"},
      {{"--speed", "nan"}, "is not a valid speed"},
      {{"--speed", "0"}, "is not a valid speed"},
      {{"--speed", "-1"}, "is not a valid speed"},
      {{"--connections", "0"}, "--connections: 0 is not a whole number from 1 to"},
      {{"--connections", "-5"}, "--connections: -5 is not a whole number from 1 to"},
      {{"--mutate", "-1"}, "--mutate: -1 is not a whole number from 0 to 1,000,000"},
      {{"--mutate", "99999999999999999999"}, "--mutate: 99999999999999999999 is not a whole number"},
      {{"--mutate", "1000001"}, "--mutate: 1000001 is not a whole number"},
      {{"--mutate-seed", "-1"}, "--mutate-seed: -1 is not a whole number"},
      {{"--repeat", "-1"}, "--repeat: -1 is not a whole number"},
      {{"--recording", "-1"}, "--recording: -1 is not a whole number"},
      {{"--timeout", "2000000h"}, "is longer than ten years"},
      {{"--set-header", "A b: c"}, "--set-header 'A…' is not a valid header"},
      {{"--set-header", "content-length: 3"}, "content-length follows the request that is sent"},
      {{"--set-header", "Connection: close"}, "Connection follows the request that is sent"},
      {{"--max-response", "0"}, "--max-response must be above 0"},
      {{"--stream-for", "0"}, "--stream-for 0 is not a duration"},
      {{"--stream-for", ""}, "--stream-for must be above 0"},
      {{"--max-size", "0"}, "--max-size must be above 0"},
      {{"--max-response", "much"}, "--max-response much is not a valid size"},
      {{"--remove-header", "Content-Length"}, "cannot tell where a body ends"},
      {{"--remove-header", "a b"}, "is not a valid header name"},
      {{"--fail-if", "nometric > 0"}, "there is no metric nometric"},
      {{"--fail-if", "mutation.score < 1"}, "add --mutate N"},
      {{"--fail-if", "latency.p50_ratio > 1"}, "add --against RUN or --baseline TARGET"},
      {{"--report", "junit=" + folder() + "/missing/report.xml"}, "cannot write the report to"},
      {{"--report", "junit=" + folder()}, "cannot write the report to"},
      {{"--report", "junit=" + folder() + "/r", "--report", "json=" + folder() + "/r"}, "two reports"}};
  for (const auto& [options, message] : cases) {
    std::vector<std::string> arguments = {"-d", db(), "replay", "--target", "127.0.0.1:1"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = tracerec(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << options[1] << outcome.err;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
  EXPECT_FALSE(fs::exists(folder() + "/r"));
}

// It was refused when everything had been sent.
TEST_F(ReplayOptions, AnotherRunIsLookedForBeforeAnythingIsSent) {
  record(1);
  const Outcome outcome = tracerec({"-d", db(), "replay", "--target", "127.0.0.1:1", "--against", "99"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("--against: run 99 is not a run of the same recording"), std::string::npos) << outcome.err;
}

// SIGINT and SIGTERM set a flag that nobody looked at any more.
TEST_F(ReplayOptions, ComparingEndsOnASignal) {
  record(1);
  const GinServer target;
  ASSERT_EQ(run({"sh", "-c", command(target) + " >/dev/null 2>&1"}).exit_code, 1);
  for (const int signal : {SIGINT, SIGTERM}) {
    Process comparing({TRACEREC_BINARY, "-d", db(), "diff", "--mutate", "1000000", "--report", "json"});
    ASSERT_TRUE(comparing.wait_for_stderr("comparing run 1"));
    EXPECT_TRUE(handles(comparing.pid(), signal));
    comparing.signal(signal);
    EXPECT_EQ(comparing.wait(), 130);
    EXPECT_NE(comparing.err().find("interrupted while run 1 was compared; it is stored"), std::string::npos)
        << comparing.err();
    EXPECT_EQ(comparing.out(), "");
  }
}

TEST_F(ReplayOptions, AReportThatIsThereKeepsItsContentUntilThereIsANewOne) {
  std::ofstream(folder() + "/report.json") << "old";
  const Outcome outcome =
      tracerec({"-d", db(), "replay", "--target", "127.0.0.1:1", "--report", "json=" + folder() + "/report.json"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(run({"cat", folder() + "/report.json"}).out, "old");
}

// They hold recorded bodies; with the usual umask everybody could read them.
TEST_F(ReplayOptions, NewReportFilesAreForTheirOwnerOnly) {
  record(1);
  const GinServer target;
  std::ofstream(folder() + "/kept.txt") << "old";
  ASSERT_EQ(::chmod((folder() + "/kept.txt").c_str(), 0644), 0);
  std::string reports;
  for (const char* format : {"text", "json", "junit", "html", "markdown", "github"})
    reports += std::string(" --report ") + format + "=" + folder() + "/report." + format;
  EXPECT_EQ(run({"sh", "-c", "umask 0; " + command(target) + reports + " >/dev/null 2>&1"}).exit_code, 1);
  const std::string again = std::string(TRACEREC_BINARY) + " -d " + db() + " diff --report text=" + folder();
  EXPECT_EQ(run({"sh", "-c", "umask 0; " + again + "/kept.txt"}).exit_code, 1);
  for (const char* format : {"text", "json", "junit", "html", "markdown", "github"}) {
    struct stat file {};
    ASSERT_EQ(::stat((folder() + "/report." + format).c_str(), &file), 0) << format;
    EXPECT_EQ(file.st_mode & 07777, 0600U) << format;
    EXPECT_GT(file.st_size, 0) << format;
  }
  struct stat kept {};
  ASSERT_EQ(::stat((folder() + "/kept.txt").c_str(), &kept), 0);
  EXPECT_EQ(kept.st_mode & 07777, 0600U) << "it was readable for everybody, with bodies in it";
  EXPECT_EQ(run({"grep", "-c", "^old", folder() + "/kept.txt"}).out, "0\n");
}

// The recording was gone, and the gate had passed.
TEST_F(ReplayOptions, AReportDoesNotOverwriteWhatTheCommandReads) {
  record(1);
  const GinServer target;
  std::filesystem::create_hard_link(db(), folder() + "/other-name");
  std::filesystem::create_symlink(db(), folder() + "/link");
  std::ofstream(folder() + "/login.json") << "{}";
  for (const std::string& path : {db(), db() + "-wal", folder() + "/./tracerec.db", folder() + "/other-name",
                                  folder() + "/link", folder() + "/login.json"}) {
    const Outcome outcome = tracerec({"-d", db(), "replay", "--target", target.address(), "--login",
                                      folder() + "/login.json", "--report", "json=" + path});
    EXPECT_EQ(outcome.exit_code, 2) << path;
    EXPECT_NE(outcome.err.find("the report would overwrite"), std::string::npos) << outcome.err;
  }
  EXPECT_EQ(tracerec({"-d", db(), "diff", "--report", "json=" + db()}).exit_code, 2);
  EXPECT_EQ(tracerec({"-d", db(), "ls"}).exit_code, 0);
}

// Whether the reader has left when something is written is a matter of luck: the exit code must not be.
TEST_F(ReplayOptions, AReaderThatLeavesChangesNoExitCode) {
  record(3);
  const GinServer target;
  const std::string code = std::to_string(run({"sh", "-c", command(target) + " 2>&1"}).exit_code) + "\n";
  for (const char* reader : {"true", "head -c 1 >/dev/null", "(exec <&-; sleep 0.2)"}) {
    EXPECT_EQ(exit_code_before(command(target), reader), code) << reader;
    const std::string json = command(target) + " --report json --report text";
    EXPECT_EQ(exit_code_before(json, reader), code) << reader;
    for (const char* form : {"text", "http", "json", "curl"}) {
      const std::string show = std::string(TRACEREC_BINARY) + " -d " + db() + " show 1 --as " + form;
      EXPECT_EQ(exit_code_before(show, reader), "0\n") << reader << form;
    }
    const std::string jsonl = std::string(TRACEREC_BINARY) + " -d " + db() + " export jsonl";
    EXPECT_EQ(exit_code_before(jsonl, reader), "0\n") << reader;
  }
  const auto runs = schema::Reader::open(db()).value()->runs();
  ASSERT_EQ(runs->size(), 7U);
  for (const schema::RunSummary& one : *runs) {
    EXPECT_NE(one.run.ended_unix_ns, 0);
    EXPECT_EQ(one.responses, 3U);
  }
  // A full disk is no reader.
  EXPECT_EQ(run({"bash", "-c", command(target) + " 2>/dev/null >/dev/full; echo $?"}).out, "2\n");
}

// What is started by the recorder does not inherit what the recorder does about SIGPIPE.
TEST_F(ReplayOptions, ARecordedProgramHasTheUsualSigpipe) {
  const Outcome outcome =
      tracerec({"-d", db(), "record", "--", "bash", "-c", "yes | head -1 >/dev/null; echo ${PIPESTATUS[0]}"});
  EXPECT_NE(outcome.out.find("141"), std::string::npos) << outcome.out << outcome.err;
}

TEST_F(ReplayOptions, ShowHasTheWholeResponseOfARun) {
  record(1);
  const GinServer target;
  const std::string more = " --set-header 'X-Secret: s3cret' --rewrite-path /custom=/none/custom >/dev/null 2>&1";
  EXPECT_EQ(run({"sh", "-c", command(target) + more}).exit_code, 1);
  const auto show = [&](const std::vector<std::string>& options) {
    std::vector<std::string> arguments = {"-d", db(), "show", "1", "--run", "1"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return tracerec(arguments);
  };
  const std::string text = show({}).out;
  EXPECT_NE(text.find("in run 1 against http://" + target.address()), std::string::npos) << text;
  EXPECT_NE(text.find("< HTTP/1.1 404"), std::string::npos) << text;
  const std::string both = show({"--diff"}).out;
  EXPECT_TRUE(both.starts_with("> POST /none/customResponse")) << both;
  EXPECT_NE(both.find("\n- recorded "), std::string::npos) << both;
  EXPECT_NE(both.find("\n+ run 1 against http://" + target.address() + "\n"), std::string::npos) << both;
  EXPECT_NE(both.find("\n- HTTP/1.1 200 OK\n+ HTTP/1.1 404 Not Found\n"), std::string::npos) << both;
  EXPECT_NE(both.find("\n-   \"answer\": \""), std::string::npos) << "JSON has a line for each member: " << both;
  EXPECT_NE(both.find("\n+ 404 page not found\n"), std::string::npos) << both;
  EXPECT_EQ(tracerec({"-d", db(), "show", "1", "--diff"}).exit_code, 2) << "of no run";
  EXPECT_NE(show({"--as", "http"}).out.find("\r\n\r\n404 page not found"), std::string::npos);
  EXPECT_NE(show({"--as", "json"}).out.find("\"status\": 404"), std::string::npos);
  const std::string curl = show({"--as", "curl"}).out;
  EXPECT_NE(curl.find("'http://" + target.address() + "/none/customResponse'"), std::string::npos) << curl;
  EXPECT_NE(curl.find("-H 'X-Secret: '\"${TRACEREC_X_SECRET:?"), std::string::npos) << curl;
  std::ofstream(folder() + "/curl") << "TRACEREC_X_SECRET=x\n" << curl;
  EXPECT_NE(run({"sh", folder() + "/curl"}).out.find("404 page not found"), std::string::npos);
  EXPECT_EQ(run({"grep", "-c", "s3cret", db()}).exit_code, 1) << "a value of --set-header is in the trace";
  EXPECT_EQ(tracerec({"-d", db(), "show", "1", "--run", "7"}).exit_code, 2);
}

TEST_F(ReplayOptions, AFailedRequestIsShownWithItsReasonAndWhatWasReceived) {
  record(1);
  const int port = free_port();
  const Process target(
      {"python3", std::string(TRACEREC_SOURCE_DIR) + "/tests/e2e/servers/target.py", std::to_string(port), "reset"});
  wait_for_port(port);
  const Outcome replayed = tracerec({"-d", db(), "replay", "--target", "127.0.0.1:" + std::to_string(port)});
  EXPECT_EQ(replayed.exit_code, 1);
  EXPECT_NE(replayed.err.find("failed.connection_closed first in exchange 1"), std::string::npos) << replayed.err;
  const std::string text = tracerec({"-d", db(), "show", "1", "--run", "1"}).out;
  EXPECT_NE(text.find("FAILED: the target closed the connection"), std::string::npos) << text;
  EXPECT_NE(text.find("< HTTP/1.1 200 OK"), std::string::npos) << text;
}

}  // namespace
}  // namespace tracerec::e2e
