// Curl commands as shells run them: what arrives is what was recorded, and nothing else is done.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/text.h"
#include "evaluate/curl.h"
#include "http/decode.h"
#include "http/message.h"
#include "tests/evaluate/raw_server.h"
#include "tests/evaluate/stored_exchange.h"

namespace tracerec::evaluate::testing {
namespace {

bool is_installed(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

std::vector<std::string> lines_of(std::string head) {
  std::vector<std::string> lines;
  for (std::size_t end = 0; (end = head.find("\r\n")) != std::string::npos; head.erase(0, end + 2))
    lines.push_back(head.substr(0, end));
  if (!lines.empty()) std::sort(lines.begin() + 1, lines.end());  // the order of fields is curl's
  return lines;
}

std::string every_byte() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  return bytes;
}

std::string random_bytes(std::size_t count) {
  std::string bytes;
  std::uint64_t state = 42;
  while (bytes.size() < count) bytes += static_cast<char>((state = state * 6364136223846793005U + 1) >> 56);
  return bytes;
}

struct CurlShellTest : ::testing::TestWithParam<const char*> {
  void SetUp() override {
    for (const char* program : {GetParam(), "curl"}) {
      if (is_installed(program)) continue;
      ASSERT_EQ(std::getenv("CI"), nullptr) << program << " is not installed, and CI must run this";
      GTEST_SKIP() << program << " is not installed";
    }
  }

  // Runs the command in a folder of its own, in which nothing but itself may be afterwards.
  void run(const std::string& command) {
    const tracerec::testing::TempDir home;
    std::ofstream(folder.file("command")) << command << '\n';
    const std::string line = "cd '" + home.file("") + "' && HOME=. http_proxy= " + GetParam() + " '" +
                             folder.file("command") + "' </dev/null >/dev/null 2>'" + folder.file("stderr") + "'";
    EXPECT_EQ(std::system(line.c_str()), 0) << command.substr(0, 500);
    EXPECT_EQ(std::system(("[ -z \"$(ls -A '" + home.file("") + "')\" ]").c_str()), 0)
        << "the command made a file: " << command.substr(0, 500);
  }

  // `fields`: all header lines but Host.
  void expect_arrives(const std::string& request_line, const std::string& fields, const std::string& body = {}) {
    StoredExchanges stored;
    RawServer server;
    const schema::RowId id = stored.add(request_line + "\r\nHost: shop\r\n" + fields + "\r\n", body);
    const auto reader = stored.reader();
    const auto command = to_curl(*reader, stored.exchange(id), "http://" + server.authority());
    ASSERT_TRUE(command) << request_line << command.error().message;
    EXPECT_EQ(command->find_first_of("\n\r\033"), std::string::npos) << "not one line, or not safe to show";
    const RawRequest got = server.receive([&] { run(*command); });
    const std::string wanted = request_line + "\r\nHost: " + server.authority() + "\r\n" + fields + "\r\n";
    EXPECT_EQ(lines_of(got.head), lines_of(wanted)) << command->substr(0, 500);
    EXPECT_TRUE(payload_of(got) == payload_of({wanted, body})) << command->substr(0, 500);
  }

  static std::string payload_of(const RawRequest& request) {
    http::HeaderList headers;
    if (request.head.find("ransfer-") != std::string::npos) headers.add("Transfer-Encoding", "chunked");
    const auto payload = http::decode_transfer(headers, request.body);
    return payload ? *payload : "not decoded: " + request.body;
  }

