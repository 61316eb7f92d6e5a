// One request to a server that may be hostile: every response has an end, and what is kept of it is bounded.
#include "replay/one_request.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <poll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>

#include "tests/testing/raw_server.h"
#include "tests/testing/self_signed.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::replay {
namespace {

using tracerec::testing::RawConnection;
using tracerec::testing::RawServer;

constexpr auto kLong = std::chrono::minutes(5);  // a test that needs it has failed
constexpr auto kShort = std::chrono::milliseconds(200);

const OneRequest kGet{"GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", ""};

// "200 body", "200 bod…" or the error.
std::string describe(const Result<OneResponse>& response) {
  if (!response) return response.error().message;
  return std::to_string(response->status) + " " + response->body + (response->body_is_cut ? "…" : "");
}

std::string fetch(const RawServer& server, const OneRequestLimits& limits, const std::atomic<bool>* stop = nullptr) {
  const Target target = *Target::parse("127.0.0.1:" + std::to_string(server.port()));
  return describe(request_once(target, {}, kGet, limits, stop));
}

// Reads the request, then does that.
RawServer::Handler after_request(std::function<void(RawConnection&)> then) {
  return [then = std::move(then)](RawConnection& connection) {
    if (connection.read_request()) then(connection);
  };
}

RawServer::Handler responding(const std::string& bytes) {
  return after_request([bytes](RawConnection& connection) { connection.write(bytes); });
}

std::string fetch_bytes(const std::string& bytes, std::size_t max_body_bytes = 100) {
  const RawServer server(responding(bytes));
  return fetch(server, {kLong, max_body_bytes});
}

// A peer that sends these pieces, and then closes.
class PiecesStream final : public Stream {
 public:
  explicit PiecesStream(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  Task<ConnectFailure> connect() override { co_return ConnectFailure{}; }
  Task<Io> send(std::string_view, std::string_view) override { co_return Io::kDone; }
  Task<Received> receive() override {
    if (next_ == pieces_.size()) co_return Received{Io::kClosed, {}};
    co_return Received{Io::kDone, pieces_[next_++]};
  }
  void set_deadline(SteadyTime) override {}
  bool is_stale() override { return false; }

 private:
  std::vector<std::string> pieces_;
  std::size_t next_ = 0;
};

Task<void> keep(Stream& stream, std::string& text) {
  text = describe(co_await exchange_one(stream, kGet, 100));
}

std::string fetch_pieces(std::vector<std::string> pieces) {
  boost::asio::io_context io;
  PiecesStream stream(std::move(pieces));
  std::string text;
  boost::asio::co_spawn(io, keep(stream, text), boost::asio::detached);
  io.run();
  return text;
}

TEST(OneRequest, ResponsesOfEachFraming) {
  EXPECT_EQ(fetch_bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "200 ok");
  EXPECT_EQ(fetch_bytes("HTTP/1.1 404 N\r\n\r\nuntil the end"), "404 until the end");
  EXPECT_EQ(fetch_bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            "200 2\r\nok\r\n0\r\n\r\n");
  EXPECT_EQ(fetch_bytes("HTTP/1.1 103 E\r\nLink: x\r\n\r\nHTTP/1.1 204 N\r\n\r\n"), "204 ");
}

TEST(OneRequest, EverySplitGivesTheSame) {
  const std::string bytes =
      "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
  const std::string whole = fetch_pieces({bytes});
  EXPECT_EQ(whole, "200 2\r\nok\r\n0\r\n\r\n");
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    EXPECT_EQ(fetch_pieces({bytes.substr(0, at), bytes.substr(at)}), whole) << at;
  }
}

TEST(OneRequest, ABodyIsCutAtTheLimit) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";
  EXPECT_EQ(fetch_bytes(head + "abcd", 4), "200 abcd");
  EXPECT_EQ(fetch_bytes(head + "abcd", 3), "200 abc…");
  EXPECT_EQ(fetch_bytes(head, 0), "200 ") << "the head is enough";
}

TEST(OneRequest, AnEndlessBodyEnds) {
  for (const char* head : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"}) {
    const RawServer server(after_request([head](RawConnection& connection) {
      connection.write(head);
      while (connection.write(std::string(65536, 'x'))) {
      }
    }));
    EXPECT_EQ(fetch(server, {kLong, 3}), "200 xxx…");
  }
}

TEST(OneRequest, AnEndlessHeadEnds) {
  const RawServer server(after_request([](RawConnection& connection) {
    connection.write("HTTP/1.1 200 OK\r\n");
    while (connection.write("X: " + std::string(65536, 'x') + "\r\n")) {
    }
  }));
  EXPECT_EQ(fetch(server, {kLong, 100}), "not a valid HTTP/1 response: head too large");
}

