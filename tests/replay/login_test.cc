// The file of --login, the request that it describes, and the header that a response leads to; responses are hostile.
#include "replay/login.h"

#include <gtest/gtest.h>

#include "http/encode.h"

namespace tracerec::replay {
namespace {

const std::string kFile = R"({"path": "/login", "take": "body:/t", "set": "A: Bearer {}"})";

Result<Login> parse_login(std::string_view text) {
  auto logins = parse_logins(text);
  if (!logins) return logins.error();
  return logins->front();
}

std::string error_of(const std::string& text) {
  const Result<Login> login = parse_login(text);
  return login ? "" : login.error().message;
}

std::string request_of(const std::string& text, const char* target = "staging:8080") {
  const Result<Login> login = parse_login(text);
  if (!login) return login.error().message;
  const OneRequest request = make_request(*login, *Target::parse(target));
  return request.head + request.body;
}

Login login_that_takes(const std::string& take) {
  return *parse_login(R"({"path": "/", "set": "A: Bearer {}", "take": ")" + take + R"("})");
}

// The header's value, or the error.
std::string outcome(const std::string& take, const OneResponse& response) {
  const Result<http::Header> header = header_of(login_that_takes(take), response);
  return header ? header->name + ": " + header->value : header.error().message;
}

OneResponse with_body(const std::string& body, const std::string& headers = "") {
  return {200, "HTTP/1.1 200 OK\r\n" + headers + "\r\n", body};
}

std::string from_body(const std::string& pointer, const std::string& body) {
  return outcome("body:" + pointer, with_body(body));
}

TEST(Login, TheRequestOfAFile) {
  EXPECT_EQ(request_of(R"({"path": "/login?a=1", "body": {"b": 1, "a": "x"}, "take": "body:/t", "set": "A: {}"})"),
            "POST /login?a=1 HTTP/1.1\r\nHost: staging:8080\r\nUser-Agent: tracerec\r\nAccept: */*\r\n"
            "Connection: close\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"a\":\"x\",\"b\":1}");
  EXPECT_EQ(request_of(R"({"path": "/", "body": "u=1", "take": "cookie:s", "set": "A: {}", // a comment
                           "headers": {"host": "other", "Accept": "text/html", "content-type": "x/y"}})"),
            "POST / HTTP/1.1\r\nUser-Agent: tracerec\r\nConnection: close\r\nAccept: text/html\r\ncontent-type: x/y\r\n"
            "host: other\r\nContent-Length: 3\r\n\r\nu=1");
  EXPECT_EQ(request_of(R"({"method": "GET", "path": "/", "take": "header:T", "set": "A: {}"})", "https://[::1]"),
            "GET / HTTP/1.1\r\nHost: [::1]\r\nUser-Agent: tracerec\r\nAccept: */*\r\nConnection: close\r\n\r\n");
  EXPECT_NE(request_of(kFile).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(Login, AFileThatIsNotAsItShouldBe) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "is not a valid JSON object"},
      {"{", "is not a valid JSON object"},
      {"7", "is not a valid JSON object"},
      {"[]", "must have 1 to 1000 logins"},
      {"[7]", "login 1 of the list: is not a valid JSON object"},
      {R"([{"path": "/", "take": "body:/t", "set": "A: {}"}])", "login 1 of the list: \"identity\" is missing"},
      {R"({"path": "/", "take": "body:/t", "set": "A: {}", "identity": 7})", "\"identity\" must be"},
      {R"({"path": "/", "take": "body:/t", "set": "A: {}", "identity": {"header": "A"}})", "\"identity\" must be"},
      {R"({"path": "/", "take": "body:/t", "set": "A: {}", "identity": {"recorded": "secret"}})",
       "\"identity\" must be"},
      {R"({"path": "/", "take": "body:/t", "set": "A: {}",
           "identity": {"header": "A", "cookie": "b", "recorded": "secret"}})",
       "\"identity\" must be"},
      {R"({"path": "/", "take": "body:/t", "set": "A: {}", "identity": {"header": "A b", "recorded": "secret"}})",
       "has a name that is not valid"},
      {"{\"path\": \"\xff\"}", "is not a valid JSON object"},
      {std::string(500'000, '['), "is nested deeper than 100"},
      {"{\"body\": " + std::string(101, '[') + std::string(101, ']') + "}", "is nested deeper than 100"},
      {"{}", "\"path\" must be"},
      {R"({"path": 1})", "\"path\" must be"},
      {R"({"path": "login"})", "\"path\" must be"},
      {R"({"path": "/a b"})", "\"path\" must be"},
      {R"({"path": "/a\r\nX: y"})", "\"path\" must be"},
      {R"({"path": "/", "method": "GET /x"})", "\"method\" must be"},
      {R"({"path": "/", "method": ""})", "\"method\" must be"},
      {R"({"path": "/", "headers": []})", "\"headers\" must be"},
      {R"({"path": "/", "headers": {"A": 1}})", "\"headers\" must be"},
      {R"({"path": "/", "headers": {"A": "secret\r\nB: c"}})", "\"headers\" has a name or a value"},
      {R"({"path": "/", "headers": {"A b": "secret"}})", "\"headers\" has a name or a value"},
      {R"({"path": "/", "headers": {"content-LENGTH": "5"}})", "must not have content-LENGTH"},
      {R"({"path": "/", "take": "token", "set": "A: {}"})", "\"take\" must be"},
      {R"({"path": "/", "take": "trailer:t", "set": "A: {}"})", "\"take\" must be"},
      {R"({"path": "/", "take": "body:/t"})", "\"set\" must be"},
      {R"({"path": "/", "take": "body:/t", "set": "A: b"})", "\"set\" must be"},
      {R"({"path": "/", "take": "body:/t", "set": "{}"})", "\"set\" must be"}};
  for (const auto& [text, message] : cases) {
    EXPECT_NE(error_of(text).find(message), std::string::npos) << text.substr(0, 100) << "\n" << error_of(text);
    EXPECT_EQ(error_of(text).find("secret"), std::string::npos);
  }
}

TEST(Login, AListHasOneForEachUser) {
  const auto logins = parse_logins(R"([{"path": "/a", "take": "body:/t", "set": "A: {}", // a comment
      "identity": {"header": "Authorization", "recorded": "exchange 12"}},
     {"path": "/b", "take": "body:/t", "set": "A: {}", "identity": {"cookie": "sid", "recorded": "s"}}])");
  ASSERT_TRUE(logins) << logins.error().message;
  ASSERT_EQ(logins->size(), 2U);
  EXPECT_EQ((*logins)[0].identity->name(), "Authorization");
  EXPECT_EQ((*logins)[0].identity->recorded, "exchange 12");
  EXPECT_EQ((*logins)[1].path, "/b");
  EXPECT_EQ((*logins)[1].identity->header, "Cookie");
  EXPECT_EQ((*logins)[1].identity->name(), "cookie sid");
  EXPECT_FALSE(parse_login(kFile)->identity);
}

