// Secrets in responses of a target: replaced in the trace file, whole on the way into later requests.
#include "replay/response_secrets.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <mutex>
#include <thread>

#include "replay/recheck.h"
#include "tests/replay/recorded.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::replay::testing {
namespace {

constexpr const char* kRecordedToken = "tok_723bd033dff54ff3b1bfaee9bea2340a";
constexpr const char* kToken = "tok_0f1e2d3c4b5a69788796a5b4c3d2e1f0";
constexpr const char* kCookie = "Zx81kQp0Tr55aWmB";

// A login that gives a token and a cookie, and the same, or what a test asks for, for other requests.
class LoginServer {
 public:
  using Extra = std::function<void(httplib::Response&)>;
  explicit LoginServer(Extra extra = {}) : extra_(std::move(extra)) {
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard guard(mutex_);
      seen_.push_back(request.path + " " + request.get_header_value("Authorization") +
                      request.get_header_value("Cookie"));
      if (extra_ && request.path != "/login") return extra_(response);
      response.set_header("Set-Cookie", std::string("sid=") + kCookie + "; Path=/");
      response.set_content(std::string("{\"token\":\"") + kToken + "\",\"name\":\"Ada\"}", "application/json");
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~LoginServer() {
    server_.stop();
    thread_.join();
  }

  [[nodiscard]] Target target() const { return *Target::parse("127.0.0.1:" + std::to_string(port_)); }
  std::vector<std::string> take_seen() {
    const std::lock_guard guard(mutex_);
    return std::exchange(seen_, {});
  }

 private:
  Extra extra_;
  httplib::Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::mutex mutex_;
  std::vector<std::string> seen_;
};

struct ResponseSecretsTest : ::testing::Test {
  Recording recording;
  ReplayOptions options;

  void record_login() {
    const std::string session = std::string("Host: recorded\r\nAuthorization: Bearer ") + kRecordedToken +
                                "\r\nCookie: sid=aB3dE5gH7jK9mN1p\r\n";
    recording.add(
        {{.method = "POST",
          .target = "/login",
          .headers = "Host: recorded\r\nContent-Length: 0\r\n",
          .response_headers = "Set-Cookie: sid=aB3dE5gH7jK9mN1p; Path=/\r\nContent-Type: application/json\r\n",
          .response = std::string("{\"token\":\"") + kRecordedToken + "\",\"name\":\"Ada\"}"},
         {.at_ns = 10 * kMs, .target = "/me", .headers = session},
         {.at_ns = 20 * kMs, .target = "/other", .headers = session}});
  }

  void replay_to(const LoginServer& server, const char* rules = R"({"redaction":{}})") {
    options.target = server.target();
    options.pace = Pace::kMax;
    options.secrets = *ResponseSecrets::create(*redact::parse_redaction_rules(rules));
    const auto summary = recording.replay(options);
    ASSERT_TRUE(summary) << summary.error().message;
    EXPECT_EQ(summary->answered, summary->planned);
  }

  // Head and body of the response to an exchange, as the file has them.
  std::string stored(schema::RowId exchange) {
    return recording.response(exchange).response_head + recording.response_body(exchange);
  }
};

TEST_F(ResponseSecretsTest, AreCarriedAsTheyAreAndStoredAsPseudonyms) {
  record_login();
  LoginServer server;
  replay_to(server);
  const std::string session = std::string("Bearer ") + kToken + "sid=" + kCookie;
  EXPECT_EQ(server.take_seen(), (std::vector<std::string>{"/login ", "/me " + session, "/other " + session}));
  for (const schema::RowId exchange : {1, 2, 3}) {
    EXPECT_EQ(stored(exchange).find(kToken), std::string::npos);
    EXPECT_EQ(stored(exchange).find(kCookie), std::string::npos);
    EXPECT_NE(stored(exchange).find("\"name\":\"Ada\""), std::string::npos);
  }
  EXPECT_EQ(recording.response_body(1), recording.response_body(2)) << "equal secrets are equal";
  EXPECT_EQ((*recording.reader()->newest_run())->secrets, schema::Secrets::kReplaced);
  const std::string file = tracerec::testing::read_whole_file(recording.path());
  EXPECT_EQ(file.find(kToken), std::string::npos);
  EXPECT_EQ(file.find(kCookie), std::string::npos);
}

TEST_F(ResponseSecretsTest, WithoutThemTheRunSaysThatSecretsWereKept) {
  record_login();
  LoginServer server;
  options.target = server.target();
  options.pace = Pace::kMax;
  ASSERT_TRUE(recording.replay(options));
  EXPECT_NE(stored(1).find(kToken), std::string::npos);
  EXPECT_EQ((*recording.reader()->newest_run())->secrets, schema::Secrets::kKept);
}

// The stored responses have pseudonyms: what is re-sent has the secrets.
TEST_F(ResponseSecretsTest, AreKnownWhenExchangesAreSentAgain) {
  record_login();
  LoginServer server;
  replay_to(server);
  server.take_seen();
  const auto reader = recording.reader();
  auto writer = recording.open_writer();
  const auto again = recheck(options, {**reader->newest_run(), {2}}, *reader, *writer, {}, SystemClock());
  ASSERT_TRUE(again) << again.error().message;
  const std::string session = std::string("/me Bearer ") + kToken + "sid=" + kCookie;
  EXPECT_EQ(server.take_seen(), (std::vector<std::string>{session, session}));
}

// A body that rules of a file apply to is searched whole, however it is sent.
TEST_F(ResponseSecretsTest, AreFoundInLongAndChunkedBodies) {
  record_login();
  const std::string filler(200'000, 'x');
  LoginServer server([&](httplib::Response& response) {
    const std::string text = "{\"filler\":\"" + filler + "\",\"inner\":{\"pin_of_card\":\"" + kCookie + "\"}}";
    response.set_chunked_content_provider("application/json", [text](std::size_t, httplib::DataSink& sink) {
      sink.write(text.data(), text.size() - 10);
      sink.write(text.data() + text.size() - 10, 10);
      sink.done();
      return true;
    });
  });
  replay_to(server, R"({"redaction":{"json":["$..pin_of_card"]}})");
  const std::string body = recording.response_body(2);
  EXPECT_GT(body.size(), filler.size());
  EXPECT_NE(body.find("\"pin_of_card\":\""), std::string::npos);
  for (const char* part : {"Zx81kQp", "Tr55", "aWmB"}) EXPECT_EQ(body.find(part), std::string::npos) << part;
}

// As in a recording: what cannot be searched for a name of a rules file is not stored, and not compared.
TEST_F(ResponseSecretsTest, ABodyThatCannotBeSearchedIsWithheld) {
  record_login();
  LoginServer server([](httplib::Response& response) { response.set_content("{\"pin\":", "application/json"); });
  replay_to(server, R"({"redaction":{"json":["$.pin_of_card"]}})");
  const schema::StoredResponse response = recording.response(2);
  EXPECT_EQ(response.response_body.wire_bytes, 7U);
  EXPECT_EQ(response.response_body.captured_bytes, 0U);
}

TEST_F(ResponseSecretsTest, ALongBodyWithoutRulesPassesAsItCame) {
  record_login();
  const std::string text = "{\"filler\":\"" + std::string(300'000, 'x') + "\"}";
  LoginServer server([&](httplib::Response& response) { response.set_content(text, "application/json"); });
  replay_to(server);
  EXPECT_TRUE(recording.response_body(2) == text);
}

}  // namespace
}  // namespace tracerec::replay::testing