TEST(OneRequest, InterimResponsesWithoutEndEnd) {
  const RawServer server(after_request([](RawConnection& connection) {
    while (connection.write("HTTP/1.1 102 Processing\r\n\r\n")) {
    }
  }));
  EXPECT_EQ(fetch(server, {kLong, 100}), "more than 32 interim responses");
}

TEST(OneRequest, BytesNowAndThenDoNotStretchTheTimeout) {
  for (const char* start : {"HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\n\r\n"}) {
    const RawServer server(after_request([start](RawConnection& connection) {
      connection.write(start);
      while (connection.write("x")) ::poll(nullptr, 0, 5);
    }));
    EXPECT_EQ(fetch(server, {kShort, std::size_t{1} << 20}), "timed out");
  }
}

TEST(OneRequest, AServerThatSaysNothingTimesOut) {
  const RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  EXPECT_EQ(fetch(server, {kShort, 100}), "timed out");
}

TEST(OneRequest, AServerThatDoesNotReadARequestTimesOut) {
  const RawServer server([](RawConnection& connection) { connection.wait_for_close(); });
  const Target target = *Target::parse("127.0.0.1:" + std::to_string(server.port()));
  const OneRequest large{"POST", "POST / HTTP/1.1\r\n\r\n", std::string(std::size_t{64} << 20, 'u')};
  EXPECT_EQ(describe(request_once(target, {}, large, {kShort, 100}, nullptr)), "timed out");
}

TEST(OneRequest, AServerThatClosesAtOnce) {
  const char* const closed = "the connection was closed before the response was complete";
  const RawServer orderly([](RawConnection&) {});
  EXPECT_EQ(fetch(orderly, {kLong, 100}), closed);
  const RawServer hard(after_request([](RawConnection& connection) { connection.reset(); }));
  EXPECT_EQ(fetch(hard, {kLong, 100}), closed);
  EXPECT_EQ(fetch_bytes("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"), closed);
  EXPECT_EQ(fetch_bytes("HTTP/1.1 200 OK\r\nContent-Le"), closed);
}

TEST(OneRequest, GarbageIsNotAResponse) {
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH_9.2\r\n\r\n"), std::string(100, '\0'), std::string("HTTP/1.1 2x0 OK\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")}) {
    EXPECT_EQ(fetch_bytes(bytes).rfind("not a valid HTTP/1 response: ", 0), 0U) << fetch_bytes(bytes);
  }
}

TEST(OneRequest, AFlagEndsIt) {
  std::atomic<bool> stop{false};
  const RawServer server(after_request([&stop](RawConnection& connection) {
    stop = true;
    connection.wait_for_close();
  }));
  EXPECT_EQ(fetch(server, {kLong, 100}, &stop), "timed out");
}

TEST(OneRequest, ATargetThatIsNotThere) {
  const RawServer* server = new RawServer([](RawConnection&) {});
  const Target gone = *Target::parse("127.0.0.1:" + std::to_string(server->port()));
  delete server;
  EXPECT_EQ(describe(request_once(gone, {}, kGet, {kLong, 1}, nullptr)), "Connection refused");
  const tracerec::testing::TempDir dir;
  const Target no_socket = *Target::parse("unix:" + dir.file("socket"));
  EXPECT_EQ(describe(request_once(no_socket, {}, kGet, {kLong, 1}, nullptr)), "No such file or directory");
}

TEST(OneRequest, OverTlsWithWhomItTrusts) {
  const tracerec::testing::TempDir dir;
  const std::string key = dir.file("key.pem"), certificate = dir.file("certificate.pem");
  ASSERT_TRUE(tracerec::testing::write_self_signed(key, certificate, "DNS:localhost"));
  httplib::SSLServer server(certificate.c_str(), key.c_str());
  server.Get("/",
             [](const httplib::Request&, httplib::Response& response) { response.set_content("in", "text/plain"); });
  const int port = server.bind_to_any_port("127.0.0.1");
  std::thread serving([&] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::yield();
  const Target target = *Target::parse("https://localhost:" + std::to_string(port));
  const OneRequestLimits limits{kLong, 100};
  EXPECT_EQ(describe(request_once(target, {.insecure = true}, kGet, limits, nullptr)), "200 in");
  EXPECT_EQ(describe(request_once(target, {.cacert = certificate}, kGet, limits, nullptr)), "200 in");
  EXPECT_NE(describe(request_once(target, {}, kGet, limits, nullptr)).find("certificate verify failed"),
            std::string::npos);
  EXPECT_NE(describe(request_once(target, {.cacert = dir.file("none")}, kGet, limits, nullptr)).find("--cacert"),
            std::string::npos);
  server.stop();
  serving.join();
}

}  // namespace
}  // namespace tracerec::replay
