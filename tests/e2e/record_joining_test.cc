// The recorder comes in the middle of an upload whose bytes look like requests.
#include <sys/ioctl.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

// Counts what it is sent, and says so; /early at once, before it reads on.
constexpr const char* kCounting = R"(
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def respond(self, text):
        self.send_response(200)
        self.send_header('Content-Length', str(len(text)))
        self.end_headers()
        self.wfile.write(text)
    def do_GET(self): self.respond(b'got')
    def do_POST(self):
        left = int(self.headers['Content-Length'])
        if self.path == '/early': self.respond(b'enough')
        while left > 0: left -= len(self.rfile.read1(min(left, 65536)))
        if self.path != '/early': self.respond(b'counted')
server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
server.daemon_threads = True
server.serve_forever()
)";

// A server and its client, whose connection is idle until there is a file of this name.
constexpr const char* kIdle = R"(
import http.client, http.server, os, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', '3')
        self.end_headers()
        self.wfile.write(b'got')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 8099), Handler)
server.daemon_threads = True
if os.fork() == 0:
    server.server_close()
    connection = http.client.HTTPConnection('127.0.0.1', 8099)
    def ask(path):
        connection.request('GET', path)
        connection.getresponse().read()
    ask('/before')
    open(sys.argv[1] + '/idle', 'w')
    while not os.path.exists(sys.argv[1] + '/go'): time.sleep(0.02)
    ask('/one')
    ask('/two')
    os._exit(0)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.wait()
)";

constexpr const char* kInvented = "GET /invented HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr const char* kReal = "GET /real HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr int kPieces = 4;

class RecordJoining : public KernelTest {
 protected:
  RecordJoining() : server_({"python3", "-c", kCounting, std::to_string(port_)}) {
    wait_for_port(port_);
    client_ = std::make_unique<Client>(port_);
  }

  class Client : public RawClient {
   public:
    using RawClient::RawClient;
    // What was sent is acknowledged: the server has it, and its next read begins with what comes next.
    [[nodiscard]] bool is_sent() const {
      int waiting = 0;
      return ::ioctl(fd(), TIOCOUTQ, &waiting) == 0 && waiting == 0;
    }
  };

  void begin_upload(const std::string& path) {
    const std::size_t bytes = 4 + kPieces * std::string_view(kInvented).size();
    client_->send("POST " + path + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\nabcd");
    EXPECT_TRUE(eventually([this] { return client_->is_sent(); }));
  }

  void end_upload() {
    for (int i = 0; i < kPieces; ++i) {
      client_->send(kInvented);
      EXPECT_TRUE(eventually([this] { return client_->is_sent(); }));
    }
  }

  void ask_twice() {
    for (int i = 0; i < 2; ++i) {
      client_->send(kReal);
      EXPECT_TRUE(client_->read_response().ends_with("got"));
    }
  }

  void expect_real(const Process& recorder, std::size_t count) const {
    const auto rows = stored();
    EXPECT_EQ(rows.size(), count) << recorder.err();
    for (const Stored& one : rows) {
      EXPECT_EQ(one.request, kReal);
      EXPECT_TRUE(one.row.complete) << one.row.notes;
    }
    EXPECT_NE(recorder.err().find("1 exchange was under way when the recorder came"), std::string::npos)
        << recorder.err();
  }

  const int port_ = free_port();
  const Process server_;
  std::unique_ptr<Client> client_;
};

// It was stored as "GET /invented", complete, with the response to the upload.
TEST_F(RecordJoining, AnUploadThatLooksLikeRequestsIsNoExchange) {
  begin_upload("/count");
  const auto recorder = start_recording({"--pid", std::to_string(server_.pid())});
  end_upload();
  EXPECT_TRUE(client_->read_response().ends_with("counted"));
  ask_twice();
  stop_recording(*recorder);
  expect_real(*recorder, 2);
}

// The response is there before the upload ends: the kernel says that the server spoke last. Several requests before a
// response are none, and so the connection is not joined any more.
TEST_F(RecordJoining, NorIsOneThatWasAnsweredBeforeItsEnd) {
  begin_upload("/early");
  EXPECT_TRUE(client_->read_response().ends_with("enough"));
  const auto recorder = start_recording({"--pid", std::to_string(server_.pid())});
  end_upload();
  ask_twice();
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), stored().empty() ? 2 : 0) << recorder->err();
  for (const Stored& one : stored()) EXPECT_FALSE(one.row.complete) << one.request;
}

// The kernel is asked in the network namespace of the server, as in a container.
TEST_F(RecordJoining, AnIdleConnectionInAnotherNetworkNamespaceIsJoinedAtOnce) {
  const Process server(
      {"unshare", "-n", "bash", "-c", "ip link set lo up; exec python3 -c \"$0\" \"$1\"", kIdle, folder()});
  EXPECT_TRUE(eventually([&] { return std::filesystem::exists(folder() + "/idle"); }));
  const auto recorder = start_recording({"--pid", std::to_string(server.pid()), "--no-children"});
  std::ofstream(folder() + "/go") << "now";
  recorder->wait();  // until the server ends
  std::vector<std::string> targets;
  for (const Stored& one : stored()) targets.push_back(one.row.target);
  EXPECT_EQ(targets, (std::vector<std::string>{"/one", "/two"})) << recorder->err();
}

}  // namespace
}  // namespace tracerec::e2e
