// What is written as HAR is read again as the same messages.
#include "convert/har_view.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "convert/har_entry.h"
#include "convert/wire_form.h"
#include "http/decode.h"
#include "http/encode.h"
#include "imported.h"

namespace tracerec::convert {
namespace {

// Of exchanges, as values: a trace file with them, and each as an entry.
class HarView : public ::testing::Test {
 protected:
  nlohmann::ordered_json view(const schema::Exchange& row, const std::string& local = "127.0.0.1:8080") {
    const testing::TempDir folder;
    auto writer = schema::BatchWriter::open(folder.file("t.db"), {});
    EXPECT_TRUE(writer.has_value());
    const auto id = (*writer)->begin_recording({});
    EXPECT_TRUE(id.has_value());
    schema::Connection connection;
    connection.id = connection.recording_id = 1;
    connection.local = local;
    schema::Exchange stored = row;
    stored.id = stored.recording_id = stored.connection_id = 1;
    EXPECT_TRUE((*writer)->submit(connection));
    EXPECT_TRUE((*writer)->submit(std::move(stored)));
    EXPECT_TRUE((*writer)->finish_recording(*id, 1, {}).has_value());
    const auto reader = schema::Reader::open(folder.file("t.db"));
    EXPECT_TRUE(reader.has_value());
    nlohmann::ordered_json json;
    const auto bodies = schema::Reader::open(folder.file("t.db"));
    const auto walked = (*reader)->for_each_exchange(1, [&](const schema::StoredExchange& one) {
      const auto entry = to_har_entry(**bodies, one, connection);
      EXPECT_TRUE(entry.has_value()) << (entry ? "" : entry.error().message);
      json = entry->json;
      left_out_ = entry->left_out;
      return true;
    });
    EXPECT_TRUE(walked.has_value()) << (walked ? "" : walked.error().message);
    return json;
  }

  static schema::Exchange exchange(const std::string& request, const std::string& body, const std::string& response,
                                   const std::string& content) {
    schema::Exchange row;
    row.started_unix_ns = 1'772'366'400'123'456'789;
    row.ttfb_ns = 1'500'000;
    row.duration_ns = 2'750'000;
    row.complete = true;
    row.method = request.substr(0, request.find(' '));
    row.target = "/";
    row.status = 200;
    row.request_head = request;
    row.request_body = {body.size(), body, 0};
    row.response_head = response;
    row.response_body = {content.size(), content, 0};
    return row;
  }

  // Read again, but for what the format has no place for: heads, payloads and times are as they were.
  void expect_round_trip(const schema::Exchange& row) {
    const auto entry = nlohmann::json::parse(view(row).dump());
    const Entry read = read_har_entry(entry);
    ASSERT_TRUE(std::holds_alternative<Draft>(read)) << std::get<Skipped>(read).detail;
    const schema::Exchange& again = std::get<Draft>(read).row;
    EXPECT_EQ(again.request_head, row.request_head);
    EXPECT_EQ(again.request_body.bytes, row.request_body.bytes);
    EXPECT_EQ(again.started_unix_ns, row.started_unix_ns);
    EXPECT_EQ(again.ttfb_ns, row.ttfb_ns);
    EXPECT_EQ(again.duration_ns, row.duration_ns);
    EXPECT_EQ(again.complete, row.complete) << again.notes;
    const auto head = http::parse_response_head(row.response_head);
    const auto head_again = http::parse_response_head(again.response_head);
    ASSERT_TRUE(head.has_value() && head_again.has_value());
    const auto content = http::decode_body(head->headers, row.response_body.bytes);
    const auto content_again = http::decode_body(head_again->headers, again.response_body.bytes);
    ASSERT_TRUE(content.has_value() && content_again.has_value());
    EXPECT_EQ(*content_again, *content);
  }

