// Recordings replayed against a proper server (cpp-httplib).
#include <gtest/gtest.h>
#include <httplib.h>

#include <mutex>
#include <thread>

#include "tests/replay/recorded.h"

namespace tracerec::replay::testing {
namespace {

// Notes every request, in the order in which it came.
class EchoServer {
 public:
  EchoServer() {
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(100'000);
    server_.set_keep_alive_timeout(60);
    server_.new_task_queue = [] { return new httplib::ThreadPool(16); };
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      respond(request, response);
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    server_.Put(".*", handle);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~EchoServer() {
    server_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return static_cast<std::uint16_t>(port_); }

  std::vector<std::string> seen() {
    const std::lock_guard guard(mutex_);
    return seen_;
  }

 private:
  void respond(const httplib::Request& request, httplib::Response& response) {
    {
      const std::lock_guard guard(mutex_);
      seen_.push_back(request.method + " " + request.target);
    }
    if (request.path == "/large") {
      response.set_content(std::string(std::stoul(request.get_param_value("n")), 'L'), "text/plain");
    } else {
      response.set_content(
          request.body + "|" + request.get_header_value("Host") + "|" + request.get_header_value("X-Test"),
          "text/plain");
    }
  }

  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

struct PlayerTest : ::testing::Test {
  EchoServer server;
  Recording recording;
  std::string host = "127.0.0.1:" + std::to_string(server.port());
};

TEST_F(PlayerTest, RequestsArriveAndResponsesAreStored) {
  recording.add({{.target = "/one"},
                 {.at_ns = 1, .method = "POST", .target = "/two", .body = "hello"},
                 {.connection = 2,
                  .at_ns = 2,
                  .method = "PUT",
                  .target = "/three",
                  .headers = "Host: x\r\nTransfer-Encoding: chunked\r\n",
                  .body = "3\r\nabc\r\n0\r\n\r\n"}});
  const auto summary = recording.replay(options_for(server.port()));
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->answered, 3u);
  EXPECT_EQ(summary->latency.count, 3u);
  EXPECT_EQ(recording.responses(), "1:200 2:200 3:200");
  EXPECT_EQ(recording.response_body(1), "|" + host + "|");
  EXPECT_EQ(recording.response_body(2), "hello|" + host + "|");
  EXPECT_EQ(recording.response_body(3), "abc|" + host + "|");
  const schema::StoredResponse response = recording.response(2);
  EXPECT_TRUE(response.response_head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_GE(response.ttfb_ns, 0);
  EXPECT_GE(response.duration_ns, response.ttfb_ns);
  EXPECT_GE(response.sent_ns, response.intended_ns);
}

TEST_F(PlayerTest, EveryPaceKeepsTheOrderOfAConnectionAndSendsAll) {
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 60; ++i) {
    exchanges.push_back({.connection = 1 + i % 3, .at_ns = i * kMs, .target = "/" + std::to_string(i)});
  }
  recording.add(exchanges);
  ReplayOptions options = options_for(server.port());
  for (const Pace pace : {Pace::kMax, Pace::kRecorded, Pace::kRate}) {
    options.pace = pace;
    options.speed = 2;
    options.rate = 2'000;
    const std::size_t before = server.seen().size();
    const auto summary = recording.replay(options);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->answered, 60u);
    std::vector<std::string> seen = server.seen();
    seen.erase(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(before));
    ASSERT_EQ(seen.size(), 60u);
    int last[3] = {-1, -1, -1};
    for (const std::string& line : seen) {
      const int number = std::stoi(line.substr(5));
      EXPECT_LT(last[number % 3], number);
      last[number % 3] = number;
    }
  }
}

TEST_F(PlayerTest, RecordedTimesAndEvenSlotsBecomeIntendedTimes) {
  recording.add(
      {{.at_ns = 0}, {.connection = 2, .at_ns = 30 * kMs}, {.at_ns = 50 * kMs}, {.connection = 2, .at_ns = 51 * kMs}});
  ReplayOptions options = options_for(server.port(), Pace::kRecorded);
  options.speed = 2;
  ASSERT_TRUE(recording.replay(options));
  const auto intended = [&] {
    std::vector<std::int64_t> times;
    for (int id = 1; id <= 4; ++id) {
      const schema::StoredResponse response = recording.response(id);
      EXPECT_GE(response.sent_ns, response.intended_ns) << "never early";
      times.push_back(response.intended_ns);
    }
    return times;
  };
  EXPECT_EQ(intended(), (std::vector<std::int64_t>{0, 15 * kMs, 25 * kMs, 25 * kMs + kMs / 2}));
  options.pace = Pace::kRate;
  options.rate = 100;
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(intended(), (std::vector<std::int64_t>{0, 10 * kMs, 20 * kMs, 30 * kMs}));
}

TEST_F(PlayerTest, HeadersAreSetAndRemoved) {
  recording.add({{.target = "/a", .headers = "Host: x\r\nX-Test: old\r\n"}, {.at_ns = 1, .target = "/b"}});
  ReplayOptions options = options_for(server.port());
  options.set_headers = {{"X-Test", "new"}};
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(recording.response_body(1), "|" + host + "|new");
  EXPECT_EQ(recording.response_body(2), "|" + host + "|new");
  options.set_headers.clear();
  options.remove_headers = {"x-test"};
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(recording.response_body(1), "|" + host + "|");
}

TEST_F(PlayerTest, SkippedExchangesAreCountedByReason) {
  recording.add({{.target = "/a"},
                 {.at_ns = 1, .target = "/b", .complete = false},
                 {.at_ns = 2, .target = "/ws", .status = 101},
                 {.at_ns = 3, .target = "/no"},
                 {.connection = 2, .at_ns = 4, .target = "/no"}});
  ReplayOptions options = options_for(server.port());
  options.filter.exclude = {*EndpointPattern::parse("/no")};
  for (const bool dry : {true, false}) {
    options.dry_run = dry;
    const auto summary = recording.replay(options);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(count_of(*summary, "planned"), 5u);
    EXPECT_EQ(count_of(*summary, "skipped.incomplete"), 1u);
    EXPECT_EQ(count_of(*summary, "skipped.upgrade"), 1u);
    EXPECT_EQ(count_of(*summary, "skipped.filtered"), 2u);
    EXPECT_EQ(summary->sent, 1u);
    EXPECT_EQ(server.seen().size(), dry ? 0u : 1u);
  }
  for (const Pace pace : {Pace::kRecorded, Pace::kRate}) {
    options.pace = pace;
    options.rate = 1'000;
    EXPECT_TRUE(recording.replay(options));
  }
}

TEST_F(PlayerTest, LargeBodiesBothWays) {
  const std::string body(3'000'000, 'B');
  recording.add({{.method = "POST", .target = "/up", .body = body}, {.at_ns = 1, .target = "/large?n=5000000"}});
  schema::BatchWriterOptions small_queue;
  small_queue.queue_bytes = 100'000;  // the writer is the slower one: nothing may be dropped
  const auto summary = recording.replay(options_for(server.port()), {}, small_queue);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_TRUE(recording.response_body(1) == body + "|" + host + "|");
  EXPECT_TRUE(recording.response_body(2) == std::string(5'000'000, 'L'));
}

TEST_F(PlayerTest, AtMostTheRecordedNumberOfConnectionsAtOnce) {
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 30; ++i) exchanges.push_back({.connection = i + 1, .at_ns = i * 10 * kMs});
  recording.add(exchanges);
  const auto summary = recording.replay(options_for(server.port()));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->peak_connections, 1u);
  EXPECT_EQ(summary->answered, 30u);
}

TEST_F(PlayerTest, TheRecordedServerIsRefusedUnlessAllowed) {
  recording.local = "[::1]:" + std::to_string(server.port());
  recording.add({{}});
  ReplayOptions options = options_for(server.port());
  const auto refused = recording.replay(options);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("--allow-recorded-target"), std::string::npos);
  EXPECT_TRUE(server.seen().empty());
  options.allow_recorded_target = true;
  EXPECT_TRUE(recording.replay(options));
}

