// What a replay says before it sends, what it sends beside what was chosen, and the causes that it names at its end.
#include "replay/outlook.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <functional>
#include <mutex>
#include <thread>

#include "tests/replay/recorded.h"

namespace tracerec::replay::testing {
namespace {

constexpr const char* kToken = "tok_723bd033dff54ff3b1bfaee9bea2340a";
constexpr const char* kOrder = "9d1e8c5a-0d53-4b52-9d6c-1f6b0f3a7c21";

// Notes requests and responds as it is told.
class Target {
 public:
  using Handler = std::function<int(const httplib::Request&, std::string& body)>;

  explicit Target(Handler handler) : handler_(std::move(handler)) {
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard guard(mutex_);
      seen_.push_back(request.method + " " + request.target);
      std::string body;
      response.status = handler_(request, body);
      response.set_content(body, "application/json");
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~Target() {
    server_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::vector<std::string> take_seen() {
    const std::lock_guard guard(mutex_);
    return std::exchange(seen_, {});
  }

 private:
  Handler handler_;
  httplib::Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

std::string bearer(const std::string& token) {
  return "Host: recorded\r\nAuthorization: Bearer " + token + "\r\n";
}

std::string json_of(const std::string& name, const std::string& value) {
  return "{\"" + name + "\": \"" + value + "\"}";
}

Recorded post(std::int64_t at_ns, const std::string& target, const std::string& headers, const std::string& response) {
  return {.at_ns = at_ns,
          .method = "POST",
          .target = target,
          .headers = headers + "Content-Length: 0\r\n",
          .status = 201,
          .response = response};
}

struct OutlookTest : ::testing::Test {
  Recording recording;
  ReplayOptions options;
  std::vector<std::string> warnings;

  // As the recorder leaves it when it replaced secrets.
  void secrets_were_replaced() {
    ASSERT_TRUE(recording.open_writer()->finish_recording(1, kRecordedAt + 1, {{"redacted", 3, 0}}));
  }

  ReplaySummary replay(const Target& target) {
    options.target = *replay::Target::parse("127.0.0.1:" + std::to_string(target.port()));
    options.pace = Pace::kMax;
    ReplayControl control;
    warnings.clear();
    control.on_warning = [this](const std::string& line) { warnings.push_back(line); };
    auto summary = recording.replay(options, control);
    EXPECT_TRUE(summary) << summary.error().message;
    return summary ? *summary : ReplaySummary{};
  }

  // A login, what it lets in, and what is let in by a token that nobody gave.
  void record_login() {
    recording.add({post(0, "/login", "Host: recorded\r\n", json_of("token", kToken)),
                   post(10 * kMs, "/orders", bearer(kToken), json_of("id", kOrder)),
                   {.at_ns = 20 * kMs, .target = std::string("/orders/") + kOrder, .headers = bearer(kToken)},
                   {.at_ns = 30 * kMs, .target = "/admin", .headers = bearer("pseudonym-of-an-administrator")},
                   {.at_ns = 40 * kMs, .target = "/key", .headers = "X-API-KEY: pseudonym-of-a-key\r\n"},
                   {.at_ns = 50 * kMs, .target = "/public"}});
  }
};

int respond(const httplib::Request& request, std::string& body) {
  if (request.path == "/login") body = json_of("token", "tok_of_the_target_0123456789abcdef0123");
  if (request.path == "/orders") body = json_of("id", "11111111-aaaa-4ff3-b1bf-aee9bea2340a");
  if (request.method == "POST") return 201;
  return request.path == "/admin" || request.path == "/key" ? 401 : 200;
}

TEST_F(OutlookTest, ACredentialWithoutASourceIsSaidBeforeItIsSent) {
  record_login();
  secrets_were_replaced();
  Target target(respond);
  const ReplaySummary summary = replay(target);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0],
            "1 request carries Authorization, which was replaced while recording and which no earlier response gives "
            "(first: exchange 4): --login FILE or --set-header 'Authorization: …' sends one that the target accepts; "
            "record --keep-secrets keeps the recorded one");
  EXPECT_NE(warnings[1].find("carries X-Api-Key"), std::string::npos) << warnings[1];
  EXPECT_EQ(warnings[1].find("--login"), std::string::npos) << "a key is not what a login gives";
  EXPECT_EQ(summary.refused_credentials.count, 2U);
  EXPECT_EQ(summary.refused_credentials.first, 4);
  EXPECT_EQ(count_of(summary, "credentials.refused"), 2U);
}

TEST_F(OutlookTest, AHeaderThatAnOptionSetsIsNotSaid) {
  record_login();
  secrets_were_replaced();
  Target target(respond);
  options.set_headers = {{"authorization", "Bearer x"}};
  options.remove_headers = {"X-Api-Key"};
  EXPECT_EQ(replay(target).refused_credentials.count, 0U);
  EXPECT_TRUE(warnings.empty()) << warnings[0];
}

TEST_F(OutlookTest, WithoutCorrelationNothingGivesACredential) {
  record_login();
  secrets_were_replaced();
  Target target(respond);
  options.correlate = false;
  replay(target);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_NE(warnings[0].find("3 requests carry Authorization"), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[0].find("exchange 2), 2 different ones: --login FILE with a list of users"), std::string::npos)
      << warnings[0];
}

TEST_F(OutlookTest, WhatWasNotReplacedIsNotSaid) {
  record_login();
  Target target(respond);
  EXPECT_EQ(replay(target).refused_credentials.count, 0U) << "401 has another cause";
  EXPECT_TRUE(warnings.empty());
}

// A login with a replaced password cannot succeed.
TEST_F(OutlookTest, AFieldWithoutASourceIsSaidBeforeItIsSent) {
  recording.add({{.method = "POST",
                  .target = "/login",
                  .headers = "Host: recorded\r\nContent-Type: application/json\r\n",
                  .body = R"({"user":"u","password":"qwfpgjlu"})",
                  .status = 200,
                  .response = json_of("token", kToken),
                  .notes = "redacted"},
                 {.at_ns = 10 * kMs,
                  .method = "POST",
                  .target = "/refresh?sig=abc",
                  .headers = "Host: recorded\r\nContent-Type: application/json\r\n",
                  .body = json_of("token", kToken),
                  .notes = "redacted"},
                 {.at_ns = 20 * kMs, .target = "/?password=not-replaced"}});
  secrets_were_replaced();
  Target target([](const httplib::Request& request, std::string& body) {
    body = json_of("token", "tok_of_the_target_0123456789abcdef0123");
    return request.path == "/login" ? 401 : 200;
  });
  const ReplaySummary summary = replay(target);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0],
            "1 request carries the field password, which was replaced while recording and which no earlier response "
            "gives (first: exchange 1): for a login, --login FILE sends one of its own; record --redact FILE with "
            "\"keep\": [\"password\"], or --keep-secrets, keeps the recorded one");
  EXPECT_NE(warnings[1].find("carries the field sig"), std::string::npos) << warnings[1];
  EXPECT_EQ(summary.refused_credentials.first, 1);
  EXPECT_EQ(count_of(summary, "credentials.refused"), 1U);
}

TEST_F(OutlookTest, WhatTheRulesOfTheRecordingKeptIsNotSaid) {
  Recording kept(R"({"kept_fields":["pass_word"],"kept_headers":["x-api-key"]})");
  kept.add({{.method = "POST",
             .target = "/login",
             .headers = "Host: recorded\r\nX-Api-Key: k\r\nContent-Type: application/json\r\n",
             .body = R"({"password":"hunter22"})",
             .notes = "redacted"}});
  ASSERT_TRUE(kept.open_writer()->finish_recording(1, kRecordedAt + 1, {{"redacted", 3, 0}}));
  Target target(respond);
  options.target = *replay::Target::parse("127.0.0.1:" + std::to_string(target.port()));
  ReplayControl control;
  control.on_warning = [this](const std::string& line) { warnings.push_back(line); };
  ASSERT_TRUE(kept.replay(options, control));
  EXPECT_TRUE(warnings.empty()) << warnings[0];
}

TEST_F(OutlookTest, AUserWhomTheLoginDoesNotNameIsSaid) {
  record_login();
  secrets_were_replaced();
  Target target(respond);
  options.identities = {{{"Authorization", "", kToken}, {"Authorization", "Bearer x"}}};
  replay(target);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[1],
            "1 request carries the Authorization of a user that --login does not name (first: exchange 4)");
}

