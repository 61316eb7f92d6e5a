// One test per row of the hook table (docs/capture.md): a server that receives and sends by a named system call,
// recorded by the real kernel, compared byte for byte with what its client sent and received.
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "harness.h"

namespace tracerec::e2e {
namespace {

class RecordSyscalls : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    std::ofstream(file()) << letters(2'000'026);
    std::filesystem::last_write_time(file(), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }

  [[nodiscard]] std::string file() const { return folder() + "/letters"; }

  void start(const std::string& family = "4", const std::vector<std::string>& more = {}) {
    where_ = family == "unix" ? folder() + "/socket" : std::to_string(free_port());
    std::vector<std::string> command{SYSCALL_SERVER_BINARY, where_, family, file()};
    command.insert(command.end(), more.begin(), more.end());
    server_ = std::make_unique<Process>(command);
    if (family == "unix") {
      ASSERT_TRUE(eventually([this] { return RawClient::can_connect({where_, 0}); }));
    } else {
      wait_for_port(std::stoi(where_));
    }
  }

  [[nodiscard]] std::unique_ptr<RawClient> connect() const {
    return where_.front() == '/' ? std::make_unique<RawClient>(where_) : std::make_unique<RawClient>(std::stoi(where_));
  }

  // Talks on one connection: the first request names how the second is read, and so on.
  void talk(RawClient& client, const std::string& in, const std::string& out, std::size_t bytes, int times = 3) {
    for (int i = 0; i < times; ++i) {
      const std::string request =
          "GET /" + in + "/" + out + "/" + std::to_string(bytes) + " HTTP/1.1\r\nHost: a\r\n\r\n";
      client.send(request);
      sent_.push_back(request);
      seen_.push_back(client.read_response());
      ASSERT_EQ(seen_.back().substr(seen_.back().find("\r\n\r\n") + 4), letters(bytes)) << "the server is wrong";
    }
  }

  void expect_all_whole() {
    const auto rows = stored();
    ASSERT_EQ(rows.size(), sent_.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(rows[i].row.complete) << rows[i].row.notes;
      EXPECT_EQ(rows[i].request, sent_[i]);
      EXPECT_TRUE(rows[i].response == seen_[i]) << rows[i].response.size() << " instead of " << seen_[i].size();
    }
  }

  void record_and_compare(const std::string& in, const std::string& out, std::size_t bytes = 300'000) {
    start();
    const auto recorder = start_recording(arguments());
    const auto client = connect();
    talk(*client, in, out, bytes);
    stop_recording(*recorder);
    SCOPED_TRACE(recorder->err());
    expect_all_whole();
  }

  // What is not told where sockets move bytes is a hole until calls are hooked: such tests hook them from the start.
  void hook_calls() { hooks_calls_ = true; }

  [[nodiscard]] std::vector<std::string> arguments() const {
    std::vector<std::string> words{"--pid", std::to_string(server_->pid())};
    if (hooks_calls_) words.insert(words.end(), {"--hooks", "calls"});
    return words;
  }