TEST(Login, AValueOfTheBodyByItsPointer) {
  const std::string body =
      R"({"": "empty", "t": "tok", "n": 12345678901234567890123, "b": true, "l": [{"x": "deep"}, 2],
                               "a/b": "slash", "m~n": "tilde", "~1": "both", "e": "a\u0062\/", "t2": "1", "t2": "2"})";
  const std::vector<std::pair<std::string, std::string>> cases = {{"/t", "tok"},      {"/n", "12345678901234567890123"},
                                                                  {"/b", "true"},     {"/l/0/x", "deep"},
                                                                  {"/l/1", "2"},      {"/a~1b", "slash"},
                                                                  {"/m~0n", "tilde"}, {"/~01", "both"},
                                                                  {"/e", "ab/"},      {"/", "empty"},
                                                                  {"/t2", "2"}};
  for (const auto& [pointer, value] : cases) EXPECT_EQ(from_body(pointer, body), "A: Bearer " + value) << pointer;
  EXPECT_EQ(from_body("", "\"whole\""), "A: Bearer whole");
}

TEST(Login, AValueThatIsNotThere) {
  const std::string body = R"({"t": {"x": "y"}, "l": [1, 2], "null": null, "empty": ""})";
  for (const char* pointer : {"/x", "/t", "/l", "/null", "/empty", "/l/2", "/l/01", "/l/-", "/l/+1", "/l/1x", "/l/",
                              "t", "/t/x/y", "/l/99999999999999999999"}) {
    EXPECT_EQ(from_body(pointer, body), std::string("it has no body ") + pointer);
  }
  for (const char* text : {"", "<html>", "{\"t\": \"x\"", "\xff"})
    EXPECT_EQ(from_body("/t", text), "it has no body /t");
}