TEST_F(OutlookTest, WhatTheSelectedRequestsNeedIsSentToo) {
  record_login();
  Target target(respond);
  ExchangeSet selected(1);
  selected.insert(3);
  options.selected = std::make_shared<const ExchangeSet>(selected);
  const ReplaySummary summary = replay(target);
  EXPECT_EQ(target.take_seen(), (std::vector<std::string>{"POST /login", "POST /orders",
                                                          "GET /orders/11111111-aaaa-4ff3-b1bf-aee9bea2340a"}));
  EXPECT_EQ(summary.needed, 2U);
  EXPECT_EQ(count_of(summary, "skipped.not_selected"), 3U);
  options.dependencies = false;
  EXPECT_EQ(count_of(replay(target), "skipped.not_selected"), 5U);
}

TEST_F(OutlookTest, WhatTheIncludedRequestsNeedIsSentToo) {
  record_login();
  Target target(respond);
  options.filter.include = {*EndpointPattern::parse("GET /orders/*")};
  const ReplaySummary summary = replay(target);
  EXPECT_EQ(target.take_seen(), (std::vector<std::string>{"POST /login", "POST /orders",
                                                          "GET /orders/11111111-aaaa-4ff3-b1bf-aee9bea2340a"}));
  EXPECT_EQ(summary.needed, 2U);
  EXPECT_EQ(count_of(summary, "included.needed"), 2U);
  EXPECT_EQ(count_of(summary, "skipped.filtered"), 3U);
  options.dry_run = true;
  const ReplaySummary dry = replay(target);
  EXPECT_EQ(dry.needed, 2U);
  EXPECT_EQ(dry.sent, 3U);
  EXPECT_TRUE(target.take_seen().empty());
}

