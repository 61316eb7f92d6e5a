// Exchanges of a run that are sent again, twice, with the values that the run was answered.
#include "replay/recheck.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <mutex>
#include <thread>

#include "http/encode.h"
#include "http/message.h"
#include "tests/replay/recorded.h"

namespace tracerec::replay::testing {
namespace {

constexpr const char* kUuid = "723bd033-dff5-4ff3-b1bf-aee9bea2340a";
constexpr const char* kOther = "11111111-aaaa-4ff3-b1bf-aee9bea2340a";
constexpr const char* kNoBody = "Host: recorded\r\nContent-Length: 0\r\n";

// Makes notes called kOther, sets cookies, and counts what it responds.
class Notes {
 public:
  Notes() {
    server_.set_tcp_nodelay(true);
    server_.new_task_queue = [] { return new httplib::ThreadPool(32); };
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard guard(mutex_);
      seen_.push_back(request.method + " " + request.target + " " + request.get_header_value("Cookie"));
      if (request.path == "/login") response.set_header("Set-Cookie", "sid=first-of-the-target");
      if (request.path == "/renew") response.set_header("Set-Cookie", "sid=second-of-the-target");
      response.set_content(std::string("{\"id\": \"") + kOther + "\", \"count\": " + std::to_string(++responses_) + "}",
                           "application/json");
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Notes() {
    server_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return port_; }

  // What came since the last call.
  std::vector<std::string> take_seen() {
    const std::lock_guard guard(mutex_);
    return std::exchange(seen_, {});
  }

 private:
  httplib::Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
  int responses_ = 0;
};

struct RecheckTest : ::testing::Test {
  Notes target;
  Recording recording;
  ReplayOptions options = options_for(target.port());

  schema::Run state() {
    const auto summary = recording.replay(options);
    EXPECT_TRUE(summary) << summary.error().message;
    target.take_seen();
    return **recording.reader()->newest_run();
  }

  RecheckSummary again(const schema::Run& run, const std::vector<schema::RowId>& exchanges, bool clocks = false) {
    auto reader = recording.reader();
    auto writer = recording.open_writer();
    const auto summary = recheck(options, {run, exchanges, clocks}, *reader, *writer, {}, SystemClock());
    EXPECT_TRUE(summary) << summary.error().message;
    return summary ? *summary : RecheckSummary{};
  }
};

TEST_F(RecheckTest, EachIsSentTwiceAndStoredBesideTheRun) {
  std::vector<Recorded> exchanges;
  for (int i = 1; i <= 9; ++i)
    exchanges.push_back({.connection = 1 + i % 2, .at_ns = i * kMs, .target = "/" + std::to_string(i)});
  recording.add(exchanges);
  const schema::Run run = state();
  const schema::Ledger before = *recording.reader()->run_ledger(run.id);
  const RecheckSummary summary = again(run, {2, 5, 9});
  EXPECT_EQ(target.take_seen().size(), 6U);
  auto reader = recording.reader();
  const auto rechecks = reader->rechecks_of(run.id);
  ASSERT_EQ(rechecks->size(), 2U);
  for (const ReplaySummary* one : {&summary.first, &summary.second}) {
    EXPECT_EQ(one->planned, 3U);
    EXPECT_EQ(one->answered, 3U);
    EXPECT_TRUE(*reader->response(one->run_id, 5));
    EXPECT_FALSE(*reader->response(one->run_id, 4));
  }
  EXPECT_EQ(*reader->run_ledger(run.id), before) << "the run itself is not touched";
  EXPECT_EQ((*reader->newest_run())->id, run.id);
}

// Order and stored times say it; how long the machine takes does not matter.
TEST_F(RecheckTest, ClocksAreGivenTimeToRun) {
  recording.add({{.target = "/a"},
                 {.at_ns = kMs, .target = "/b"},
                 {.at_ns = 2 * kMs, .method = "POST", .target = "/c", .headers = kNoBody}});
  const schema::Run run = state();
  const RecheckSummary apart = again(run, {1, 2}, true);
  EXPECT_EQ(target.take_seen(), (std::vector<std::string>{"GET /a ", "GET /b ", "GET /a ", "GET /b "}));
  auto reader = recording.reader();
  const auto rechecks = *reader->rechecks_of(run.id);
  ASSERT_EQ(rechecks.size(), 2U);
  EXPECT_EQ(rechecks[0].id, apart.first.run_id);
  EXPECT_EQ(rechecks[1].id, apart.second.run_id);
  EXPECT_GE(rechecks[1].started_unix_ns - rechecks[0].started_unix_ns, kClockNs);
  again(run, {1, 3}, true);
  EXPECT_EQ(target.take_seen(), (std::vector<std::string>{"GET /a ", "GET /a ", "POST /c ", "POST /c "}))
      << "with a write, each beside its twin";
}

// A response in a form that has to be decoded, or that stands outside its row: its values are still found.
class Coded {
 public:
  enum class Form { kChunked, kGzip, kChunkedGzip, kLong };
  explicit Coded(Form form) {
    server_.set_tcp_nodelay(true);
    server_.Post("/notes", [form](const httplib::Request&, httplib::Response& response) {
      std::string content = std::string("{\"id\": \"") + kOther + "\"}";
      if (form == Form::kLong) content += std::string(100'000, ' ');
      if (form == Form::kGzip || form == Form::kChunkedGzip) {
        http::HeaderList headers;
        headers.add("Content-Encoding", "gzip");
        content = *http::encode_content(headers, content);
        response.set_header("Content-Encoding", "gzip");
      }
      if (form == Form::kGzip || form == Form::kLong) return response.set_content(content, "application/json");
      response.set_chunked_content_provider("application/json", [content](std::size_t, httplib::DataSink& sink) {
        sink.write(content.data(), 10);
        sink.write(content.data() + 10, content.size() - 10);
        sink.done();
        return true;
      });
    });
    server_.Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard guard(mutex_);
      seen_.push_back(request.target);
      response.set_content("{}", "application/json");
    });
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Coded() {
    server_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return port_; }
  std::vector<std::string> seen() {
    const std::lock_guard guard(mutex_);
    return seen_;
  }

