// Secrets in headers without their being in the arguments: --set-header @FILE and env:VAR.
#include <algorithm>
#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

class SetHeaders : public KernelTest {
 protected:
  using Words = std::vector<std::string>;

  void SetUp() override {
    KernelTest::SetUp();
    std::ofstream(file()) << "# of staging\r\n\r\nX-First: f1le-secret\r\nX-Second:env:TEST_SECRET\n";
  }

  void record() {
    const GinServer server;
    const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
    RawClient client(server.port());
    client.send(custom_request(10));
    ASSERT_NE(client.read_response("POST"), "");
    stop_recording(*recorder);
  }

  [[nodiscard]] Outcome replay(const std::string& target, const Words& headers) const {
    Words words = {TRACEREC_BINARY, "-d", db(), "replay", "--target", target, "--recheck", "off"};
    for (const std::string& header : headers) words.insert(words.end(), {"--set-header", header});
    Process::Options options;
    options.environment = {"TEST_SECRET=env-s3cret", "TEST_ESCAPE=secr3t\x1b", "TEST_LINES=a\nsecr3t: b"};
    return run(words, options);
  }

  [[nodiscard]] std::string file() const { return folder() + "/headers"; }
};

TEST_F(SetHeaders, AreSentFromAFileAndTheEnvironmentAndNotStored) {
  record();
  const int port = free_port();
  const std::string seen = folder() + "/seen";
  const Process target({"python3", std::string(TRACEREC_SOURCE_DIR) + "/tests/e2e/servers/target.py",
                        std::to_string(port), "ok", "--keep", seen});
  wait_for_port(port);
  const Outcome replayed =
      replay("127.0.0.1:" + std::to_string(port), {"@" + file(), "X-Third: env:TEST_SECRET", "X-Fourth: plain"});
  EXPECT_EQ(replayed.exit_code, 1) << replayed.err;
  const std::string request = run({"cat", seen}).out;
  for (const char* line :
       {"X-First: f1le-secret\r\n", "X-Second: env-s3cret\r\n", "X-Third: env-s3cret\r\n", "X-Fourth: plain\r\n"}) {
    EXPECT_NE(request.find(line), std::string::npos) << request;
  }
  EXPECT_EQ(run({"grep", "-c", "f1le-secret\\|env-s3cret", db()}).exit_code, 1) << "a secret is in the trace";
  const std::string curl = tracerec({"-d", db(), "show", "1", "--run", "1", "--as", "curl"}).out;
  for (const char* name : {"${TRACEREC_X_FIRST:?", "${TRACEREC_X_SECOND:?", "${TRACEREC_X_THIRD:?"})
    EXPECT_NE(curl.find(name), std::string::npos) << curl;
}

// One line that says what is missing, and never a value from a file or the environment.
TEST_F(SetHeaders, WhatIsMissingIsRefused) {
  std::ofstream(folder() + "/wrong") << "A: b\nsecr3t without a colon\n";
  std::ofstream(folder() + "/empty") << "# nothing\n";
  std::ofstream(folder() + "/framing") << "Content-Length: 3\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"@" + folder() + "/missing", "--set-header @" + folder() + "/missing: No such file"},
      {"@" + folder(), "--set-header @" + folder()},
      {"@", "--set-header @"},
      {"@" + folder() + "/wrong", "/wrong line 2 is not a valid header"},
      {"@" + folder() + "/empty", "/empty has no header"},
      {"@" + folder() + "/framing", "/framing line 1: Content-Length follows"},
      {"Authorization Bearer secr3t", "--set-header 'Authorization…' is not a valid header"},
      {"Authorization: secr3t\nB: c", "--set-header 'Authorization…' is not a valid header"},
      {"A: env:TEST_MISSING", "the environment has no variable 'TEST_MISSING'"},
      {"A: secr3t\x1b[2J", "--set-header 'A…' is not a valid header: write"},
      {"A: env:TEST_ESCAPE", "TEST_ESCAPE has a line end or another control byte"},
      {"A: env:", "the environment has no variable ''"},
      {"A: env:TEST_LINES", "TEST_LINES has a line end or another control byte"}};
  for (const auto& [header, message] : cases) {
    const Outcome outcome = replay("127.0.0.1:1", {header});
    EXPECT_EQ(outcome.exit_code, 2) << header;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.err.find("secr3t"), std::string::npos) << outcome.err;
  }
}

}  // namespace
}  // namespace tracerec::e2e
