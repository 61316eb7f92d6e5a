// tracerec scrub: a file with secrets becomes one without.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "base/base64.h"
#include "harness.h"
#include "schema/batch_writer.h"

namespace tracerec::e2e {
namespace {

const std::string kToken = "s3cretTokenOfTheUser42";
const std::string kPassword = "jsonPassw0rd+That/IsSecret3";
const std::string kNamed = "namedByTheRulesFile8";

class Scrub : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    const GinServer server;
    const auto recorder = start_recording({"--keep-secrets", "--pid", std::to_string(server.pid())});
    RawClient client(server.port());
    const std::string body = R"({"size":10,"password":")" + kPassword + R"(","ticket":")" + kNamed + "\"}";
    client.send(
        "POST /customResponse?access_token=jsonPassw0rd%2BThat%2FIsSecret3 HTTP/1.1\r\nHost: gin\r\n"
        "Authorization: Bearer " +
        kToken + "\r\nCookie: session=" + kToken +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    ASSERT_FALSE(client.read_response().empty());
    const std::string large = "{\"filler\":\"" + std::string(100'000, 'x') + "\",\"token\":\"" + kToken + "\"}";
    client.send("POST /customResponse HTTP/1.1\r\nHost: gin\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(large.size()) + "\r\n\r\n" + large);
    ASSERT_FALSE(client.read_response().empty());
    stop_recording(*recorder);
    const GinServer staging;
    ASSERT_NE(tracerec({"-d", db(), "replay", "--target", staging.address(), "--speed", "max"}).exit_code, 2);
  }

  // What stands in a file, however it is written.
  static std::vector<std::string> found_in(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    std::vector<std::string> found;
    for (const std::string& secret : {kToken, kPassword, kNamed, std::string("jsonPassw0rd%2BThat%2FIsSecret3"),
                                      encode_base64(kToken), encode_base64(kPassword)}) {
      if (bytes.find(secret) != std::string::npos) found.push_back(secret);
    }
    return found;
  }

  [[nodiscard]] std::string out() const { return folder() + "/out.db"; }
};

TEST_F(Scrub, NoSecretIsInTheNewFileAndTheOldOneStays) {
  const auto before = found_in(db());
  EXPECT_EQ(before.size(), 4U);
  const Outcome done = tracerec({"scrub", db(), "-o", out()});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_NE(done.out.find("values replaced; recordings 1 (exchanges 2), runs 1 (responses 2)"), std::string::npos)
      << done.out;
  EXPECT_EQ(found_in(out()), std::vector<std::string>{kNamed});
  EXPECT_EQ(found_in(db()), before);
  struct stat made {};
  ASSERT_EQ(::stat(out().c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 07777, 0600U);
  for (const char* suffix : {".part", ".part-wal", ".part-shm", "-wal", "-shm"}) {
    EXPECT_FALSE(std::filesystem::exists(out() + suffix)) << suffix;
  }
}

TEST_F(Scrub, TheRulesFileNamesMore) {
  const std::string rules = folder() + "/rules.json";
  std::ofstream(rules) << R"({"redaction":{"json":["$..ticket"]}})";
  EXPECT_EQ(tracerec({"scrub", db(), "-o", out(), "--redact", rules}).exit_code, 0);
  EXPECT_EQ(found_in(out()), std::vector<std::string>{});
}

TEST_F(Scrub, TheNewFileIsReadReplayedAndCompared) {
  ASSERT_EQ(tracerec({"scrub", db(), "-o", out()}).exit_code, 0);
  const Outcome listed = tracerec({"-d", out(), "ls"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_NE(tracerec({"-d", out(), "diff"}).exit_code, 2);
  const GinServer staging;
  EXPECT_NE(tracerec({"-d", out(), "replay", "--target", staging.address(), "--speed", "max"}).exit_code, 2);
  EXPECT_EQ(found_in(out()), std::vector<std::string>{kNamed});
}

// The log of an earlier file of that name would be read as a part of the new one.
TEST_F(Scrub, WhatIsLeftBesideTheNewNameIsRefused) {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    std::ofstream(out() + suffix) << "left";
    const Outcome outcome = tracerec({"scrub", db(), "-o", out()});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.err.find(out() + suffix + " exists"), std::string::npos) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(out()));
    std::filesystem::remove(out() + suffix);
  }
}

// A file that takes a while to copy, without a recorder.
class LongScrub : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped()) return;
    auto writer = schema::BatchWriter::open(db(), {});
    ASSERT_TRUE(writer);
    schema::Recording recording;
    ASSERT_TRUE((*writer)->begin_recording(recording));
    schema::Connection connection;
    connection.id = connection.recording_id = 1;
    ASSERT_TRUE((*writer)->submit(connection));
    for (schema::RowId id = 1; id <= 60'000; ++id) ASSERT_TRUE(add(**writer, id));
    ASSERT_TRUE((*writer)->finish_recording(1, 2, {}));
  }