TEST(Login, AValueOfAHeaderOrACookie) {
  const OneResponse response =
      with_body("", "x-token:  abc \r\nSet-Cookie: sid2=no\r\nset-cookie: sid=v=1; Path=/\r\n");
  EXPECT_EQ(outcome("header:X-Token", response), "A: Bearer abc");
  EXPECT_EQ(outcome("cookie:sid", response), "A: Bearer v=1");
  EXPECT_EQ(outcome("cookie:si", response), "it has no cookie si");
  EXPECT_EQ(outcome("header:T\\n", response), "it has no header T\\x0a");
  EXPECT_EQ(body_bytes_needed(login_that_takes("cookie:sid")), 0U);
}

TEST(Login, AStatusThatRefuses) {
  OneResponse response = with_body(R"({"t": "x"})");
  for (const int status : {400, 403, 500}) {
    response.status = status;
    EXPECT_EQ(outcome("body:/t", response), "its status is " + std::to_string(status));
  }
  response.status = 302;
  EXPECT_EQ(outcome("body:/t", response), "A: Bearer x");
}

TEST(Login, AValueThatWouldEndItsLineIsRefusedAndNotShown) {
  for (const char* body : {R"({"t": "secret\r\nX: y"})", R"({"t": "secret\n"})", R"({"t": "secret\u0000"})"}) {
    EXPECT_EQ(from_body("/t", body), "the value has line ends or control bytes, which no header may have");
  }
}

TEST(Login, ABodyOfAnyCodingIsBounded) {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  EXPECT_EQ(outcome("body:/t", with_body("8\r\n{\"t\":\"x\"\r\n1\r\n}\r\n0\r\n\r\n", chunked)), "A: Bearer x");
  EXPECT_EQ(outcome("body:/t", with_body("zz\r\n", chunked)).rfind("its body: ", 0), 0U);
  http::HeaderList gzip;
  gzip.add("Content-Encoding", "gzip");
  const auto packed = [&gzip](const std::string& body) { return *http::encode_content(gzip, body); };
  EXPECT_EQ(outcome("body:/t", with_body(packed(R"({"t": "x"})"), "Content-Encoding: gzip\r\n")), "A: Bearer x");
  EXPECT_EQ(
      outcome("body:/t", with_body(packed(std::string(kMaxLoginBodyBytes + 1, ' ')), "Content-Encoding: gzip\r\n")),
      "its body: coding gzip: decodes to more than 1.0 MiB");
  OneResponse cut = with_body("{");
  cut.body_is_cut = true;
  EXPECT_EQ(outcome("body:/t", cut), "its body is longer than 1.0 MiB");
  EXPECT_EQ(outcome("header:none", cut), "it has no header none");
}

TEST(Login, ABodyThatIsNestedWithoutEnd) {
  EXPECT_EQ(from_body("/t", "{\"t\":" + std::string(1'000'000, '[')), "it has no body /t");
  EXPECT_EQ(from_body("/t", "{\"t\":" + std::string(500'000, '[') + std::string(500'000, ']') + "}"),
            "it has no body /t");
}

}  // namespace
}  // namespace tracerec::replay
