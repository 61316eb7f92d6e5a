// First contact: secrets were replaced while recording, and the target knows others. What a replay carries over by
// itself, what it says when it cannot, and logins for several users.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iterator>

#include "harness.h"

namespace tracerec::e2e {
namespace {

class ReplayUsers : public KernelTest {
 protected:
  static std::vector<std::string> server(int port, const std::string& prefix) {
    return {"python3", std::string(TRACEREC_SOURCE_DIR) + "/tests/e2e/servers/users.py", std::to_string(port), prefix};
  }

  static std::string post(const std::string& path, const std::string& body, const std::string& token) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + authorization(token) +
           "Content-Length: " + std::to_string(body.size()) + "\r\nContent-Type: application/json\r\n\r\n" + body;
  }
  static std::string get(const std::string& path, const std::string& token) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + authorization(token) + "\r\n";
  }

  // Sends these to a server whose tokens begin with "prod", and records it with default options.
  void record(const std::vector<std::string>& requests) {
    const int port = free_port();
    const Process production(server(port, "prod"));
    wait_for_port(port);
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    RawClient client(port);
    for (const std::string& request : requests) {
      client.send(request);
      ASSERT_EQ(client.read_response().substr(9, 2), "20") << request;
    }
    stop_recording(*recorder);
  }

  Outcome replay(int port, std::vector<std::string> more) const {
    more.insert(more.begin(),
                {"-d", db(), "replay", "--speed", "max", "--target", "127.0.0.1:" + std::to_string(port)});
    return tracerec(more);
  }

  [[nodiscard]] std::string write_file(const std::string& text) const {
    std::ofstream(folder() + "/users.json") << text;
    return folder() + "/users.json";
  }

  const std::string alice_ = "prod-alice-0123456789abcdef";
  const std::string bob_ = "prod-bob-0123456789abcdef";

