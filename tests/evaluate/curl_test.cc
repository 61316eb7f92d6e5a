// Curl commands as text: where they go, and what a run made of a request.
#include "evaluate/curl.h"

#include <gtest/gtest.h>

#include <string>

#include "evaluate/missing_values.h"
#include "evaluate/sent_request.h"
#include "evaluate/shell_word.h"
#include "replay/identity.h"
#include "tests/evaluate/stored_exchange.h"

namespace tracerec::evaluate::testing {
namespace {

constexpr const char* kGet = "GET /a HTTP/1.1\r\nHost: shop:8080\r\nUser-Agent: u\r\nAccept: x\r\n\r\n";
constexpr const char* kEnd = " -H 'User-Agent: u' -H 'Accept: x'";

std::string command_of(const StoredExchanges& stored, schema::RowId id = 1) {
  const auto command = to_curl(*stored.reader(), stored.exchange(id));
  return command ? *command : command.error().message;
}

std::string command_of(const StoredExchanges& stored, const schema::Run& run, schema::RowId id = 1) {
  const auto command = to_curl(*stored.reader(), stored.exchange(id), run);
  return command ? *command : command.error().message;
}

// A command that cannot work must not look as if it did.
TEST(Curl, WhatTheTargetDidNotGiveIsNamed) {
  StoredExchanges stored;
  stored.add("POST /login HTTP/1.1\r\nHost: shop\r\n\r\n");
  stored.add("GET /a/7 HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer x\r\nX-Api-Key: k\r\n\r\n");
  const schema::Run run = stored.add_run("http://staging:8080", "{}");
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  stored.respond(run, 1, head, "");
  stored.respond(run, 2, head, "", {{"path segment 2", 1, "$.id", false}, {"header Authorization", 1, "$.t", true}});
  schema::StoredExchange exchange = stored.exchange(2);
  const auto plain = missing_values(*stored.reader(), exchange, run);
  ASSERT_TRUE(plain);
  ASSERT_EQ(plain->size(), 1U) << "nothing was replaced while recording";
  EXPECT_NE(plain->at(0).find("path segment 2"), std::string::npos) << plain->at(0);
  EXPECT_NE(plain->at(0).find("exchange 1 had no `$.id`"), std::string::npos) << plain->at(0);
  exchange.notes = "redacted";
  const auto redacted = missing_values(*stored.reader(), exchange, run);
  ASSERT_EQ(redacted->size(), 2U) << "Authorization came from the target";
  EXPECT_NE(redacted->at(1).find("header X-Api-Key"), std::string::npos) << redacted->at(1);
}

TEST(Curl, ARecordedRequestGoesToTheServerThatWasRecorded) {
  StoredExchanges plain;
  plain.add(kGet);
  EXPECT_EQ(command_of(plain), std::string("curl -sS -i --path-as-is --globoff 'http://shop:8080/a'") + kEnd);
  StoredExchanges tls("192.0.2.7:8443", true);
  tls.add(kGet);
  EXPECT_EQ(command_of(tls), std::string("curl -sS -i --http1.1 --path-as-is --globoff 'https://shop:8080/a'") + kEnd);
  StoredExchanges unix_socket("unix:/run/app's.sock");
  unix_socket.add(kGet);
  EXPECT_EQ(command_of(unix_socket),
            std::string("curl -sS -i --unix-socket '/run/app'\\''s.sock' --path-as-is --globoff 'http://shop:8080/a'") +
                kEnd);
}

TEST(Curl, AHostThatIsNoHostDoesNotChooseTheServer) {
  StoredExchanges stored;
  stored.add("GET /a HTTP/1.0\r\nUser-Agent: u\r\nAccept: x\r\n\r\n");
  stored.add("GET /a HTTP/1.1\r\nHost: evil@x/?\r\nUser-Agent: u\r\nAccept: x\r\n\r\n");
  EXPECT_EQ(
      command_of(stored, 1),
      std::string("curl -sS -i --http1.0 --path-as-is --globoff 'http://192.0.2.7:8080/a'") + kEnd + " -H 'Host:'");
  EXPECT_EQ(command_of(stored, 2),
            std::string("curl -sS -i --path-as-is --globoff 'http://192.0.2.7:8080/a' -H 'Host: evil@x/?'") + kEnd);
}

TEST(Curl, ARunSendsWhatItsOptionsSay) {
  StoredExchanges stored;
  stored.add(
      "POST /v1/a HTTP/1.1\r\nHost: shop\r\nUser-Agent: u\r\nAccept: x\r\nCookie: c\r\nOrigin: https://shop\r\n"
      "Authorization: Bearer recorded\r\nContent-Length: 2\r\nContent-Type: t\r\nExpect: \r\n\r\n",
      "{}");
  const schema::Run run = stored.add_run(
      "https://staging",
      R"({"set_header": ["authorization", "X-New"], "remove_header": ["Cookie"], "rewrite_path": ["/v1=/v2"],)"
      R"( "insecure": true, "cacert": "/ca.pem"})");
  EXPECT_EQ(command_of(stored, run),
            "curl -sS -i --http1.1 -k --cacert '/ca.pem' --path-as-is --globoff 'https://staging/v2/a' "
            "-H 'User-Agent: u' -H 'Accept: x' -H 'Origin: https://staging' -H 'Authorization: '"
            "\"${TRACEREC_AUTHORIZATION:?set it to the value of the header}\" -H 'Content-Length: 2' "
            "-H 'Content-Type: t' -H 'Expect;' -H 'X-New: '"
            "\"${TRACEREC_X_NEW:?set it to the value of the header}\" --data-binary '{}'");
}

TEST(Curl, ARunKeepsTheHost) {
  StoredExchanges stored;
  stored.add(kGet);
  const schema::Run run = stored.add_run("staging:81", R"({"keep_host": true})");
  EXPECT_EQ(command_of(stored, run),
            std::string("curl -sS -i --path-as-is --globoff 'http://staging:81/a' -H 'Host: shop:8080'") + kEnd);
}

TEST(Curl, OptionsThatAreNotOnesAreLeftAside) {
  StoredExchanges stored;
  stored.add(kGet);
  const std::string plain = std::string("curl -sS -i --path-as-is --globoff 'http://t/a'") + kEnd;
  for (const char* options : {"", "[", "[]", R"({"set_header": 7, "remove_header": {}, "rewrite_path": ["x"]})",
                              R"({"set_header": ["a b"], "insecure": "yes", "cacert": 1})"}) {
    EXPECT_EQ(command_of(stored, stored.add_run("t", options)), plain) << options;
  }
}

TEST(Curl, ValuesAreThoseThatTheRunSent) {
  const std::string recorded = "723bd033-dff5-4ff3-b1bf-aee9bea2340a", live = "11111111-aaaa-4ff3-b1bf-aee9bea2340a";
  StoredExchanges stored;
  const std::string created = "HTTP/1.1 201 x\r\nContent-Type: application/json\r\n\r\n";
  stored.add("POST /n HTTP/1.1\r\n\r\n", "", created + "", "{\"id\": \"" + recorded + "\"}");
  stored.add("PUT /n/" + recorded +
                 " HTTP/1.1\r\nHost: h\r\nUser-Agent: u\r\nAccept: x\r\nContent-Type: application/json"
                 "\r\nExpect: \r\nContent-Length: 46\r\n\r\n",
             "{\"id\": \"" + recorded + "\"}");
  const schema::Run run = stored.add_run("t", "{}");
  stored.respond(run, 1, created, "{\"id\": \"" + live + "+\"}");
  stored.respond(run, 2, created, "", {{"path segment 2", 1, "$.id", true}, {"$.id", 1, "$.id", true}});
  EXPECT_EQ(command_of(stored, run, 2),
            "curl -sS -i -X 'PUT' --path-as-is --globoff 'http://t/n/" + live +
                "%2B' -H 'User-Agent: u' -H 'Accept: x' -H 'Content-Type: application/json' -H 'Expect;' "
                "-H 'Content-Length: 47' --data-binary '{\"id\": \"" +
                live + "+\"}'");
}

// The target replaced the cookie in between, where nothing was recorded; the last of a name counts.
TEST(Curl, TheNewestCookieOfTheRunIsSent) {
  StoredExchanges stored;
  const std::string ok = "HTTP/1.1 200 x\r\n", use =
                                                   " HTTP/1.1\r\nHost: h\r\nUser-Agent: u\r\nAccept: x\r\n"
                                                   "Cookie: sid=Zx81kQp0Tr55aWmB\r\n\r\n";
  stored.add("POST /login HTTP/1.1\r\n\r\n", "", ok + "Set-Cookie: sid=Zx81kQp0Tr55aWmB\r\n\r\n");
  stored.add("GET /1" + use, "", ok + "\r\n");
  stored.add("GET /2" + use, "", ok + "\r\n");
  const schema::Run run = stored.add_run("t", "{}");
  const std::vector<schema::Substitution> values = {{"cookie sid", 1, "cookie sid", true}};
  stored.respond(run, 1, ok + "Set-Cookie: sid=old\r\nSet-Cookie: sid=first\r\n\r\n", "");
  stored.respond(run, 2, ok + "Set-Cookie: sid=second\r\n\r\n", "", values);
  stored.respond(run, 3, ok + "\r\n", "", values);
  EXPECT_NE(command_of(stored, run, 2).find("-H 'Cookie: sid=first'"), std::string::npos) << command_of(stored, run, 2);
  EXPECT_NE(command_of(stored, run, 3).find("-H 'Cookie: sid=second'"), std::string::npos);
}

TEST(Curl, WhatCurlCannotSendIsAnError) {
  StoredExchanges stored;
  stored.add("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "0\r\n\r\n");
  EXPECT_EQ(command_of(stored), "its Transfer-Encoding is not chunked alone");
}

// The header of one user stood in the commands of all requests, from one variable.
TEST(Curl, OfAListOfLoginsEachRequestHasItsUsersHeader) {
  StoredExchanges stored;
  const std::string start = "GET /a HTTP/1.1\r\nHost: shop\r\nUser-Agent: u\r\nAccept: x\r\n";
  stored.add(start + "\r\n");
  stored.add(start + "Authorization: Bearer alice\r\n\r\n");
  stored.add(start + "Authorization: Bearer bob\r\n\r\n");
  stored.add(start + "Authorization: Bearer eve\r\n\r\n");
  const auto identity = [](const std::string& recorded) {
    return R"({"header": "Authorization", "cookie": "", "set_header": "Authorization", "recorded_sha256": ")" +
           replay::digest_of(replay::IdentityKey{"Authorization", "", recorded}) + "\"}";
  };
  const schema::Run run =
      stored.add_run("http://staging", R"({"set_header": [], "identities": [{}, 7, )" + identity("alice") + ", " +
                                           identity("Bearer bob") + "]}");
  const std::string none = command_of(stored, run, 1);
  EXPECT_EQ(none.find("uthorization"), std::string::npos) << none;
  const std::string alice = command_of(stored, run, 2);
  EXPECT_NE(alice.find("\"${TRACEREC_AUTHORIZATION_USER_3:?set it to the value of the header for user 3 of the login "
                       "file}\""),
            std::string::npos)
      << alice;
  EXPECT_NE(command_of(stored, run, 3).find("${TRACEREC_AUTHORIZATION_USER_4:?"), std::string::npos);
  EXPECT_NE(command_of(stored, run, 4).find("'Authorization: Bearer eve'"), std::string::npos);
  const auto sent = message_of_run(*stored.reader(), stored.exchange(2), run);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->head,
            "GET /a HTTP/1.1\r\nHost: staging\r\nUser-Agent: u\r\nAccept: x\r\n"
            "Authorization: (not stored)\r\n\r\n");
}

// The shell took the line end off the output of printf.
TEST(Curl, ALineEndBeforeANulByteStays) {
  EXPECT_EQ(shell_quote(std::string_view("a\n\0", 3)), "'a''\n'");
  EXPECT_EQ(shell_quote(std::string_view("\0a\0\nb", 5)), "'a'\"$(printf '\\nb')\"");
}

}  // namespace
}  // namespace tracerec::evaluate::testing
