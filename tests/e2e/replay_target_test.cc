// What a replay needs of its target before the first request: that it is there, and that it lets us in.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <csignal>
#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

class ReplayTarget : public KernelTest {
 protected:
  static std::vector<std::string> server(int port, const std::string& token) {
    return {"python3", std::string(TRACEREC_SOURCE_DIR) + "/tests/e2e/servers/login.py", std::to_string(port), token};
  }

  void record_three() {
    const int port = free_port();
    const Process production(server(port, "production-token"));
    wait_for_port(port);
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    RawClient client(port);
    for (const char* path : {"/a", "/b", "/c"}) {
      client.send("GET " + std::string(path) +
                  " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer production-token\r\n\r\n");
      ASSERT_EQ(client.read_response().substr(9, 3), "200");
    }
    stop_recording(*recorder);
  }

  Outcome replay(int port, std::vector<std::string> more) {
    more.insert(more.begin(),
                {"-d", db(), "replay", "--speed", "max", "--target", "127.0.0.1:" + std::to_string(port)});
    return tracerec(more);
  }

  std::string login_file(const std::string& text) {
    std::ofstream(folder() + "/login.json") << text;
    return folder() + "/login.json";
  }
};

const std::string kLogin = R"({"path": "/login", "body": {"user": "u"},
  "take": "body:/session/token", "set": "Authorization: Bearer {}"})";

TEST_F(ReplayTarget, ALoginGivesTheTokenThatTheRecordedOneWasFor) {
  record_three();
  const int port = free_port();
  const Process staging(server(port, "staging-token"));
  wait_for_port(port);
  EXPECT_EQ(replay(port, {}).exit_code, 1);
  const Outcome outcome = replay(port, {"--login", login_file(kLogin)});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  EXPECT_EQ(outcome.out.find("staging-token"), std::string::npos);
  EXPECT_EQ(run({"grep", "-c", "staging-token", db()}).exit_code, 1) << "a token of the target is in the trace";
}

TEST_F(ReplayTarget, ALoginThatFailsIsSaidInOneLine) {
  record_three();
  const int port = free_port();
  const Process staging(server(port, "t"));
  wait_for_port(port);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"{", "is not a valid JSON object"},
      {R"({"path": "/login", "take": "body:/t"})", "\"set\" must be"},
      {R"({"path": "/login", "take": "token", "set": "A: {}"})", "\"take\" must be"},
      {R"({"path": "/login", "body": {"user": "x"}, "take": "body:/t", "set": "A: {}"})", "its status is 403"},
      {R"({"path": "/login", "body": {"user": "u"}, "take": "body:/t", "set": "A: {}"})", "has no body /t"},
      {R"({"path": "/login", "body": {"user": "u"}, "take": "cookie:t", "set": "A: {}"})", "has no cookie t"}};
  for (const auto& [text, message] : cases) {
    const Outcome outcome = replay(port, {"--login", login_file(text)});
    EXPECT_EQ(outcome.exit_code, 2) << text;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
  EXPECT_EQ(replay(port, {"--login", folder() + "/missing"}).exit_code, 2);
}

