// Recordings with causes in them, replayed against a server that makes other values.
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "tests/replay/recorded.h"

namespace tracerec::replay::testing {
namespace {

constexpr const char* kUuid = "723bd033-dff5-4ff3-b1bf-aee9bea2340a";
// cpp-httplib waits for a body when a POST does not say that it has none.
constexpr const char* kNoBody = "Host: recorded\r\nContent-Length: 0\r\n";
constexpr const char* kOther = "11111111-aaaa-4ff3-b1bf-aee9bea2340a";

// Written by the test, read by the threads of the server.
template <class Value>
class ByPath {
 public:
  void set(const std::string& path, Value value) {
    const std::lock_guard guard(mutex_);
    values_[path] = std::move(value);
  }
  std::optional<Value> get(const std::string& path) const {
    const std::lock_guard guard(mutex_);
    const auto found = values_.find(path);
    return found == values_.end() ? std::nullopt : std::optional<Value>(found->second);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, Value> values_;
};

// Notes requests in the order in which they came, and responds to each path as it is told.
class Target {
 public:
  Target() {
    server_.set_tcp_nodelay(true);
    server_.new_task_queue = [] { return new httplib::ThreadPool(16); };
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      respond(request, response);
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    server_.Put(".*", handle);
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Target() {
    server_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::vector<std::string> seen() {
    const std::lock_guard guard(mutex_);
    return seen_;
  }

  // Of each request, the times that it names in its conditions.
  std::vector<std::string> conditions() {
    const std::lock_guard guard(mutex_);
    return conditions_;
  }

  // By path: status and body. 204 when it is not here.
  ByPath<std::pair<int, std::string>> responses;
  ByPath<std::string> cookies;  // set by a path, one a line
  ByPath<std::string> last_modified;
  ByPath<int> slow_ms;  // how long a path takes

 private:
  void respond(const httplib::Request& request, httplib::Response& response) {
    if (const auto ms = slow_ms.get(request.path)) std::this_thread::sleep_for(std::chrono::milliseconds(*ms));
    {
      const std::lock_guard guard(mutex_);
      conditions_.push_back(request.get_header_value("If-Modified-Since") +
                            request.get_header_value("If-Unmodified-Since") + request.get_header_value("If-Range"));
      seen_.push_back(request.method + " " + request.target + " " + request.get_header_value("Cookie") + request.body);
    }
    if (const auto time = last_modified.get(request.path)) response.set_header("Last-Modified", *time);
    std::istringstream several(cookies.get(request.path).value_or(""));
    for (std::string one; std::getline(several, one);) response.headers.emplace("Set-Cookie", one);
    const auto found = responses.get(request.path);
    response.status = found ? found->first : 204;
    if (found) response.set_content(found->second, "application/json");
  }

  httplib::Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  std::vector<std::string> conditions_;
};

std::string id_of(const std::string& value) {
  return "{\"id\": \"" + value + "\"}";
}

struct CausalityTest : ::testing::Test {
  Target target;
  Recording recording;
  ReplayOptions options = options_for(target.port());

  // A note is made on one connection and used on another.
  void record_note() {
    recording.add({{.at_ns = 0,
                    .method = "POST",
                    .target = "/notes",
                    .headers = kNoBody,
                    .status = 201,
                    .response = id_of(kUuid)}});
    recording.add({{.connection = 2, .at_ns = 10 * kMs, .target = std::string("/notes/") + kUuid + "?full=1"},
                   {.connection = 2, .at_ns = 20 * kMs, .method = "PUT", .target = "/a", .body = id_of(kUuid)}});
  }

  std::vector<schema::Substitution> substitutions(schema::RowId exchange) {
    auto reader = recording.reader();
    return *reader->substitutions_in((*reader->newest_run())->id, exchange);
  }
};

TEST_F(CausalityTest, ValuesBecomeThoseOfTheTarget) {
  record_note();
  target.responses.set("/notes", {201, id_of(kOther)});
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(target.seen(), (std::vector<std::string>{"POST /notes ", std::string("GET /notes/") + kOther + "?full=1 ",
                                                     "PUT /a " + id_of(kOther)}));
  EXPECT_EQ(count_of(*summary, "values.replaced"), 2u);
  EXPECT_EQ(count_of(*summary, "order.violations"), 0u);
  EXPECT_EQ(substitutions(2), (std::vector<schema::Substitution>{{"path segment 2", 1, "$.id", true}}));
  EXPECT_EQ(substitutions(3), (std::vector<schema::Substitution>{{"$.id", 1, "$.id", true}}));
}

TEST_F(CausalityTest, WithoutCorrelationTheyStay) {
  record_note();
  target.responses.set("/notes", {201, id_of(kOther)});
  options.correlate = false;
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(target.seen().back(), "PUT /a " + id_of(kUuid));
  EXPECT_TRUE(substitutions(2).empty());
}

TEST_F(CausalityTest, ALongerValueChangesTheLengthOfTheBody) {
  record_note();
  target.responses.set("/notes", {201, id_of(std::string(kOther) + "-and-more")});
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(target.seen().back(), "PUT /a " + id_of(std::string(kOther) + "-and-more"));
}

TEST_F(CausalityTest, WhatNeedsAMissingValueIsNotSentNorWhatIsBehindIt) {
  recording.add(
      {{.at_ns = 0, .method = "POST", .target = "/notes", .headers = kNoBody, .status = 201, .response = id_of(kUuid)},
       {.at_ns = 10 * kMs,
        .target = std::string("/notes/") + kUuid,
        .response = std::string("{\"version\": \"") + kOther + "\"}"},
       {.at_ns = 20 * kMs, .target = std::string("/versions/") + kOther},
       {.at_ns = 30 * kMs, .target = "/other"}});
  target.responses.set("/notes", {500, "{}"});
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(recording.responses(), "1:500 2:unresolved 3:unresolved 4:204");
  EXPECT_EQ(count_of(*summary, "failed.unresolved"), 2u);
  EXPECT_EQ(target.seen(), (std::vector<std::string>{"POST /notes ", "GET /other "}));
  EXPECT_EQ(substitutions(3), (std::vector<schema::Substitution>{{"path segment 2", 2, "$.version", false}}));
}

TEST_F(CausalityTest, AProducerThatIsFilteredLeavesItsValuesUnresolved) {
  record_note();
  options.filter.exclude.push_back(*EndpointPattern::parse("POST /**"));
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(count_of(*summary, "failed.unresolved"), 2u);
}

TEST_F(CausalityTest, TheNewestCookieThatTheTargetSetIsSent) {
  const std::string recorded = "sid=Zx81kQp0Tr55aWmB";
  recording.add({{.at_ns = 0,
                  .method = "POST",
                  .target = "/login",
                  .headers = kNoBody,
                  .response_headers = "Set-Cookie: " + recorded + "\r\n"}});
  recording.add({{.connection = 2, .at_ns = 10 * kMs, .target = "/one", .headers = "Cookie: a=b; " + recorded + "\r\n"},
                 {.connection = 2, .at_ns = 20 * kMs, .target = "/two", .headers = "Cookie: " + recorded + "\r\n"}});
  target.cookies.set("/login", "sid=first");
  target.cookies.set("/one", "sid=second; Path=/");
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(target.seen(),
            (std::vector<std::string>{"POST /login ", "GET /one a=b; sid=first", "GET /two sid=second"}));
}

// RFC 6265 §5.3: the last of a name is the cookie. Frameworks delete the old session and set the new one in one
// response; with the first one the session is lost.
TEST_F(CausalityTest, OfTwoSetCookiesOfOneNameTheLastIsCarried) {
  const std::string recorded = "sid=Zx81kQp0Tr55aWmB";
  recording.add({{.method = "POST",
                  .target = "/login",
                  .headers = kNoBody,
                  .response_headers = "Set-Cookie: sid=deleted\r\nSet-Cookie: " + recorded + "\r\n"},
                 {.at_ns = 10 * kMs, .target = "/one", .headers = "Cookie: " + recorded + "\r\n"}});
  target.cookies.set("/login", "sid=deleted; Path=/\nsid=of-the-target\nsid=deleted; Path=/old; Max-Age=0");
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(target.seen().back(), "GET /one sid=of-the-target");
}

// With the recorded time the target would send 200 and a body, where 304 was recorded.
TEST_F(CausalityTest, TheTargetsLastModifiedIsCarried) {
  const std::string then = "Tue, 14 Nov 2023 22:13:20 GMT", now = "Wed, 15 Nov 2023 10:00:00 GMT";
  recording.add(
      {{.target = "/page", .response_headers = "Last-Modified: " + then + "\r\n"},
       {.at_ns = 10 * kMs, .target = "/page", .headers = "If-Modified-Since: " + then + "\r\n", .status = 304},
       {.at_ns = 20 * kMs, .target = "/page", .headers = "If-Unmodified-Since: " + then + "\r\n"},
       {.at_ns = 30 * kMs, .target = "/page", .headers = "If-Range: " + then + "\r\n"},
       {.at_ns = 40 * kMs, .target = "/else", .headers = "If-Modified-Since: " + then + "\r\n"}});
  target.last_modified.set("/page", now);
  ASSERT_TRUE(recording.replay(options));
  EXPECT_EQ(target.conditions(), (std::vector<std::string>{"", now, now, now, then}));
}

// The dependency starts later than the connection that waits for it.
TEST_F(CausalityTest, AConnectionThatWaitsDoesNotKeepTheOneItWaitsForFromBeingOpened) {
  recording.add({{.connection = 1, .at_ns = 0, .target = "/first"}});
  recording.add({{.connection = 2,
                  .at_ns = 10 * kMs,
                  .method = "POST",
                  .target = "/notes",
                  .headers = kNoBody,
                  .status = 201,
                  .response = id_of(kUuid)}});
  recording.add({{.connection = 1, .at_ns = 50 * kMs, .target = std::string("/notes/") + kUuid}});
  target.responses.set("/notes", {201, id_of(kOther)});
  options.max_connections = 1;
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->answered, 3u);
  EXPECT_EQ(target.seen().back(), std::string("GET /notes/") + kOther + " ");
  EXPECT_EQ(count_of(*summary, "order.waits"), 1u);
}

// A slow response delays what depends on it and nothing else.
TEST_F(CausalityTest, OnlyWhatDependsOnASlowResponseWaits) {
  recording.add(
      {{.connection = 1, .at_ns = 0, .method = "POST", .target = "/slow", .headers = kNoBody, .status = 204}});
  recording.add({{.connection = 2, .at_ns = 10 * kMs, .target = "/other"}});
  recording.add({{.connection = 3, .at_ns = 10 * kMs, .target = "/slow/below"}});
  target.slow_ms.set("/slow", 300);
  options.max_connections = 10;
  const std::vector<std::string> in_order = {"GET /other ", "POST /slow ", "GET /slow/below "};
  for (const OrderMode mode : {OrderMode::kAuto, OrderMode::kConnection, OrderMode::kStrict}) {
    options.order = mode;
    const std::size_t before = target.seen().size();
    const auto summary = recording.replay(options);
    ASSERT_TRUE(summary) << summary.error().message;
    const std::vector<std::string> all = target.seen();
    const std::vector<std::string> seen(all.begin() + static_cast<std::ptrdiff_t>(before), all.end());
    if (mode == OrderMode::kAuto) {
      EXPECT_EQ(seen, in_order);
    }
    if (mode == OrderMode::kStrict) {
      EXPECT_EQ(seen.front(), "POST /slow ");
    }
    if (mode == OrderMode::kConnection) {
      EXPECT_EQ(seen.back(), "POST /slow ");
    }
    EXPECT_EQ(count_of(*summary, "order.violations"), 0u);
  }
}

TEST_F(CausalityTest, ADryRunListsTheEdges) {
  record_note();
  options.dry_run = true;
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary);
  ASSERT_EQ(summary->edge_count, 2u);
  EXPECT_EQ(summary->edges[0].produced_at + " → " + summary->edges[0].used_at, "$.id → path segment 2");
}

}  // namespace
}  // namespace tracerec::replay::testing
