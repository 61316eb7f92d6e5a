// Streams of events without an end: recorded until the client leaves, replayed for a while, compared as far as both go.
#include <signal.h>

#include "harness.h"

namespace tracerec::e2e {
namespace {

// An event every PAUSE seconds whose price is PRICE times its number; a PRICE of "" sends none.
constexpr const char* kStreaming = R"(
import http.server, sys, time
PAUSE, PRICE = float(sys.argv[2]), sys.argv[3]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def log_message(self, *_): pass
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        try:
            number = 0
            while True:
                number += 1
                event = b'data: {"n":%d,"price":%d}\n\n' % (number, number * int(PRICE or 1))
                if PRICE: self.wfile.write(b'%x\r\n%s\r\n' % (len(event), event))
                time.sleep(PAUSE)
        except OSError: pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler)
server.daemon_threads = True
server.serve_forever()
)";

class Server {
 public:
  Server(const char* pause, const char* price)
      : process_({"python3", "-c", kStreaming, std::to_string(port_), pause, price}) {
    wait_for_port(port_);
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string pid() const { return std::to_string(process_.pid()); }

 private:
  const int port_ = free_port();
  const Process process_;
};

class StreamClient : public RawClient {
 public:
  using RawClient::RawClient;
  void read_until(std::string_view text) {
    std::string all;
    char room[4096];
    while (all.find(text) == std::string::npos) {
      const ssize_t got = read_some(room, sizeof room);
      ASSERT_GT(got, 0) << all;
      all.append(room, static_cast<std::size_t>(got));
    }
  }
};

class Streams : public KernelTest {
 protected:
  // Three events; then the client leaves, or the recording ends.
  void record(bool client_leaves) {
    const Server server("0.02", "10");
    const auto recorder = start_recording({"--pid", server.pid()});
    auto client = std::make_unique<StreamClient>(server.port());
    client->send("GET /prices HTTP/1.1\r\nHost: h\r\n\r\n");
    client->read_until("\"n\":3");
    if (client_leaves) client.reset();
    stop_recording(*recorder);
    const auto rows = stored();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].row.notes, "open_ended");
    EXPECT_NE(recorder->err().find("recorded 1 exchanges (0 incomplete, 1 open-ended)"), std::string::npos)
        << recorder->err();
  }

  [[nodiscard]] Outcome replay(const Server& target, const char* stream_for) const {
    return tracerec({"-d", db(), "replay", "--speed", "max", "--target", "127.0.0.1:" + std::to_string(target.port()),
                     "--stream-for", stream_for});
  }
};

TEST_F(Streams, TheSameServerPasses) {
  record(true);
  const Outcome same = replay(Server("0.02", "10"), "1h");
  EXPECT_EQ(same.exit_code, 0) << same.out << same.err;
}

TEST_F(Streams, OneThatSendsMoreOrLessPasses) {
  record(false);
  const Outcome faster = replay(Server("0", "10"), "1h");
  EXPECT_EQ(faster.exit_code, 0) << faster.out << faster.err;
  const Outcome slower = replay(Server("3600", "10"), "1s");
  EXPECT_EQ(slower.exit_code, 0) << slower.out << slower.err;
}

TEST_F(Streams, AnotherFieldFails) {
  record(true);
  const Outcome changed = replay(Server("0.02", "11"), "1h");
  EXPECT_EQ(changed.exit_code, 1) << changed.out << changed.err;
  EXPECT_NE(changed.out.find("data.price"), std::string::npos) << changed.out;
}

TEST_F(Streams, OneThatSendsNothingFails) {
  record(true);
  const Outcome silent = replay(Server("3600", ""), "1s");
  EXPECT_EQ(silent.exit_code, 1) << silent.out << silent.err;
  EXPECT_NE(silent.out.find("no event came"), std::string::npos) << silent.out;
}

TEST_F(Streams, CtrlCEndsAReplayInTheMiddleOfOne) {
  record(true);
  const Server target("3600", "10");
  Process replay({TRACEREC_BINARY, "-d", db(), "replay", "--speed", "max", "--target",
                  "127.0.0.1:" + std::to_string(target.port()), "--stream-for", "1h"});
  const std::string listed = "ss -Htn state established 'dport = :" + std::to_string(target.port()) + "'";
  EXPECT_TRUE(eventually([&] { return !run({"bash", "-c", listed}).out.empty(); }));
  replay.signal(SIGINT);
  EXPECT_EQ(replay.wait(), 130) << replay.err();
}

}  // namespace
}  // namespace tracerec::e2e
