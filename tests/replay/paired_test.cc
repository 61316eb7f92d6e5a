// A recording replayed against two servers that alternate.
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "replay/alternation.h"
#include "tests/replay/recorded.h"
#include "tests/testing/raw_server.h"

namespace tracerec::replay::testing {
namespace {

constexpr const char* kUuid = "723bd033-dff5-4ff3-b1bf-aee9bea2340a";
constexpr const char* kNoBody = "Host: recorded\r\nContent-Length: 0\r\n";

// What all servers of a test saw, in one order: "L GET /1" when it came, "l GET /1" when it was answered.
class Log {
 public:
  void add(std::string line) {
    const std::lock_guard guard(mutex_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() {
    const std::lock_guard guard(mutex_);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

class Server {
 public:
  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  Server(Log& log, char name, Handler handler) : log_(log), name_(name), handler_(std::move(handler)) {
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(100'000);
    server_.new_task_queue = [] { return new httplib::ThreadPool(32); };
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      const std::string line = request.method + " " + request.target;
      log_.add(std::string(1, name_) + " " + line);
      handler_(request, response);
      log_.add(std::string(1, static_cast<char>(std::tolower(name_))) + " " + line);
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Server() {
    server_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return port_; }

 private:
  httplib::Server server_;
  Log& log_;
  char name_;
  Handler handler_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

void say_hello(const httplib::Request&, httplib::Response& response) {
  response.set_content("hello", "text/plain");
}

struct PairedTest : ::testing::Test {
  Log log;
  Recording recording;

  static ReplayOptions options_of(std::uint16_t target, std::uint16_t baseline) {
    ReplayOptions options = options_for(target);
    options.baseline = replay::Server{*Target::parse("127.0.0.1:" + std::to_string(baseline)), {}};
    return options;
  }
};

TEST_F(PairedTest, EachIsAskedAllAndOneGoesAfterTheOther) {
  std::vector<Recorded> exchanges;
  for (int i = 1; i <= 60; ++i) {
    exchanges.push_back({.connection = 1 + i % 3, .at_ns = i * kMs, .target = "/" + std::to_string(i)});
  }
  recording.add(exchanges);
  const Server target(log, 'L', say_hello), baseline(log, 'R', say_hello);
  ReplayOptions options = options_of(target.port(), baseline.port());
  for (const Pace pace : {Pace::kMax, Pace::kRecorded, Pace::kRate}) {
    options.pace = pace;
    options.rate = 2'000;
    const std::size_t before = log.lines().size();
    const auto summary = recording.replay(options);
    ASSERT_TRUE(summary) << summary.error().message;
    ASSERT_EQ(summary->baseline.size(), 1U);
    EXPECT_EQ(summary->answered, 60U);
    EXPECT_EQ(summary->baseline[0].answered, 60U);
    std::map<std::string, std::size_t> at;
    const std::vector<std::string> lines = log.lines();
    for (std::size_t i = before; i < lines.size(); ++i) at[lines[i]] = i;
    ASSERT_EQ(at.size(), 240U);
    for (int id = 1; id <= 60; ++id) {
      const std::string line = " GET /" + std::to_string(id);
      const bool left = Alternation::leads(Side::kLeft, id);
      EXPECT_LT(at[(left ? "l" : "r") + line], at[(left ? "R" : "L") + line]) << id;
    }
    auto reader = recording.reader();
    const auto run = reader->newest_run();
    EXPECT_EQ((*run)->id, summary->run_id);
    EXPECT_EQ((*run)->baseline_run_id, summary->baseline[0].run_id);
    EXPECT_EQ(reader->run(summary->baseline[0].run_id).value()->target,
              "http://127.0.0.1:" + std::to_string(baseline.port()));
  }
}

// The second is due when it is let go, not before, so that its latency is not mutated by the wait.
TEST_F(PairedTest, WaitingForTheOtherIsNoLatency) {
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 12; ++i)
    exchanges.push_back({.connection = 1 + i % 2, .at_ns = i * kMs, .target = "/" + std::to_string(i)});
  recording.add(exchanges);
  const Server slow(log, 'L', [](const httplib::Request& request, httplib::Response& response) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    say_hello(request, response);
  });
  const Server fast(log, 'R', say_hello);
  ReplayOptions options = options_of(slow.port(), fast.port());
  for (const Pace pace : {Pace::kMax, Pace::kRecorded}) {
    options.pace = pace;
    const auto summary = recording.replay(options);
    ASSERT_TRUE(summary) << summary.error().message;
    auto reader = recording.reader();
    for (int id = 1; id <= 12; ++id) {
      schema::StoredResponse leader = **reader->response(summary->run_id, id);
      schema::StoredResponse follower = **reader->response(summary->baseline[0].run_id, id);
      if (!Alternation::leads(Side::kLeft, id)) std::swap(leader, follower);
      EXPECT_GE(follower.intended_ns, leader.sent_ns + leader.duration_ns) << id;
      EXPECT_GE(follower.sent_ns, follower.intended_ns) << id;
    }
  }
}

// Each makes its own ids, and gets its own back.
TEST_F(PairedTest, ValuesAreThoseOfEachServer) {
  recording.add({{.at_ns = 0,
                  .method = "POST",
                  .target = "/notes",
                  .headers = kNoBody,
                  .status = 201,
                  .response = std::string("{\"id\": \"") + kUuid + "\"}"}});
  recording.add({{.connection = 2, .at_ns = 10 * kMs, .target = std::string("/notes/") + kUuid}});
  const auto maker = [](const std::string& id) {
    return [id](const httplib::Request&, httplib::Response& response) {
      response.set_content("{\"id\": \"" + id + "\"}", "application/json");
    };
  };
  const std::string left = "aaaaaaaa-dff5-4ff3-b1bf-aee9bea2340a", right = "bbbbbbbb-dff5-4ff3-b1bf-aee9bea2340a";
  const Server target(log, 'L', maker(left)), baseline(log, 'R', maker(right));
  const auto summary = recording.replay(options_of(target.port(), baseline.port()));
  ASSERT_TRUE(summary) << summary.error().message;
  const std::vector<std::string> lines = log.lines();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "L GET /notes/" + left), 1);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "R GET /notes/" + right), 1);
  EXPECT_EQ(count_of(summary->baseline[0], "values.replaced"), 1U);
}

// The writer knows large bodies by keys, which must not be the same for both replays.
TEST_F(PairedTest, LargeResponsesAreNotMixedUp) {
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 20; ++i) exchanges.push_back({.connection = i, .at_ns = i, .target = "/" + std::to_string(i)});
  recording.add(exchanges);
  const auto maker = [](char letter) {
    return [letter](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(300'000, letter), "text/plain");
    };
  };
  const Server target(log, 'L', maker('l')), baseline(log, 'R', maker('r'));
  ReplayOptions options = options_of(target.port(), baseline.port());
  options.max_connections = 20;
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary) << summary.error().message;
  auto reader = recording.reader();
  for (int id = 1; id <= 20; ++id) {
    const auto of_run = [&](schema::RowId run) {
      return *reader->load_body((*reader->response(run, id))->response_body, SIZE_MAX);
    };
    EXPECT_TRUE(of_run(summary->run_id) == std::string(300'000, 'l')) << id;
    EXPECT_TRUE(of_run(summary->baseline[0].run_id) == std::string(300'000, 'r')) << id;
  }
}

// Connections that wait for each other within a run and across the runs, with room for one.
TEST_F(PairedTest, NobodyWaitsForEver) {
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 90; ++i) {
    exchanges.push_back({.connection = 1 + (i * 7) % 10,
                         .at_ns = i * 2 * kMs,
                         .method = i % 3 == 0 ? "POST" : "GET",
                         .target = "/things" + std::string(i % 2 == 0 ? "" : "/1"),
                         .headers = kNoBody});
  }
  recording.add(exchanges);
  const Server target(log, 'L', say_hello), baseline(log, 'R', say_hello);
  ReplayOptions options = options_of(target.port(), baseline.port());
  for (const OrderMode order : {OrderMode::kAuto, OrderMode::kStrict, OrderMode::kConnection}) {
    options.order = order;
    for (const std::size_t connections : {1U, 2U, 50U}) {
      options.max_connections = connections;
      const auto summary = recording.replay(options);
      ASSERT_TRUE(summary) << summary.error().message;
      EXPECT_EQ(summary->answered, 90U);
      EXPECT_EQ(summary->baseline[0].answered, 90U);
      EXPECT_EQ(count_of(*summary, "order.violations"), 0U);
    }
  }
}

TEST_F(PairedTest, ABaselineThatDiesReleasesTheOther) {
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 40; ++i) {
    exchanges.push_back({.connection = 1 + i % 4, .at_ns = i * kMs, .target = "/" + std::to_string(i)});
  }
  recording.add(exchanges);
  std::atomic<int> answered{0};
  tracerec::testing::RawServer dying([&](tracerec::testing::RawConnection& connection) {
    while (connection.read_request()) {
      if (++answered > 10) return connection.reset();
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
  });
  const Server target(log, 'L', say_hello);
  const auto summary = recording.replay(options_of(target.port(), dying.port()));
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->answered, 40U);
  EXPECT_EQ(summary->baseline[0].answered, 10U);
  EXPECT_EQ(summary->baseline[0].failed, 30U);
}

TEST_F(PairedTest, StoppedInTheMiddleBothLedgersBalance) {
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 100; ++i) {
    exchanges.push_back({.connection = 1 + i % 7, .at_ns = i * 3'600'000 * kMs, .target = "/" + std::to_string(i)});
  }
  recording.add(exchanges);
  const Server target(log, 'L', say_hello), baseline(log, 'R', say_hello);
  std::atomic<bool> stop{false};
  ReplayControl control{&stop, [&](const Progress& progress) {
                          if (progress.sent > 1) stop = true;
                        }};
  ReplayOptions options = options_of(target.port(), baseline.port());
  options.pace = Pace::kRecorded;
  const auto summary = recording.replay(options, control);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_TRUE(summary->interrupted);
  for (const ReplaySummary* one : {&*summary, &summary->baseline[0]}) {
    EXPECT_EQ(one->sent, 1U);
    EXPECT_EQ(count_of(*one, "skipped.interrupted"), 99U);
  }
}

TEST_F(PairedTest, TheRecordedServerIsNoBaselineAndNothingIsStoredWhenItCannotBeReached) {
  const Server target(log, 'L', say_hello), baseline(log, 'R', say_hello);
  recording.local = "127.0.0.1:" + std::to_string(baseline.port());
  recording.add({{}});
  const auto refused = recording.replay(options_of(target.port(), baseline.port()));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("--allow-recorded-target"), std::string::npos);
  const auto unreachable = recording.replay(options_of(target.port(), 1));
  ASSERT_FALSE(unreachable);
  EXPECT_NE(unreachable.error().message.find("cannot reach target http://127.0.0.1:1"), std::string::npos);
  EXPECT_TRUE(recording.reader()->runs()->empty());
  EXPECT_TRUE(log.lines().empty());
}

}  // namespace
}  // namespace tracerec::replay::testing