TEST_F(ReplayTarget, AFileOfAnOlderVersionIsBroughtUpToDate) {
  record_three();
  const char* const back_to_2 =
      "DROP TABLE source_recording; ALTER TABLE recording DROP COLUMN uid;"
      "DROP TABLE packed_exchange; DROP INDEX exchange_by_recording;"
      "CREATE INDEX exchange_by_recording ON exchange(recording_id, id, complete, request_key);"
      "CREATE INDEX exchange_by_connection ON exchange(connection_id, seq, started_unix_ns, duration_ns, recording_id);"
      "ALTER TABLE run DROP COLUMN secrets_replaced; ALTER TABLE recording DROP COLUMN secrets_replaced;"
      "ALTER TABLE response DROP COLUMN interim; ALTER TABLE response RENAME TO answer; DROP INDEX response_failed;"
      "CREATE INDEX answer_failed ON answer(run_id) WHERE failure IS NOT NULL;"
      "DROP INDEX run_rechecks; ALTER TABLE run DROP COLUMN baseline_run_id; ALTER TABLE run DROP COLUMN recheck_of;"
      "DROP TABLE substitution; PRAGMA user_version = 2; PRAGMA writable_schema = ON;"
      "UPDATE sqlite_schema SET sql = replace(sql, '\"answer\"', 'answer')";
  ASSERT_EQ(run({"sqlite3", db(), back_to_2}).err, "");
  const int port = free_port();
  const Process staging(server(port, "production-token"));
  wait_for_port(port);
  const Outcome outcome = replay(port, {"--login", login_file(kLogin)});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(ReplayTarget, OneThatStartsLaterIsWaitedFor) {
  record_three();
  const int port = free_port();
  Outcome early = replay(port, {});
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_NE(early.err.find("cannot reach target"), std::string::npos) << early.err;
  early = replay(port, {"--wait-ready", "300ms"});
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_NE(early.err.find("was not ready in time"), std::string::npos) << early.err;
  std::string command = "sleep 1; exec";
  for (const std::string& word : server(port, "t")) command += " '" + word + "'";
  const Process staging({"sh", "-c", command});
  const Outcome outcome = replay(port, {"--wait-ready", "30s", "--login", login_file(kLogin), "--repeat", "3"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(schema::Reader::open(db()).value()->runs()->size(), 3U);
}

// The target accepts and never responds; Ctrl-C ends what waits for it, with the exit code of an interruption.
TEST_F(ReplayTarget, CtrlCWhileItWaitsForTheTarget) {
  record_three();
  const std::string login = login_file(kLogin);
  for (const std::vector<std::string>& option : {std::vector<std::string>{"--wait-ready", "50s"}, {"--login", login}}) {
    const int port = free_port();
    const UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener.get(), 8), 0);
    Process replayer(
        {TRACEREC_BINARY, "-d", db(), "replay", "--target", "127.0.0.1:" + std::to_string(port), option[0], option[1]});
    const UniqueFd waiting(::accept(listener.get(), nullptr, nullptr));
    ASSERT_TRUE(waiting.valid());
    replayer.signal(SIGINT);
    EXPECT_EQ(replayer.wait(), 130) << replayer.err();
  }
}

// Answers 400 to plain HTTP, as Go and nginx do, or closes the connection; speaks TLS to who does.
constexpr const char* kTls = R"(
import http.server, socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[3] + '/cert.pem', sys.argv[3] + '/key.pem')
server = socket.create_server(('127.0.0.1', int(sys.argv[1])))
while True:
    peer, _ = server.accept()
    try:
        if peer.recv(1, socket.MSG_PEEK) == b'\x16': peer = context.wrap_socket(peer, server_side=True)
        elif sys.argv[2] == '400' and peer.recv(65536):
            peer.sendall(b'HTTP/1.0 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    except OSError: pass
    peer.close()
)";

// "1 without a response (connection_closed 1)" was all.
TEST_F(ReplayTarget, PlainHttpToAPortOfTlsIsSaid) {
  record_three();
  ASSERT_EQ(run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", "-keyout",
                 folder() + "/key.pem", "-out", folder() + "/cert.pem"})
                .exit_code,
            0);
  for (const char* how : {"400", "close"}) {
    SCOPED_TRACE(how);
    const int port = free_port();
    const Process staging({"python3", "-c", kTls, std::to_string(port), how, folder()});
    wait_for_port(port);
    const Outcome outcome = replay(port, {});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_NE(outcome.err.find("speaks TLS: write --target https://127.0.0.1:" + std::to_string(port)),
              std::string::npos)
        << outcome.err;
  }
  const int port = free_port();
  const Process plain(server(port, "t"));
  wait_for_port(port);
  EXPECT_EQ(replay(port, {}).err.find("TLS"), std::string::npos);
}

}  // namespace
}  // namespace tracerec::e2e
