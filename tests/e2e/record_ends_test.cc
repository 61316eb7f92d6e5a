// How connections and commands end, and what a recording says of what was no HTTP.
#include <signal.h>
#include <sys/socket.h>

#include <sstream>

#include "base/columns.h"
#include "harness.h"

namespace tracerec::e2e {
namespace {

// Answers without a length: /whole ends as it should, /until and /events when the client has sent its FIN,
// /events/reset with a reset, /big at once; everything else goes on for ever. Says "+OK" to what is no HTTP.
constexpr const char* kEndless = R"(
import os, socket, struct, sys, threading, time
def answer(peer):
    request = peer.recv(65536)
    if not request.startswith(b'GET'):
        while request: peer.sendall(b'+OK\r\n'); request = peer.recv(65536)
        return peer.close()
    kind = b'Content-Type: text/event-stream\r\n' if b'/events' in request else b''
    peer.sendall(b'HTTP/1.0 200 OK\r\n' + kind + b'\r\nfirst')
    if b'/events/reset' in request:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        return peer.close()
    if b'/big' in request:
        peer.sendall(os.urandom(100000))
        return peer.close()
    if b'/until' in request or b'/events' in request:
        while peer.recv(65536): pass
        return peer.close()
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
  // The notes of the exchange of this target.
  [[nodiscard]] std::string notes(const std::string& path) const {
    for (const Stored& one : stored()) {
      if (one.request.starts_with("GET " + path + " ")) return one.row.complete ? "complete" : one.row.notes;
    }
    return "missing";
  }
  void expect_complete(const std::string& path, bool complete) const {
    EXPECT_TRUE(notes(path).ends_with(complete ? "complete" : "response_cut")) << path << ": " << notes(path);
  }
  // Ends its side after the first bytes, for the server to notice.
  void leave(const std::string& path) const {
    RawClient client(port_);
    client.send("GET " + path + " HTTP/1.0\r\n\r\n");
    client.end_sending();
    EXPECT_TRUE(client.read_to_end().ends_with("first"));
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

// The server has ended it, but only because the client went.
TEST_F(RecordEnds, ABodyWithoutLengthThatEndsAfterTheClientIsNotComplete) {
  const auto recorder = start();
  leave("/until");
  leave("/events");
  ResettingClient reset(port_);
  reset.send("GET /events/2 HTTP/1.0\r\n\r\n");
  (void)reset.read_interim();
  reset.reset();
  usleep(300'000);  // the server finds out
  stop_recording(*recorder);
  expect_complete("/until", false);
  EXPECT_EQ(notes("/events"), "open_ended");
  EXPECT_EQ(notes("/events/2"), "open_ended");
}

TEST_F(RecordEnds, AStreamOfEventsThatItsServerBrokeOffIsNotOpenEnded) {
  const auto recorder = start();
  RawClient reset(port_);
  reset.send("GET /events/reset HTTP/1.0\r\n\r\n");
  (void)reset.read_to_end();
  const RawClient killed(port_);
  killed.send("GET /events/killed HTTP/1.0\r\n\r\n");
  usleep(200'000);
  server_.signal(SIGKILL);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  EXPECT_EQ(notes("/events/reset"), "response_cut");
  EXPECT_EQ(notes("/events/killed"), "response_cut");
}

// setrlimit(2): the signal SIGXFSZ would end the recorder without a word.
TEST_F(RecordEnds, AFileThatMayNotGrowIsAnErrorWithALedger) {
  Process recorder({"sh", "-c", "ulimit -f 2000; exec \"$0\" \"$@\"", TRACEREC_BINARY, "-d", db(), "record", "--pid",
                    std::to_string(server_.pid())});
  ASSERT_TRUE(recorder.wait_for_stderr("recording pid")) << recorder.err();
  for (int i = 0; i < 60; ++i) {
    RawClient client(port_);
    client.send("GET /big HTTP/1.0\r\n\r\n");
    (void)client.read_to_end();
  }
  recorder.signal(SIGINT);
  EXPECT_EQ(recorder.wait(), 2);
  EXPECT_NE(recorder.err().find("lost.write_error"), std::string::npos) << recorder.err();
}

TEST_F(RecordEnds, NorIsOneOfACallThatTheProcessLeft) {
  const int port = free_port();
  const Process other({"python3", "-c", kEndless, std::to_string(port)});
  wait_for_port(port);
  const std::string call = R"(
import socket, sys
for path in ('/until', '/whole'):
    peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    peer.sendall(b'GET %s HTTP/1.0\r\n\r\n' % path.encode())
    if path == '/until': peer.recv(65536); peer.shutdown(socket.SHUT_WR)
    while peer.recv(65536): pass
    peer.close()
)";
  EXPECT_EQ(tracerec({"-d", db(), "record", "--outgoing", "--", "python3", "-c", call, std::to_string(port)}).exit_code,
            0);
  expect_complete("/until", false);
  expect_complete("/whole", true);
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
}

// A command that did nothing over HTTP was not recorded: that is no success.
TEST_F(RecordEnds, ARecordingOfNothingIsNoSuccess) {
  const Outcome command = tracerec({"-d", db(), "record", "--", "true"});
  EXPECT_EQ(command.exit_code, 2);
  EXPECT_NE(command.err.find("tracerec: nothing was recorded: "), std::string::npos) << command.err;
  const std::string pid = std::to_string(server_.pid());
  const Outcome silent = tracerec({"-d", db(), "record", "--pid", pid, "--for", "200ms"});
  EXPECT_EQ(silent.exit_code, 2);
  EXPECT_NE(silent.err.find("no request arrived at port " + std::to_string(port_)), std::string::npos) << silent.err;
  const Outcome other = tracerec({"-d", db(), "record", "--pid", pid, "--port", "1", "--for", "200ms"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_NE(other.err.find("listens at port " + std::to_string(port_) + ", and --port says port 1;"), std::string::npos)
      << other.err;
  const std::string call =
      "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:" + std::to_string(port_) + "/whole').read()";
  const Outcome client = tracerec({"-d", db(), "record", "--", "python3", "-c", call});
  EXPECT_EQ(client.exit_code, 2);
  EXPECT_NE(client.err.find("only called others"), std::string::npos) << client.err;
}

TEST_F(RecordEnds, TheFirstProcessOfAMachineIsWarnedOf) {
  const auto warns = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"-d", db(), "record", "--for", "100ms", "--pid"});
    return tracerec(more).err.find("pid 1 is the init") != std::string::npos;
  };
  EXPECT_TRUE(warns({"1"}));
  EXPECT_FALSE(warns({"1", "--no-children"}));
  EXPECT_FALSE(warns({std::to_string(server_.pid())}));
}

// One that is longer than the terminal is wide cannot be rewritten.
TEST_F(RecordEnds, ALineOnATerminalShowsHowThingsStand) {
  const std::string record = std::string(TRACEREC_BINARY) + " -d " + db() + " record --pid " +
                             std::to_string(server_.pid()) + " --max-exchanges 1 --for 20s";
  const Process terminal({"script", "-qec", "stty cols 70; " + record, "/dev/null"});
  const auto shows = [&](const std::string& what) { return terminal.out().find(what) != std::string::npos; };
  ASSERT_TRUE(eventually([&] { return shows("s  0 exchanges  0/s"); })) << terminal.out();
  RawClient client(port_);
  client.send("GET /whole?token=sesame HTTP/1.0\r\n\r\n");
  (void)client.read_to_end();
  EXPECT_TRUE(eventually([&] { return shows("recorded 1 exchanges"); })) << terminal.out();
  EXPECT_FALSE(shows("sesame"));
  std::istringstream lines(terminal.out());
  for (std::string line; std::getline(lines, line, '\r');) {
    if (!line.starts_with("\x1b[K") || line.find("exchanges  ") == std::string::npos) continue;
    EXPECT_LT(display_width(line.substr(3)), 70U) << line;
  }
}

TEST_F(RecordEnds, ACommandThatCannotStartLeavesNoRecording) {
  EXPECT_EQ(tracerec({"-d", db(), "record", "--", "/no/such/command"}).exit_code, 2);
  EXPECT_EQ(tracerec({"-d", db(), "ls"}).out.find("/no/such/command"), std::string::npos);
}

// Not even root may look into it in a container, and was told to be root.
TEST_F(RecordEnds, RootIsNotToldToBeRoot) {
  const Outcome outcome = tracerec({"-d", db(), "record", "--pid", "1", "--no-children", "--for", "200ms"});
  EXPECT_EQ(outcome.exit_code, 2) << "nothing was recorded" << outcome.err;
  EXPECT_NE(outcome.err.find("recording pid 1 "), std::string::npos) << outcome.err;
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