TEST_F(OutlookTest, DependenciesCanBeLeftOut) {
  record_login();
  Target target(respond);
  options.filter.include = {*EndpointPattern::parse("GET /orders/*")};
  options.dependencies = false;
  EXPECT_EQ(replay(target).needed, 0U);
  EXPECT_TRUE(target.take_seen().empty()) << "its values are not there";
  options.dependencies = true;
  options.filter.exclude = {*EndpointPattern::parse("POST /login")};
  EXPECT_EQ(replay(target).needed, 1U) << "--exclude wins";
  EXPECT_TRUE(target.take_seen().empty());
}

TEST_F(OutlookTest, AnUnfilteredReplayNeedsNothingMore) {
  record_login();
  Target target(respond);
  EXPECT_EQ(replay(target).needed, 0U);
  EXPECT_EQ(target.take_seen().size(), 6U);
}

// The recording is years old: its token has expired, and its ranges hold nothing any more.
TEST_F(OutlookTest, TimesAndTokensFollowTheReplay) {
  const JwtKey key = *JwtKey::parse("secret");
  const std::string token = key.signed_token(R"({"alg":"HS256"})", R"({"exp":1700003600})");
  recording.add({{.target = "/a?from=2023-11-14&to=1700000000&born=1984-05-17", .headers = bearer(token)},
                 {.at_ns = kMs, .target = "/b"}});
  std::string seen;
  Target target([&](const httplib::Request& request, std::string&) {
    if (request.path == "/a") seen = request.target + " " + request.get_header_value("Authorization").substr(7);
    return 200;
  });
  replay(target);
  EXPECT_EQ(target.take_seen().size(), 2U);  // and what was noted is seen on this thread
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].find("has expired (first: exchange 1)"), std::string::npos) << warnings[0];
  EXPECT_EQ(seen, "/a?from=2023-11-14&to=1700000000&born=1984-05-17 " + token);
  options.shift_time = true;
  options.jwt_key = key;
  const ReplaySummary summary = replay(target);
  EXPECT_EQ(target.take_seen().size(), 2U);
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(summary.shifted_times, 2U);
  EXPECT_EQ(summary.signed_tokens, 1U);
  EXPECT_EQ(count_of(summary, "times.shifted"), 2U);
  EXPECT_EQ(seen.find("2023-11-14"), std::string::npos) << seen;
  EXPECT_NE(seen.find("&born=1984-05-17"), std::string::npos) << seen;
  const std::string sent = seen.substr(seen.find(' ') + 1);
  EXPECT_NE(sent, token);
  EXPECT_TRUE(key.moved(sent, 0)) << "its signature is good";
  const auto rows = recording.reader()->substitutions_in(2, 1);
  ASSERT_EQ(rows->size(), 3U);
  EXPECT_EQ((*rows)[0], (schema::Substitution{"query from", 1, "shifted time", true}));
  options.dry_run = true;
  const ReplaySummary dry = replay(target);
  EXPECT_EQ(dry.shifted_times, 2U);
  EXPECT_EQ(dry.signed_tokens, 1U);
}

