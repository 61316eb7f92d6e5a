// Entries as browsers and proxies write them.
#include "convert/har_entry.h"

#include <gtest/gtest.h>

#include "http/decode.h"
#include "http/message.h"

namespace tracerec::convert {
namespace {

using Json = nlohmann::json;

// An exchange that lacks nothing; each test changes what it is about.
Json entry() {
  return Json::parse(R"({
    "startedDateTime": "2026-03-01T12:00:00.250Z", "time": 30,
    "request": {"method": "GET", "url": "http://shop.example.com/items?page=2", "httpVersion": "HTTP/1.1",
                "headers": [{"name": "Host", "value": "shop.example.com"}], "bodySize": 0},
    "response": {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1",
                 "headers": [{"name": "Content-Length", "value": "5"}],
                 "content": {"size": 5, "mimeType": "text/plain", "text": "hello"}, "bodySize": 5},
    "timings": {"blocked": 1, "dns": 2, "connect": -1, "send": 4, "wait": 10, "receive": 6}})");
}

void set_header(Json& message, const char* name, const char* value) {
  for (Json& header : message["headers"]) {
    if (header["name"] == name) return void(header["value"] = value);
  }
  message["headers"].push_back({{"name", name}, {"value", value}});
}

void remove_headers(Json& message) {
  message["headers"] = Json::array();
}

schema::Exchange row_of(const Json& json) {
  Entry read = read_har_entry(json);
  if (const auto* skipped = std::get_if<Skipped>(&read)) {
    ADD_FAILURE() << skipped->reason << ": " << skipped->detail;
    return {};
  }
  return std::get<Draft>(read).row;
}

std::string skip_of(const Json& json) {
  const Entry read = read_har_entry(json);
  const auto* skipped = std::get_if<Skipped>(&read);
  return skipped == nullptr ? "" : skipped->reason;
}

TEST(HarEntry, BecomesTheMessagesThatItDescribes) {
  const schema::Exchange row = row_of(entry());
  EXPECT_TRUE(row.complete);
  EXPECT_EQ(row.notes, "");
  EXPECT_EQ(row.request_head, "GET /items?page=2 HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
  EXPECT_EQ(row.response_head, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(row.response_body.bytes, "hello");
  EXPECT_EQ(row.response_body.wire_bytes, 5U);
  EXPECT_EQ(row.status, 200);
}

TEST(HarEntry, TimesCountFromTheFirstByteOfTheRequest) {
  const schema::Exchange row = row_of(entry());
  EXPECT_EQ(row.started_unix_ns, 1'772'366'400'253'000'000);  // blocked and dns come before it
  EXPECT_EQ(row.ttfb_ns, 14'000'000);
  EXPECT_EQ(row.duration_ns, 20'000'000);
}

TEST(HarEntry, MissingTimesAreUnknown) {
  Json json = entry();
  json.erase("timings");
  json.erase("time");
  json["startedDateTime"] = "yesterday";
  const schema::Exchange row = row_of(json);
  EXPECT_EQ(row.ttfb_ns, -1);
  EXPECT_EQ(row.duration_ns, -1);
  EXPECT_EQ(row.notes, "no_time");
}

TEST(HarEntry, Http2IsWrittenAsHttp1) {
  Json json = entry();
  json["request"]["httpVersion"] = "h2";
  json["request"]["headers"] = Json::parse(R"([{"name": ":authority", "value": "api.example.com"},
    {"name": ":method", "value": "GET"}, {"name": "cookie", "value": "a=1"}, {"name": "accept", "value": "*/*"},
    {"name": "cookie", "value": "b=2"}])");
  const schema::Exchange row = row_of(json);
  EXPECT_EQ(row.request_head,
            "GET /items?page=2 HTTP/1.1\r\nHost: api.example.com\r\naccept: */*\r\nCookie: a=1; b=2\r\n\r\n");
  EXPECT_EQ(row.notes, "as_http1");
}

TEST(HarEntry, ARequestWithoutHostHasThatOfItsUrl) {
  Json json = entry();
  json["request"]["url"] = "https://user:secret@shop.example.com:8443#top";
  remove_headers(json["request"]);
  const Entry read = read_har_entry(json);
  const auto& draft = std::get<Draft>(read);
  EXPECT_EQ(draft.row.request_head, "GET / HTTP/1.1\r\nHost: shop.example.com:8443\r\n\r\n");
  EXPECT_EQ(draft.server, "shop.example.com:8443");
  EXPECT_TRUE(draft.tls);
}

TEST(HarEntry, TheServerIsItsAddressWhereThereIsOne) {
  Json json = entry();
  json["serverIPAddress"] = "2001:db8::7";
  EXPECT_EQ(std::get<Draft>(read_har_entry(json)).server, "[2001:db8::7]:80");
}

TEST(HarEntry, ABodyWithoutLengthGetsOne) {
  Json json = entry();
  json["request"]["method"] = "POST";
  json["request"]["postData"] = {{"mimeType", "application/json"}, {"text", "{\"a\":\"ä\"}"}};
  json["request"]["bodySize"] = -1;
  const schema::Exchange row = row_of(json);
  EXPECT_TRUE(row.complete);
  EXPECT_TRUE(row.request_head.ends_with("Content-Length: 10\r\n\r\n")) << row.request_head;
  EXPECT_EQ(row.request_body.bytes, "{\"a\":\"ä\"}");
}

// Chrome leaves out the files of a multipart form, others the body.
TEST(HarEntry, ARequestBodyOfAnotherLengthIsUnknown) {
  Json json = entry();
  json["request"]["method"] = "POST";
  set_header(json["request"], "Content-Length", "100");
  json["request"]["postData"] = {{"mimeType", "multipart/form-data"}, {"text", "--x\r\n"}};
  schema::Exchange row = row_of(json);
  EXPECT_FALSE(row.complete);
  EXPECT_EQ(row.notes, "request_body_unknown");
  EXPECT_EQ(row.request_body.bytes, "");
  EXPECT_EQ(row.request_body.wire_bytes, 100U);
  json["request"].erase("postData");
  row = row_of(json);
  EXPECT_EQ(row.notes, "request_body_unknown");
}

TEST(HarEntry, ParametersAloneAreNoBody) {
  Json json = entry();
  json["request"]["method"] = "POST";
  json["request"]["postData"] = Json::parse(R"({"mimeType": "application/x-www-form-urlencoded",
                                                "params": [{"name": "a", "value": "1"}]})");
  EXPECT_EQ(row_of(json).notes, "request_body_unknown");
}

TEST(HarEntry, FieldsBeforeAFormAreNotOfTheBody) {
  Json json = entry();
  json["request"]["method"] = "POST";
  set_header(json["request"], "Content-Length", "3");
  json["request"]["postData"] = {
      {"mimeType", "application/x-www-form-urlencoded"},
      {"text", "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=1"}};
  const schema::Exchange row = row_of(json);
  EXPECT_EQ(row.request_body.bytes, "a=1");
  EXPECT_TRUE(row.complete);
}

TEST(HarEntry, ChunkedStaysChunked) {
  Json json = entry();
  json["response"]["headers"] = Json::parse(R"([{"name": "Transfer-Encoding", "value": "chunked"}])");
  const schema::Exchange row = row_of(json);
  EXPECT_TRUE(row.complete);
  EXPECT_EQ(row.response_body.bytes, "5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(row.response_body.wire_bytes, row.response_body.bytes.size());
}

class HarCoding : public testing::TestWithParam<const char*> {};

// The file has the decoded content; the fields still say that it is coded.
TEST_P(HarCoding, IsAppliedAgain) {
  Json json = entry();
  set_header(json["response"], "Content-Encoding", GetParam());
  set_header(json["response"], "Content-Length", "33");
  const schema::Exchange row = row_of(json);
  ASSERT_TRUE(row.complete) << row.notes;
  EXPECT_EQ(row.notes, "reencoded");
  const auto head = http::parse_response_head(row.response_head);
  ASSERT_TRUE(head.has_value());
  const auto decoded = http::decode_body(head->headers, row.response_body.bytes);
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  EXPECT_EQ(*decoded, "hello");
  EXPECT_EQ(*head->headers.find("Content-Length"), std::to_string(row.response_body.bytes.size()));
}
INSTANTIATE_TEST_SUITE_P(Codings, HarCoding, testing::Values("gzip", "br", "deflate", "zstd"));

TEST(HarEntry, AnUnknownCodingLeavesTheBodyUnknown) {
  Json json = entry();
  set_header(json["response"], "Content-Encoding", "exi");
  set_header(json["response"], "Content-Length", "33");
  EXPECT_EQ(row_of(json).notes, "response_body_unknown");
}

// mitmproxy writes what it cannot decode as it was.
TEST(HarEntry, ABodyThatIsStillCodedStaysAsItIs) {
  Json json = entry();
  set_header(json["response"], "Content-Encoding", "gzip");
  json["response"]["content"] = {{"size", 5}, {"text", "AQIDBAU="}, {"encoding", "base64"}};
  const schema::Exchange row = row_of(json);
  EXPECT_EQ(row.response_body.bytes, "\x01\x02\x03\x04\x05");
  EXPECT_EQ(row.notes, "");
}

TEST(HarEntry, Base64ThatIsNoneIsUnknown) {
  Json json = entry();
  json["response"]["content"] = {{"size", 5}, {"text", "he%lo"}, {"encoding", "base64"}};
  const schema::Exchange row = row_of(json);
  EXPECT_EQ(row.notes, "response_body_unknown");
  EXPECT_EQ(row.response_body.bytes, "");
  EXPECT_EQ(row.response_body.wire_bytes, 5U);
}

TEST(HarEntry, ATextThatWasCutIsUnknown) {
  Json json = entry();
  set_header(json["response"], "Content-Length", "5000000");
  EXPECT_EQ(row_of(json).notes, "response_body_unknown");
  remove_headers(json["response"]);
  json["response"]["content"]["size"] = 5'000'000;
  EXPECT_EQ(row_of(json).notes, "response_body_unknown");
}

TEST(HarEntry, ATextOfAnotherCharsetIsUnknown) {
  Json json = entry();
  remove_headers(json["response"]);
  json["response"]["content"]["text"] = "hellö";
  json["response"]["content"]["size"] = 6;
  EXPECT_TRUE(row_of(json).complete);
  set_header(json["response"], "Content-Type", "text/html; charset=ISO-8859-1");
  EXPECT_EQ(row_of(json).notes, "response_body_unknown");
}

TEST(HarEntry, NoTextIsNoBodyOnlyWhereTheSizesSaySo) {
  Json json = entry();
  json["response"]["content"].erase("text");
  EXPECT_EQ(row_of(json).notes, "response_body_unknown");
  set_header(json["response"], "Content-Length", "0");
  EXPECT_TRUE(row_of(json).complete);
  remove_headers(json["response"]);
  json["response"]["content"]["size"] = 0;
  json["response"]["bodySize"] = -1;
  EXPECT_TRUE(row_of(json).complete);
  json["response"]["content"].erase("size");
  EXPECT_EQ(row_of(json).notes, "response_body_unknown");
}

TEST(HarEntry, AStreamOfEventsWithoutTextIsUnknown) {
  Json json = entry();
  json["response"]["headers"] = Json::parse(R"([{"name": "Content-Type", "value": "text/event-stream"}])");
  json["response"]["content"] = {{"size", 0}, {"text", ""}};
  EXPECT_EQ(row_of(json).notes, "response_body_unknown");
}

// What no comparison can read is no baseline; the rest of the file is.
TEST(HarEntry, AResponseThatNobodyCanReadIsIncomplete) {
  for (const char* length : {"+1", "abc", "-1", "99999999999999999999999", "1 1", "1, 7"}) {
    Json json = entry();
    set_header(json["response"], "Content-Length", length);
    EXPECT_FALSE(row_of(json).complete) << length;
  }
  Json json = entry();
  json["response"]["headers"].push_back({{"name", "Content-Length"}, {"value", "7"}});
  EXPECT_EQ(row_of(json).notes, "response_refused");
}

// Servers differ in which of two lengths they believe: a second request would hide in the body.
TEST(HarEntry, NothingIsSentWithTwoLengths) {
  Json json = entry();
  json["request"]["method"] = "POST";
  set_header(json["request"], "Content-Length", "25");
  set_header(json["request"], "Transfer-Encoding", "chunked");
  json["request"]["postData"] = {{"text", "GET /y HTTP/1.1\r\nA: b\r\n\r\n"}};
  const schema::Exchange row = row_of(json);
  EXPECT_EQ(row.request_head.find("Content-Length"), std::string::npos) << row.request_head;
  EXPECT_TRUE(row.request_body.bytes.starts_with("19\r\nGET")) << row.request_body.bytes;
}

TEST(HarEntry, AnInterimStatusIsNoResponse) {
  Json json = entry();
  json["response"]["status"] = 100;
  EXPECT_FALSE(row_of(json).complete);
}

// A browser shows the content of its cache with a 304.
TEST(HarEntry, AResponseThatHasNoBodyGetsNone) {
  for (const int status : {204, 304}) {
    Json json = entry();
    json["response"]["status"] = status;
    EXPECT_EQ(row_of(json).response_body.bytes, "") << status;
    EXPECT_TRUE(row_of(json).complete) << status;
  }
  Json json = entry();
  json["request"]["method"] = "HEAD";
  json["response"]["content"] = Json::object();
  EXPECT_TRUE(row_of(json).complete);
}

TEST(HarEntry, WithoutResponse) {
  Json json = entry();
  json["response"]["status"] = 0;
  EXPECT_EQ(row_of(json).notes, "no_response");
  EXPECT_FALSE(row_of(json).complete);
  json.erase("response");
  EXPECT_EQ(row_of(json).notes, "no_response");
}

TEST(HarEntry, AnUpgradeIsNoted) {
  Json json = entry();
  json["response"]["status"] = 101;
  json["response"]["content"] = Json::object();
  EXPECT_EQ(row_of(json).notes, "upgrade");
}

TEST(HarEntry, SetCookieOfChromeIsSeveral) {
  Json json = entry();
  set_header(json["response"], "set-cookie", "a=1; Path=/\nb=2");
  EXPECT_EQ(row_of(json).response_head,
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nset-cookie: a=1; Path=/\r\nset-cookie: b=2\r\n\r\n");
}

TEST(HarEntry, WhatNoServerAnsweredIsSkipped) {
  Json json = entry();
  json["request"]["url"] = "data:text/plain,hello";
  EXPECT_EQ(skip_of(json), "not_http");
  json["request"]["url"] = "chrome-extension://abc/page.html";
  EXPECT_EQ(skip_of(json), "not_http");
  json = entry();
  json["_fromCache"] = "memory";
  EXPECT_EQ(skip_of(json), "cache");
  json = entry();
  json["_fetchedViaServiceWorker"] = true;
  EXPECT_EQ(skip_of(json), "service_worker");
  json = entry();
  json["request"]["method"] = "CONNECT";
  EXPECT_EQ(skip_of(json), "connect");
}

// A request that would be two, or a header that would be two, is no message.
TEST(HarEntry, WhatNoMessageCanSayIsUnreadable) {
  const auto with = [](const char* pointer, const Json& value) {
    Json json = entry();
    json[Json::json_pointer(pointer)] = value;
    return skip_of(json);
  };
  EXPECT_EQ(with("/request/method", "GET / HTTP/1.1\r\nX: y"), kUnreadable);
  EXPECT_EQ(with("/request/headers/0/name", "Ho st"), kUnreadable);
  EXPECT_EQ(with("/request/headers/0/name", "X:Y"), kUnreadable);
  EXPECT_EQ(with("/request/headers/0/value", "a\rX: y"), kUnreadable);
  EXPECT_EQ(with("/response/statusText", "OK\r\nX: y"), kUnreadable);
  EXPECT_EQ(with("/request/url", "/items"), kUnreadable);
  EXPECT_EQ(with("/request/url", "http:///items"), kUnreadable);
  EXPECT_EQ(with("/request/headers/0", Json{{"name", "Content-Length"}, {"value", "x"}}), kUnreadable);
  EXPECT_EQ(skip_of(Json()), kUnreadable);
  EXPECT_EQ(skip_of(Json::array({1, 2})), kUnreadable);
}

TEST(HarEntry, WhatNoUrlCanHaveIsEscaped) {
  Json json = entry();
  json["request"]["url"] = "http://shop.example.com/ä b?q=a|b%20c\r\nX";
  EXPECT_EQ(row_of(json).target, "/%C3%A4%20b?q=a|b%20c%0D%0AX");
}

TEST(HarEntry, ConnectionsAreThoseOfTheFile) {
  const auto connection_of = [](const Json& json) { return std::get<Draft>(read_har_entry(json)).connection; };
  Json json = entry();
  EXPECT_EQ(connection_of(json), "");
  json["connection"] = "159834";
  EXPECT_EQ(connection_of(json), "159834|shop.example.com:80");
  json["connection"] = "80";  // Firefox: the port
  EXPECT_EQ(connection_of(json), "");
  json["connection"] = "159834";
  json["request"]["httpVersion"] = "h2";  // many at a time
  EXPECT_EQ(connection_of(json), "");
}

}  // namespace
}  // namespace tracerec::convert