TEST_F(PlayerTest, WhatCannotBeReplayedIsAnError) {
  const auto error = [&](const ReplayOptions& options) {
    const auto summary = recording.replay(options);
    return summary ? std::string() : summary.error().message;
  };
  EXPECT_NE(error(options_for(server.port())).find("has no exchanges"), std::string::npos);
  recording.add({{}});
  ReplayOptions options = options_for(server.port());
  options.recording_id = 9;
  EXPECT_NE(error(options).find("no recording 9"), std::string::npos);
  EXPECT_NE(error(options_for(1)).find("cannot reach target http://127.0.0.1:1: Connection refused"),
            std::string::npos);
  options = options_for(server.port());
  options.target.host = "no-such-host.invalid";
  EXPECT_NE(error(options).find("cannot resolve no-such-host.invalid"), std::string::npos);
  EXPECT_TRUE(recording.reader()->runs()->empty()) << "nothing is stored of a run that did not begin";
}

TEST_F(PlayerTest, StoppedInTheMiddleTheRestIsInterrupted) {
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 100; ++i) exchanges.push_back({.connection = 1 + i % 7, .at_ns = i * 3'600'000 * kMs});
  recording.add(exchanges);
  for (const Pace pace : {Pace::kRecorded, Pace::kRate}) {
    std::atomic<bool> stop{false};
    ReplayControl control{&stop, [&](const Progress& progress) {
                            if (progress.sent > 0) stop = true;
                          }};
    ReplayOptions options = options_for(server.port(), pace);
    options.rate = 0.001;
    const auto summary = recording.replay(options, control);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_TRUE(summary->interrupted);
    EXPECT_EQ(summary->sent, 1u);
    EXPECT_EQ(count_of(*summary, "skipped.interrupted"), 99u);
  }
}

}  // namespace
}  // namespace tracerec::replay::testing
