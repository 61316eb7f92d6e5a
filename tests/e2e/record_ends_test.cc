// How connections and commands end, and what a recording says of what was no HTTP.
#include <signal.h>
#include <sys/socket.h>

#include "harness.h"

namespace tracerec::e2e {
namespace {

// Answers without a length: /whole ends as it should, everything else goes on for ever. Says "+OK" to what is no HTTP.
constexpr const char* kEndless = R"(
import socket, sys, threading, time
def answer(peer):
    request = peer.recv(65536)
    if not request.startswith(b'GET'):
        while request: peer.sendall(b'+OK\r\n'); request = peer.recv(65536)
        return peer.close()
    peer.sendall(b'HTTP/1.0 200 OK\r\n\r\nfirst')
    if b'/whole' in request:
        peer.sendall(b' last')
        return peer.close()
    try:
        while True: peer.sendall(b'more'); time.sleep(0.05)
    except OSError: pass
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('127.0.0.1', int(sys.argv[1])))
server.listen(100)
while True:
    peer, _ = server.accept()
    threading.Thread(target=answer, args=(peer,), daemon=True).start()
)";

class ResettingClient : public RawClient {
 public:
  using RawClient::RawClient;
  void reset() {
    const linger now{1, 0};
    ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
};

class RecordEnds : public KernelTest {
 protected:
  RecordEnds() : server_({"python3", "-c", kEndless, std::to_string(port_)}) { wait_for_port(port_); }
  [[nodiscard]] std::unique_ptr<Process> start() { return start_recording({"--pid", std::to_string(server_.pid())}); }
  // The exchange of this target is there, and is complete or not.
  void expect_complete(const std::string& path, bool complete) const {
    for (const Stored& one : stored()) {
      if (!one.request.starts_with("GET " + path + " ")) continue;
      EXPECT_EQ(one.row.complete, complete) << path;
      return;
    }
    ADD_FAILURE() << path << " is missing";
  }

  const int port_ = free_port();
  const Process server_;
};

TEST_F(RecordEnds, ABodyWithoutLengthIsCompleteOnlyWhenItsEndWasSeen) {
  const auto recorder = start();
  RawClient whole(port_);
  whole.send("GET /whole HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(whole.read_to_end().ends_with("first last"));
  ResettingClient reset(port_);
  reset.send("GET /reset HTTP/1.0\r\n\r\n");
  (void)reset.read_interim();
  reset.reset();
  const RawClient open(port_);
  open.send("GET /open HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return fs_bytes(db() + "-wal") + fs_bytes(db()) > 0; }));
  usleep(300'000);  // the server finds out about the reset
  stop_recording(*recorder);
  expect_complete("/whole", true);
  expect_complete("/reset", false);
  expect_complete("/open", false);
}

TEST_F(RecordEnds, AProcessThatIsKilledCutsItsBodies) {
  const auto recorder = start();
  const RawClient client(port_);
  client.send("GET /killed HTTP/1.0\r\n\r\n");
  usleep(200'000);
  server_.signal(SIGKILL);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  expect_complete("/killed", false);
}

TEST_F(RecordEnds, WhatSpeaksNoHttpIsSaid) {
  const auto recorder = start_recording({"--fail-on-loss", "--pid", std::to_string(server_.pid())});
  for (int i = 0; i < 2; ++i) {
    RawClient client(port_);
    client.send("*1\r\n$4\r\nPING\r\n");
    client.end_sending();
    EXPECT_EQ(client.read_to_end(), "+OK\r\n");
  }
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 2);
  EXPECT_NE(recorder->err().find("2 connections spoke no HTTP"), std::string::npos) << recorder->err();
  EXPECT_NE(recorder->err().find("(100 %) not read as HTTP/1"), std::string::npos) << recorder->err();
  EXPECT_NE(recorder->err().find("--fail-on-loss"), std::string::npos) << recorder->err();
  EXPECT_EQ(recorder->err().find("0 bytes lost"), std::string::npos) << recorder->err();
  EXPECT_EQ(recorder->err().find("did requests arrive"), std::string::npos) << recorder->err();
}

TEST_F(RecordEnds, TheExitCodeOfACommandIsThatOfTheRecording) {
  EXPECT_EQ(tracerec({"-d", db(), "record", "--", "sh", "-c", "exit 3"}).exit_code, 3);
  EXPECT_EQ(tracerec({"-d", db(), "record", "--", "sh", "-c", "kill -9 $$"}).exit_code, 128 + SIGKILL);
  EXPECT_EQ(tracerec({"-d", db(), "record", "--", "true"}).exit_code, 0);
}

TEST_F(RecordEnds, ACommandThatCannotStartLeavesNoRecording) {
  EXPECT_EQ(tracerec({"-d", db(), "record", "--", "/no/such/command"}).exit_code, 2);
  EXPECT_EQ(tracerec({"-d", db(), "ls"}).out.find("/no/such/command"), std::string::npos);
}

// Not even root may look into it in a container, and was told to be root.
TEST_F(RecordEnds, RootIsNotToldToBeRoot) {
  const Outcome outcome = tracerec({"-d", db(), "record", "--pid", "1", "--no-children", "--for", "200ms"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.err.find("run as root"), std::string::npos) << outcome.err;
}

// A terminal and a wrapper around the recorder may each send one.
TEST_F(RecordEnds, ASecondSignalAtOnceDoesNotCutTheEnd) {
  const auto recorder = start();
  RawClient whole(port_);
  whole.send("GET /whole HTTP/1.0\r\n\r\n");
  (void)whole.read_to_end();
  recorder->signal(SIGINT);
  usleep(1'000);
  recorder->signal(SIGINT);
  usleep(1'000);
  recorder->signal(SIGTERM);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  expect_complete("/whole", true);
}

}  // namespace
}  // namespace tracerec::e2e