  void expect_body(const std::string& body, const std::string& type = "Content-Type: text/plain\r\n") {
    expect_arrives("POST /a HTTP/1.1", type + "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
  }

  tracerec::testing::TempDir folder;
};

INSTANTIATE_TEST_SUITE_P(Shells, CurlShellTest, ::testing::Values("dash", "bash", "zsh"),
                         [](const auto& shell) { return std::string(shell.param); });

TEST_P(CurlShellTest, HostileBodies) {
  const std::vector<std::string> bodies = {"@/etc/passwd",
                                           "@-",
                                           "it's",
                                           "'",
                                           "''",
                                           "'; touch owned; '",
                                           "\"; touch owned; \"",
                                           "$(touch owned)",
                                           "`touch owned`",
                                           "${HOME}$HOME",
                                           "\\",
                                           "\\n\\0\\x41\\c",
                                           "%s%n%%",
                                           "%",
                                           "-d",
                                           "--output owned",
                                           "a\nb\n",
                                           "\n",
                                           "\n\n",
                                           "\r\n",
                                           "\t \t",
                                           " ",
                                           "!!",
                                           "!x",
                                           "~",
                                           "*",
                                           "a\0b" + std::string(1, '\0') + "c",
                                           std::string(3, '\0'),
                                           "\0017\0018",
                                           "Zo\xc3\xab \xf0\x9f\x8d\xb0",
                                           "\xff\xfe\x80",
                                           "\xc3",
                                           "\xe2\x80\xae"
                                           "evil",
                                           "\033[31mred\033[0m",
                                           "{\"a\": [1, \"x'y\"]}",
                                           "a=1&b=%20+",
                                           "<a href='x'>&amp;</a>",
                                           every_byte(),
                                           "=ls",
                                           "#not a comment"};
  for (const std::string& body : bodies) expect_body(body);
  expect_body("{}", "");  // without a type
}

TEST_P(CurlShellTest, LongBodies) {
  expect_body(random_bytes(1'000'000));
  expect_body(std::string(1'000'000, '\''));
  expect_body(std::string(200'000, 'x'));
  expect_body(std::string(99'999, '\''));
  expect_arrives("PUT /a HTTP/1.1", "Expect: 100-continue\r\nContent-Length: 3\r\n", "abc");
}

TEST_P(CurlShellTest, HostileTargets) {
  const std::vector<std::string> targets = {"/",
                                            "/a?b=c&d='e'",
                                            "/$(touch${IFS}owned)",
                                            "/`touch`",
                                            "/a;touch",
                                            "/{a,b}[1-3]",
                                            "/*",
                                            "//x",
                                            "/../a/./b/..",
                                            "/a|b",
                                            "/\"q\"",
                                            "/<x>",
                                            "/\\x",
                                            "/%00%zz%",
                                            "/a#frag",
                                            "/Zo\xc3\xab",
                                            "/~user/!x",
                                            "/?",
                                            "/a?@/etc/passwd",
                                            "http://other.example:81/absolute?x=1",
                                            "*",
                                            "/" + std::string(5000, 'p')};
  for (const std::string& target : targets) {
    // The target of absolute-form goes where the run goes.
    if (target.starts_with("http")) continue;
    expect_arrives((target == "*" ? "OPTIONS " : "GET ") + target + " HTTP/1.1", "Accept: x\r\n");
  }
}

TEST_P(CurlShellTest, HostileHeaders) {
  expect_arrives("GET /a HTTP/1.1", "");
  expect_arrives("GET /a HTTP/1.1", "Accept: */*\r\nUser-Agent: it's $(touch owned) `touch owned` \"q\" \\ !x %s\r\n");
  expect_arrives("GET /a HTTP/1.1", "X-Empty:\r\nX-Two: 1\r\nX-Two: 2\r\nx-lower: @/etc/passwd\r\n");
  expect_arrives("GET /a HTTP/1.1", "X-Utf8: Zo\xc3\xab\r\nX-Latin: caf\xe9 \x81\x88\xff\r\n");
  // The parser of heads shows control bytes as \x01.
  expect_arrives("GET /a HTTP/1.1", "X-Esc: \033[31m\r\nX-Esc: ?\001?8\r\nUser-Agent: \177\0379\r\nX-Tab: a\tb\r\n");
  expect_arrives("GET /a HTTP/1.1", "Cookie: a=1; b=\"2\"\r\nAuthorization: Bearer -x;y\r\n");
  expect_arrives("DELETE /a HTTP/1.1", "Content-Length: 0\r\n");
  expect_arrives("POST /a HTTP/1.1", "content-length: 0\r\nX-After: \xe2\x80\xae\r\n");
}

TEST_P(CurlShellTest, MethodsVersionsAndFraming) {
  expect_arrives("HEAD /a HTTP/1.1", "");
  expect_arrives("PATCH /a HTTP/1.1", "Content-Length: 2\r\n", "{}");
  expect_arrives("GET /a HTTP/1.1", "Content-Length: 2\r\n", "{}");
  expect_arrives("-X'Y$ /a HTTP/1.1", "");
  expect_arrives("GET /a HTTP/1.0", "Connection: keep-alive\r\n");
  expect_arrives("POST /a HTTP/1.1", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2;x=y\r\nd'\r\n0\r\n\r\n");
  expect_arrives("POST /a HTTP/1.1", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n");
}

}  // namespace
}  // namespace tracerec::evaluate::testing