 private:
  httplib::Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

TEST_F(RecheckTest, ValuesAreFoundInChunkedCompressedAndLongResponses) {
  for (const Coded::Form form :
       {Coded::Form::kChunked, Coded::Form::kGzip, Coded::Form::kChunkedGzip, Coded::Form::kLong}) {
    Coded server(form);
    Recording one;
    one.add({{.method = "POST",
              .target = "/notes",
              .headers = kNoBody,
              .status = 201,
              .response = std::string("{\"id\": \"") + kUuid + "\"}"},
             {.at_ns = 10 * kMs, .target = std::string("/notes/") + kUuid}});
    options.target = *Target::parse("127.0.0.1:" + std::to_string(server.port()));
    ASSERT_TRUE(one.replay(options));
    auto reader = one.reader();
    auto writer = one.open_writer();
    const auto summary = recheck(options, {**reader->newest_run(), {2}}, *reader, *writer, {}, SystemClock());
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->first.answered + summary->second.answered, 2U) << static_cast<int>(form);
    EXPECT_EQ(server.seen(), std::vector<std::string>(3, std::string("/notes/") + kOther)) << static_cast<int>(form);
  }
}

TEST_F(RecheckTest, ValuesAreThoseOfTheRun) {
  recording.add({{.method = "POST",
                  .target = "/notes",
                  .headers = kNoBody,
                  .status = 201,
                  .response = std::string("{\"id\": \"") + kUuid + "\"}"},
                 {.at_ns = 10 * kMs, .target = std::string("/notes/") + kUuid}});
  const schema::Run run = state();
  again(run, {2});
  EXPECT_EQ(target.take_seen(), std::vector<std::string>(2, std::string("GET /notes/") + kOther + " "));
}

TEST_F(RecheckTest, CookiesAreTheNewestOfTheRun) {
  const std::string recorded = "sid=Zx81kQp0Tr55aWmB";
  recording.add({{.method = "POST",
                  .target = "/login",
                  .headers = kNoBody,
                  .response_headers = "Set-Cookie: " + recorded + "\r\n"},
                 {.at_ns = 10 * kMs, .target = "/renew", .headers = "Cookie: " + recorded + "\r\n"},
                 {.at_ns = 20 * kMs, .target = "/page", .headers = "Cookie: " + recorded + "\r\n"}});
  const schema::Run run = state();
  again(run, {3});
  EXPECT_EQ(target.take_seen(), std::vector<std::string>(2, "GET /page sid=second-of-the-target"));
}

TEST_F(RecheckTest, WhatNeedsAValueThatIsNotThereIsNotSent) {
  recording.add({{.method = "POST",
                  .target = "/notes",
                  .headers = kNoBody,
                  .status = 201,
                  .response = std::string("{\"id\": \"") + kUuid + "\"}"},
                 {.at_ns = 10 * kMs, .target = std::string("/notes/") + kUuid}});
  options.filter.exclude.push_back(*EndpointPattern::parse("POST /**"));
  const schema::Run run = state();
  options.filter = {};
  const RecheckSummary summary = again(run, {2});
  EXPECT_TRUE(target.take_seen().empty());
  EXPECT_EQ(count_of(summary.first, "failed.unresolved"), 1U);
  EXPECT_EQ(count_of(summary.second, "failed.unresolved"), 1U);
}

// A write between the two requests for an exchange would be taken for noise.
TEST_F(RecheckTest, WritesAreSentOneAfterTheOtherEachBesideItsTwin) {
  std::vector<Recorded> exchanges;
  for (int i = 1; i <= 24; ++i) {
    exchanges.push_back({.connection = 1 + i % 5,
                         .at_ns = i * kMs,
                         .method = i % 3 == 0 ? "POST" : "GET",
                         .target = "/" + std::to_string(i),
                         .headers = kNoBody});
  }
  recording.add(exchanges);
  const schema::Run run = state();
  std::vector<schema::RowId> all;
  for (int i = 1; i <= 24; ++i) all.push_back(i);
  again(run, all);
  const std::vector<std::string> seen = target.take_seen();
  ASSERT_EQ(seen.size(), 48U);
  for (std::size_t i = 0; i < seen.size(); i += 2) EXPECT_EQ(seen[i], seen[i + 1]) << i;
}

TEST_F(RecheckTest, WithABaselineItIsTheBaselineThatIsAsked) {
  recording.add({{.target = "/a"}});
  Notes baseline;
  options.baseline = Server{*Target::parse("127.0.0.1:" + std::to_string(baseline.port())), {}};
  const schema::Run run = state();
  baseline.take_seen();
  again(run, {1});
  EXPECT_TRUE(target.take_seen().empty());
  EXPECT_EQ(baseline.take_seen().size(), 2U);
}

}  // namespace
}  // namespace tracerec::replay::testing