 private:
  static std::string authorization(const std::string& token) {
    return token.empty() ? "" : "Authorization: Bearer " + token + "\r\n";
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Staging {
 public:
  explicit Staging(const std::vector<std::string>& command, int port) : process_(command) { wait_for_port(port); }

 private:
  Process process_;
};

// The whole of it with default options: a token in JSON, used as Bearer afterwards.
TEST_F(ReplayUsers, ALoginInTheRecordingNeedsNothing) {
  record({post("/login", R"({"user": "alice"})", ""), get("/me", alice_), post("/items", R"({"name": "x"})", alice_)});
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  const Outcome outcome = replay(port, {});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_FALSE(contains(outcome.err, "replaced while recording")) << outcome.err;
}

TEST_F(ReplayUsers, ACredentialWithoutALoginIsSaidBeforeAndAfter) {
  record({get("/me", alice_), get("/me", bob_)});
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  const Outcome outcome = replay(port, {});
  EXPECT_EQ(outcome.exit_code, 1);
  const std::size_t before = outcome.err.find("2 requests carry Authorization, which was replaced while recording");
  const std::size_t after = outcome.err.find("2 requests were answered 401/403 (first: exchange 1): their credentials");
  EXPECT_LT(before, outcome.err.find("replayed: ")) << outcome.err;
  ASSERT_NE(after, std::string::npos) << outcome.err;
  EXPECT_TRUE(contains(replay(port, {"--dry-run"}).err, "2 requests carry Authorization"));
}

// The example of docs/replay.md.
std::string users_of_the_document() {
  std::ifstream file(std::string(TRACEREC_SOURCE_DIR) + "/docs/replay.md");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const std::size_t begin = text.find("```json\n", text.find("**Several users.**")) + 8;
  return text.substr(begin, text.find("```", begin) - begin);
}

TEST_F(ReplayUsers, EachUserIsLoggedIn) {
  record({get("/me", alice_), get("/me", bob_), get("/me", alice_)});
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  const Outcome outcome = replay(port, {"--login", write_file(users_of_the_document())});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_FALSE(contains(outcome.err, "replaced while recording")) << outcome.err;
  EXPECT_EQ(run({"grep", "-c", "staging-", db()}).exit_code, 1) << "a token of the target is in the trace";
  // A dry run says what the run said, and what is shown of it is what was sent.
  EXPECT_FALSE(contains(replay(port, {"--dry-run", "--login", write_file(users_of_the_document())}).err,
                        "replaced while recording"));
  const std::string shown = tracerec({"-d", db(), "show", "2", "--run", "1"}).out;
  EXPECT_TRUE(contains(shown, "> Host: 127.0.0.1:" + std::to_string(port))) << shown;
  EXPECT_TRUE(contains(shown, "> Authorization: (not stored)")) << shown;
  EXPECT_TRUE(contains(tracerec({"-d", db(), "show", "2", "--run", "1", "--as", "curl"}).out,
                       "${TRACEREC_AUTHORIZATION_USER_2:?"));
  EXPECT_TRUE(contains(tracerec({"-d", db(), "show", "2", "--run", "1", "--as", "json"}).out, "(not stored)"));
  const int second = free_port();
  const Staging baseline(server(second, "other"), second);
  const Outcome both = replay(
      port, {"--login", write_file(users_of_the_document()), "--baseline", "127.0.0.1:" + std::to_string(second)});
  EXPECT_EQ(both.exit_code, 0) << both.out << both.err;
}

// Tokens of the target stand in the file only when somebody asked for it.
TEST_F(ReplayUsers, SecretsOfTheTargetAreKeptOnRequestOnly) {
  record({post("/login", R"({"user": "alice"})", "")});
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  EXPECT_NE(replay(port, {}).exit_code, 2);
  EXPECT_EQ(run({"grep", "-c", "staging-alice", db()}).exit_code, 1);
  EXPECT_NE(replay(port, {"--keep-secrets"}).exit_code, 2);
  EXPECT_EQ(run({"grep", "-c", "staging-alice", db()}).exit_code, 0);
}

// They are kept with the run.
TEST_F(ReplayUsers, SecretsInPatternsAndPathsAreNotStored) {
  record({get("/me", alice_)});
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  EXPECT_NE(replay(port, {"--exclude", "/x?a=b&token=s3cretPattern*"}).exit_code, 2);
  EXPECT_EQ(run({"grep", "-c", "s3cretPattern", db()}).exit_code, 1);
  EXPECT_EQ(run({"grep", "-cF", "/x?a=b&token=***", db()}).exit_code, 0);
  const Outcome outcome = replay(port, {"--rewrite-path", "/me=/me?token=s3cret"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(contains(outcome.err, "--rewrite-path: a path rewrite has no query")) << outcome.err;
}

// The digest of a secret that stands in the login file only stood in the run, for anybody to try.
TEST_F(ReplayUsers, ACredentialThatTheRecordingDoesNotHaveLeavesNoDigest) {
  record({get("/me", alice_)});
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  std::string users = users_of_the_document();
  const std::size_t first = users.find("exchange 1");
  ASSERT_NE(first, std::string::npos) << users;
  users.replace(first, 10, "secret 123");
  users.replace(users.find("exchange 2"), 10, "exchange 1");
  const Outcome outcome = replay(port, {"--login", write_file(users)});
  ASSERT_NE(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(run({"grep", "-c", "recorded_sha256\":\"\"", db()}).exit_code, 0);
  EXPECT_EQ(run({"grep", "-cE", "recorded_sha256\":\"[0-9a-f]{64}\"", db()}).exit_code, 0);
}

TEST_F(ReplayUsers, AUserThatCannotBeFoundIsOneLine) {
  record({get("/me", alice_)});
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  Outcome outcome = replay(port, {"--login", write_file(users_of_the_document())});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(contains(outcome.err, "\"identity\": exchange 2 is not in this file")) << outcome.err;
  outcome = replay(port, {"--login", write_file(R"([{"identity": {"cookie": "sid", "recorded": "exchange 1"},
      "path": "/login", "take": "body:/token", "set": "Cookie: sid={}"}])")});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_TRUE(contains(outcome.err, "exchange 1 carries no cookie sid")) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST_F(ReplayUsers, IncludedRequestsBringTheirLoginAndASecondReplayIsRecognised) {
  record({post("/login", R"({"user": "alice"})", ""), post("/items", R"({"name": "x"})", alice_),
          get("/items/8a7e4156-0d4b-5cfa-9b8c-98d7711bf8e6", alice_), get("/me", alice_)});
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  const std::vector<std::string> chosen = {"--include", "GET /items/*"};
  const Outcome dry = replay(port, {"--include", "GET /items/*", "--dry-run"});
  EXPECT_TRUE(contains(dry.err, "would send 3 of 4 exchanges")) << dry.err;
  EXPECT_TRUE(contains(dry.err, "2 exchanges more, which the chosen ones need")) << dry.err;
  const Outcome first = replay(port, chosen);
  EXPECT_EQ(first.exit_code, 0) << first.out << first.err;
  EXPECT_TRUE(contains(first.err, "2 exchanges more, which the chosen ones need")) << first.err;
  const Outcome second = replay(port, chosen);
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_TRUE(contains(second.err,
                       "1 request that had created something was answered 409/422 (first: exchange 2): the target "
                       "probably still has the state of run 1"))
      << second.err;
  EXPECT_TRUE(contains(replay(port, {"--include", "GET /items/*", "--no-dependencies", "--dry-run"}).err,
                       "would send 1 of 4 exchanges"));
}

TEST_F(ReplayUsers, TimesInRequestsFollowTheReplay) {
  const std::string now = std::to_string(std::time(nullptr));
  record({post("/login", R"({"user": "alice", "at": )" + now + "}", "")});
  ASSERT_EQ(run({"sqlite3", db(), "UPDATE exchange SET started_unix_ns = started_unix_ns - 86400000000000"}).err, "");
  const int port = free_port();
  const Staging staging(server(port, "staging"), port);
  const Outcome dry = replay(port, {"--shift-time", "--dry-run"});
  EXPECT_TRUE(contains(dry.err, "1 times in requests follow the replay")) << dry.err;
  const Outcome outcome = replay(port, {"--shift-time"});
  EXPECT_TRUE(contains(outcome.err, "1 times in requests follow the replay")) << outcome.err;
  const Outcome shown = tracerec({"-d", db(), "show", "1"});
  const std::string moved = "exchange 1 `shifted time` → exchange 1 $.at";
  EXPECT_TRUE(contains(shown.out, moved)) << shown.out;
  EXPECT_EQ(shown.out.find(moved), shown.out.rfind(moved)) << "twice: " << shown.out;
}

}  // namespace
}  // namespace tracerec::e2e