// What comes from a response is the target's, and no time of the recording.
TEST_F(OutlookTest, ACarriedValueIsNotShifted) {
  recording.add({{.target = "/now", .response = R"({"cursor": 1700000000123456789})"},
                 {.at_ns = 10 * kMs, .target = "/next?cursor=1700000000123456789&at=1700000000"}});
  Target target([&](const httplib::Request& request, std::string& body) {
    if (request.path == "/now") body = R"({"cursor": 1700000000987654321})";
    return 200;
  });
  options.shift_time = true;
  EXPECT_EQ(replay(target).shifted_times, 1U);
  EXPECT_EQ(target.take_seen()[1].find("GET /next?cursor=1700000000987654321&at="), 0U);
}

TEST_F(OutlookTest, TheStateOfAnEarlierRunIsRecognised) {
  recording.add({post(0, "/users", "Host: recorded\r\n", "{}")});
  int users = 0;
  Target target([&](const httplib::Request&, std::string&) { return users++ == 0 ? 201 : 409; });
  Target other([](const httplib::Request&, std::string&) { return 422; });
  EXPECT_EQ(replay(target).conflicts.count, 0U);
  const ReplaySummary second = replay(target);
  EXPECT_EQ(second.conflicts.count, 1U);
  EXPECT_EQ(second.conflicts.first, 1);
  EXPECT_EQ(second.earlier_run, 1);
  EXPECT_EQ(replay(other).earlier_run, 0) << "no run was against this target";
  EXPECT_EQ(replay(other).earlier_run, 3);
}

// Methods and values of requests that --include leaves out were told of.
TEST_F(OutlookTest, OnlyWhatIsSentIsCounted) {
  const Target target([](const httplib::Request&, std::string&) { return 200; });
  recording.add({post(0, "/orders", "Host: recorded\r\n", json_of("id", kOrder)),
                 {.at_ns = 10 * kMs, .target = std::string("/orders/") + kOrder},
                 {.at_ns = 20 * kMs, .target = "/health"}});
  options.target = *tracerec::replay::Target::parse("127.0.0.1:" + std::to_string(target.port()));
  options.dry_run = true;
  auto all = recording.replay(options);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->edge_count, 1U);
  EXPECT_EQ(all->edges.size(), 1U);
  options.filter.include = {*EndpointPattern::parse("/health")};
  const auto some = recording.replay(options);
  ASSERT_TRUE(some);
  EXPECT_EQ(some->edge_count, 0U);
  EXPECT_TRUE(some->edges.empty());
  options.dry_run = false;
  std::string unsafe;
  ReplayControl control;
  control.on_unsafe = [&](const std::string& methods) { unsafe += methods; };
  ASSERT_TRUE(recording.replay(options, control));
  EXPECT_EQ(unsafe, "");
  options.filter.include.clear();
  ASSERT_TRUE(recording.replay(options, control));
  EXPECT_EQ(unsafe, "POST 1");
}

}  // namespace
}  // namespace tracerec::replay::testing