  std::string left_out_;
};

TEST_F(HarView, HasWhatTheFormatAsksFor) {
  const auto json =
      view(exchange("POST /a?x=1&y=a+b HTTP/1.1\r\nHost: shop\r\nCookie: a=1; b=2\r\nContent-Length: 2\r\n\r\n", "{}",
                    "HTTP/1.1 200 OK\r\nSet-Cookie: s=1; Path=/\r\nContent-Length: 2\r\n\r\n", "ok"));
  EXPECT_EQ(json["request"]["url"], "http://shop/a?x=1&y=a+b");
  EXPECT_EQ(json["request"]["queryString"][1]["value"], "a b");
  EXPECT_EQ(json["request"]["cookies"][1]["name"], "b");
  EXPECT_EQ(json["request"]["postData"]["text"], "{}");
  EXPECT_EQ(json["response"]["cookies"][0]["value"], "1");
  EXPECT_EQ(json["response"]["content"]["text"], "ok");
  EXPECT_EQ(json["startedDateTime"], "2026-03-01T12:00:00.123456789Z");
  EXPECT_EQ(json["time"], 2.75);
  EXPECT_EQ(json["timings"]["wait"], 1.5);
  EXPECT_EQ(json["serverIPAddress"], "127.0.0.1");
}

TEST_F(HarView, PlainMessagesComeBack) {
  expect_round_trip(exchange("POST /a?x=%20 HTTP/1.1\r\nHost: shop\r\nContent-Length: 6\r\n\r\n", "a=\xc3\xa4&b",
                             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello"));
}

TEST_F(HarView, BytesComeBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  expect_round_trip(exchange("PUT /a HTTP/1.0\r\nHost: shop\r\nContent-Length: 256\r\n\r\n", bytes,
                             "HTTP/1.0 200 OK\r\nContent-Length: 256\r\n\r\n", bytes));
}

TEST_F(HarView, OtherCharsetsComeBack) {
  expect_round_trip(exchange(
      "GET /a HTTP/1.1\r\nHost: shop\r\n\r\n", "",
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Length: 2\r\n\r\n", "\xc3\xa4"));
}

TEST_F(HarView, CodedAndChunkedBodiesComeBack) {
  http::HeaderList headers;
  headers.add("Content-Encoding", "gzip");
  const auto coded = http::encode_content(headers, "hello, hello, hello, hello");
  ASSERT_TRUE(coded.has_value());
  expect_round_trip(exchange("GET /a HTTP/1.1\r\nHost: shop\r\n\r\n", "",
                             "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
                             http::one_chunk(*coded) + "0\r\n\r\n"));
  expect_round_trip(exchange("POST /a HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n",
                             "5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""));
}

TEST_F(HarView, ABodyThatIsNotWholeIsLeftOut) {
  schema::Exchange row =
      exchange("GET /a HTTP/1.1\r\nHost: shop\r\n\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", "hello");
  row.response_body.wire_bytes = 50;
  row.complete = false;
  row.notes = "response_cut";
  const auto json = view(row);
  EXPECT_FALSE(json["response"]["content"].contains("text"));
  EXPECT_EQ(json["comment"], "response_cut");
  const Entry read = read_har_entry(nlohmann::json::parse(json.dump()));
  EXPECT_EQ(std::get<Draft>(read).row.notes, "response_body_unknown");
}

TEST_F(HarView, WithoutAUrlThereIsNoEntry) {
  EXPECT_TRUE(view(exchange("OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n", "", "HTTP/1.1 204 No\r\n\r\n", "")).is_null());
  EXPECT_EQ(left_out_, "its target is no path: *");
}

TEST_F(HarView, AnAddressStandsForAMissingHost) {
  const auto json =
      view(exchange("GET /a HTTP/1.0\r\n\r\n", "", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", ""), "[::1]:8080");
  EXPECT_EQ(json["request"]["url"], "http://[::1]:8080/a");
  EXPECT_EQ(json["serverIPAddress"], "[::1]");
}

}  // namespace
}  // namespace tracerec::convert