  bool hooks_calls_ = false;
  std::string where_;
  std::unique_ptr<Process> server_;
  std::vector<std::string> sent_, seen_;
};

class Receive : public RecordSyscalls, public ::testing::WithParamInterface<const char*> {};

TEST_P(Receive, IsRecorded) {
  if (GetParam() == std::string("recvmmsg")) hook_calls();
  record_and_compare(GetParam(), "write", 100);
}
INSTANTIATE_TEST_SUITE_P(By, Receive,
                         ::testing::Values("read", "recv", "recvfrom", "readv", "preadv2", "recvmsg", "recvmmsg",
                                           "peek", "nonblocking", "dup"),
                         [](const auto& one) { return std::string(one.param); });

class Send : public RecordSyscalls, public ::testing::WithParamInterface<const char*> {};

TEST_P(Send, IsRecorded) {
  if (GetParam() == std::string("sendmmsg") || GetParam() == std::string("splice")) hook_calls();
  record_and_compare("read", GetParam());
}
INSTANTIATE_TEST_SUITE_P(By, Send,
                         ::testing::Values("write", "send", "sendto", "nonblocking", "writev", "pwritev2", "sendmsg",
                                           "sendmmsg", "many", "dup", "thread", "fork", "stranger", "sendfile",
                                           "sendfile_offset", "splice"),
                         [](const auto& one) { return std::string(one.param); });

TEST_F(RecordSyscalls, IPv6AndMappedIPv4) {
  start("6");
  const auto recorder = start_recording({"--pid", std::to_string(server_->pid())});
  const auto mapped = connect();
  talk(*mapped, "recv", "send", 10);
  const RawClient::Address six{"::1", std::stoi(where_)};
  server_->signal(0);
  mapped->close();
  RawClient client(six);
  talk(client, "recv", "send", 10);
  stop_recording(*recorder);
  expect_all_whole();
  EXPECT_EQ(connection(stored().front().row.connection_id).local, "127.0.0.1:" + where_);
  EXPECT_EQ(connection(stored().back().row.connection_id).local, "[::1]:" + where_);
}

TEST_F(RecordSyscalls, UnixSockets) {
  start("unix");
  const auto recorder = start_recording(arguments());
  for (const char* in : {"read", "recvmsg", "peek"}) {
    const auto client = connect();
    talk(*client, in, "sendmsg", 200'000);
  }
  stop_recording(*recorder);
  expect_all_whole();
}

// A close ends the connection only when it was the last one, of whichever process.
TEST_F(RecordSyscalls, UnixSocketsWithSeveralDescriptors) {
  start("unix");
  const auto recorder = start_recording(arguments());
  for (const char* out : {"dup", "fork", "dup", "fork"}) {
    const auto client = connect();
    talk(*client, "read", out, 5000, 2);
  }
  stop_recording(*recorder);
  expect_all_whole();
}

TEST_F(RecordSyscalls, SeveralMessagesByOneCallOnUnixSockets) {
  hook_calls();
  start("unix");
  const auto recorder = start_recording(arguments());
  const auto client = connect();
  talk(*client, "recvmmsg", "sendmmsg", 200'000);
  stop_recording(*recorder);
  expect_all_whole();
}

// The first one is a hole of known length. Then calls are hooked, and the next is recorded.
TEST_F(RecordSyscalls, WhatOnlyCallsTellIsAHoleUntilTheyAreHooked) {
  for (const char* out : {"sendmmsg", "splice"}) {
    sent_.clear();
    seen_.clear();
    start();
    const auto recorder = start_recording(arguments());
    talk(*connect(), "read", out, 5000, 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // by then they are
    talk(*connect(), "read", out, 5000, 1);
    recorder->signal(SIGINT);
    EXPECT_EQ(recorder->wait(), 0) << recorder->err();
    const auto rows = stored();
    ASSERT_EQ(rows.size(), 2U) << recorder->err();
    EXPECT_TRUE(rows[1].row.complete) << rows[1].row.notes;
    EXPECT_TRUE(rows[1].response == seen_[1]);
    if (rows[0].row.complete) continue;  // this kernel's calls were hooked from the start
    EXPECT_GE(ledger("lost.no_buffer").bytes, 5000U);
    EXPECT_EQ(rows[0].response.find(letters(100)), std::string::npos);
  }
}

TEST_F(RecordSyscalls, DescriptorZero) {
  start("4", {"zero"});
  const auto recorder = start_recording({"--pid", std::to_string(server_->pid())});
  const auto client = connect();
  talk(*client, "recv", "write", 1000);
  stop_recording(*recorder);
  expect_all_whole();
}

TEST_F(RecordSyscalls, TheSameDescriptorForOneConnectionAfterTheOther) {
  start();
  const auto recorder = start_recording({"--pid", std::to_string(server_->pid())});
  for (int i = 0; i < 20; ++i) {
    const auto client = connect();
    talk(*client, "read", "write", static_cast<std::size_t>(i), 1);
  }
  stop_recording(*recorder);
  expect_all_whole();
}

TEST_F(RecordSyscalls, AResponseAfterTheClientHasShutItsSide) {
  start();
  const auto recorder = start_recording({"--pid", std::to_string(server_->pid())});
  for (const char* out : {"write", "shutdown"}) {
    const auto client = connect();
    const std::string request = std::string("GET /recv/") + out + "/300000 HTTP/1.1\r\nHost: a\r\n\r\n";
    client->send(request);
    client->end_sending();
    sent_.push_back(request);
    seen_.push_back(client->read_response());
    EXPECT_EQ(client->read_to_end(), "");
  }
  stop_recording(*recorder);
  expect_all_whole();
}

TEST_F(RecordSyscalls, ADescriptorThatIsClosedWhileAThreadReadsFromIt) {
  start();
  const auto recorder = start_recording({"--pid", std::to_string(server_->pid())});
  const auto client = connect();
  talk(*client, "read", "closer", 1000, 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(400));  // until it has been closed
  const std::string unseen = "GET /read/write/10 HTTP/1.1\r\nHost: a\r\n\r\n";
  client->send(unseen);
  EXPECT_EQ(client->read_to_end(), "");
  client->close();
  const auto next = connect();
  talk(*next, "read", "write", 1000, 1);
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  expect_all_whole();
  // At the call's end the descriptor is gone; where the socket moves bytes it can be seen how many.
  EXPECT_EQ(ledger("unseen.position").bytes + ledger("lost.no_buffer").bytes, unseen.size());
}

// The bytes cannot be had; what is known is how many: the exchange is there, with true lengths, and not called
// complete.
TEST_F(RecordSyscalls, APipeThatWasWrittenToIsACountedHole) {
  hook_calls();
  start();
  const auto recorder = start_recording(arguments());
  const auto client = connect();
  talk(*client, "read", "written_pipe", 5000, 1);
  talk(*client, "read", "mixed_pipe", 5000, 1);
  talk(*client, "read", "splice", 5000, 1);
  talk(*client, "read", "write", 10, 1);
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 4U);
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_FALSE(rows[i].row.complete);
    EXPECT_EQ(rows[i].row.response_body.wire_bytes, 5000U);
    EXPECT_EQ(rows[i].row.response_body.captured_bytes, 0U);
  }
  EXPECT_TRUE(rows[2].row.complete) << rows[2].row.notes;
  EXPECT_TRUE(rows[2].response == seen_[2]);
  EXPECT_TRUE(rows[3].row.complete);
  EXPECT_EQ(ledger("lost.splice").bytes, 10'000U);
}

TEST_F(RecordSyscalls, BytesThatTheServerThrowsAwayAreACountedHole) {
  start();
  const auto recorder = start_recording({"--pid", std::to_string(server_->pid())});
  const auto client = connect();
  client->send("POST /trunc/write/10 HTTP/1.1\r\nContent-Length: 700\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client->read_interim(), "HTTP/1.1 100 Continue\r\n\r\n");
  client->send(letters(700));
  EXPECT_FALSE(client->read_response().empty());
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(rows[0].row.complete);
  EXPECT_EQ(rows[0].row.request_body.wire_bytes, 700U);
  EXPECT_EQ(rows[0].row.request_body.captured_bytes, 0U);
  EXPECT_EQ(ledger("lost.no_buffer").bytes, 700U);
}

TEST_F(RecordSyscalls, AFileThatChangesRightAfterItWasSentIsAHole) {
  start();
  const auto recorder = start_recording({"--pid", std::to_string(server_->pid())});
  recorder->signal(SIGSTOP);
  const auto client = connect();
  talk(*client, "read", "sendfile", 5000, 1);
  std::ofstream(file()) << std::string(2'000'026, '!');
  recorder->signal(SIGCONT);
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(rows[0].row.complete);
  EXPECT_EQ(rows[0].response.find('!'), std::string::npos);
  EXPECT_EQ(ledger("lost.file").bytes, 5000U);
}

}  // namespace
}  // namespace tracerec::e2e