  static bool add(schema::BatchWriter& writer, schema::RowId id) {
    const std::string body =
        R"({"password":"s3cret)" + std::to_string(id) + R"(","filler":")" + std::string(200, 'x') + "\"}";
    schema::Exchange row;
    row.id = id;
    row.recording_id = row.connection_id = 1;
    row.seq = id;
    row.started_unix_ns = 1;
    row.ttfb_ns = row.duration_ns = 1;
    row.method = "POST";
    row.target = "/login?token=s3cret" + std::to_string(id);
    row.status = 200;
    row.complete = true;
    row.request_head = "POST " + row.target +
                       " HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\n\r\n";
    row.request_body = {.wire_bytes = body.size(), .bytes = body, .stream_key = 0};
    row.response_head = "HTTP/1.1 204 x\r\n\r\n";
    schema::Command command = std::move(row);
    while (!writer.submit(std::move(command))) {  // NOLINT(bugprone-use-after-move): a refused one stays here
      if (!writer.flush()) return false;
    }
    return true;
  }

  // Begins to write, and gets this signal then.
  int scrub_until(int signal) const {
    Process scrub({TRACEREC_BINARY, "scrub", db(), "-o", out()});
    while (!std::filesystem::exists(out() + ".part-wal")) std::this_thread::yield();
    scrub.signal(signal);
    return scrub.wait();
  }

  // The next one works, as if there had been none before.
  void expect_next_works() const {
    EXPECT_FALSE(std::filesystem::exists(out()));
    const Outcome next = tracerec({"scrub", db(), "-o", out()});
    EXPECT_EQ(next.exit_code, 0) << next.err;
    EXPECT_NE(next.out.find("exchanges 60,000"), std::string::npos) << next.out;
    for (const char* suffix : {".part", ".part-wal", ".part-shm"})
      EXPECT_FALSE(std::filesystem::exists(out() + suffix)) << suffix;
    std::ifstream file(out(), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(bytes.find("s3cret"), std::string::npos);
  }

  static std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  [[nodiscard]] std::string out() const { return folder() + "/out.db"; }
};

TEST_F(LongScrub, CtrlCLeavesNothingButTheOldFile) {
  const std::string before = bytes_of(db());
  EXPECT_EQ(scrub_until(SIGINT), 130);
  EXPECT_TRUE(bytes_of(db()) == before);
  for (const char* suffix : {"", ".part", ".part-wal", ".part-shm"})
    EXPECT_FALSE(std::filesystem::exists(out() + suffix)) << suffix;
  expect_next_works();
}

// What it left had to be removed by hand.
TEST_F(LongScrub, AKillLeavesAPartThatTheNextOneReplaces) {
  const std::string before = bytes_of(db());
  EXPECT_EQ(scrub_until(SIGKILL), 128 + SIGKILL);
  EXPECT_TRUE(bytes_of(db()) == before);
  EXPECT_TRUE(std::filesystem::exists(out() + ".part"));
  expect_next_works();
}

TEST_F(LongScrub, APartThatIsBeingWrittenStays) {
  Process other({TRACEREC_BINARY, "scrub", db(), "-o", out()});
  while (!std::filesystem::exists(out() + ".part-wal")) std::this_thread::yield();
  other.signal(SIGSTOP);
  const Outcome second = tracerec({"scrub", db(), "-o", out()});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_NE(second.err.find("remove it when nothing writes it"), std::string::npos) << second.err;
  other.signal(SIGCONT);
  EXPECT_EQ(other.wait(), 0);
}

TEST_F(Scrub, WhatIsWrongIsOneLine) {
  std::ofstream(folder() + "/text") << "no database, and longer than the header of one would be, so that it is read\n"
                                    << std::string(200, 'x');
  std::ofstream(folder() + "/rules.json") << "{";
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"scrub", folder() + "/none.db", "-o", out()},
        std::vector<std::string>{"scrub", folder() + "/text", "-o", out()},
        std::vector<std::string>{"scrub", db(), "-o", db()},
        std::vector<std::string>{"scrub", db(), "-o", folder() + "/no/such/folder/x.db"},
        std::vector<std::string>{"scrub", db(), "-o", out(), "--redact", folder() + "/rules.json"}}) {
    const Outcome outcome = tracerec(command);
    EXPECT_EQ(outcome.exit_code, 2) << command[1];
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(out())) << command[1];
  }
  EXPECT_EQ(found_in(db()).size(), 4U);
}

}  // namespace
}  // namespace tracerec::e2e
