// Files as GoReplay writes them.
#include "convert/gor_file.h"

#include <gtest/gtest.h>

#include "imported.h"

namespace tracerec::convert {
namespace {

const std::string kMonkeys = "\n\xF0\x9F\x90\xB5\xF0\x9F\x99\x88\xF0\x9F\x99\x89\n";

std::string payload(const std::string& header, const std::string& message) {
  return header + "\n" + message + kMonkeys;
}

const std::string kPost = "POST /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\na\n\nb";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(GorFile, RequestAndResponseAreAnExchange) {
  const Imported imported(read_gor, payload("1 ab12 1772366400000000000 0", kPost) +
                                        payload("1 cd34 1772366400500000000", "GET /b HTTP/1.1\r\nHost: shop\r\n\r\n") +
                                        payload("2 cd34 1772366400700000000", kOk) +
                                        payload("2 ab12 1772366400000000000 1500000", kOk));
  const auto all = imported.exchanges();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].target, "/b");
  EXPECT_EQ(all[0].duration_ns, 200'000'000);
  EXPECT_EQ(all[1].request_body.bytes, "a\n\nb");
  EXPECT_EQ(all[1].response_body.bytes, "ok");
  EXPECT_EQ(all[1].duration_ns, 1'500'000);
  EXPECT_TRUE(all[0].complete && all[1].complete) << all[0].notes << all[1].notes;
}

TEST(GorFile, WhatIsMissingIsSaid) {
  const Imported imported(
      read_gor,
      payload("1 a 1", kPost) + payload("1 b 2", "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc") +
          payload("2 b 3", kOk) + payload("2 nobody 4", kOk) + payload("3 b 5", kOk) + payload("1 e 6", "GET /") +
          payload("1 f 7", "GET /f HTTP/1.0\r\n\r\n") + payload("2 f 8", "HTTP/1.0 200 OK\r\n\r\nuntil the end"));
  EXPECT_EQ(imported.counts.exchanges, 3U);
  EXPECT_EQ(imported.counts.incomplete_by.at("no_response"), 1U);
  EXPECT_EQ(imported.counts.incomplete_by.at("request_body_unknown"), 1U);
  EXPECT_EQ(imported.counts.incomplete_by.at("response_body_unknown"), 1U);
  EXPECT_EQ(imported.entry("skipped.no_request").count, 1U);
  EXPECT_EQ(imported.entry("skipped.replayed").count, 1U);
  EXPECT_EQ(imported.entry("skipped.unreadable").count, 1U);
}

TEST(GorFile, ChunksMustBeWhole) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string get = "GET /b HTTP/1.1\r\nHost: shop\r\n\r\n";
  const Imported imported(read_gor, payload("1 a 1", get) + payload("2 a 2", head + "2\r\nok\r\n0\r\n\r\n") +
                                        payload("1 b 3", get) + payload("2 b 4", head + "2\r\nok\r\n"));
  const auto all = imported.exchanges();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].complete);
  EXPECT_EQ(all[1].notes, "response_body_unknown");
}

TEST(GorFile, ARequestWithTwoLengthsIsNotSent) {
  const Imported imported(read_gor, payload("1 a 1",
                                            "POST /a HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"
                                            "\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(imported.counts.first_unreadable, "entry 1: its request has Content-Length and chunks");
}

TEST(GorFile, OtherFilesAreRefused) {
  const auto error_of = [](const std::string& text) {
    const testing::TempDir folder;
    testing::write_whole_file(folder.file("in"), text);
    const auto file = InputFile::open(folder.file("in"));
    const auto read = read_gor(**file, [](Entry&&) { return true; });
    return read ? "" : read.error().message;
  };
  EXPECT_EQ(error_of("{\"log\":1}\n"),
            "payload 1 does not begin with a type, an id and a time: is this a file of GoReplay?");
  EXPECT_EQ(error_of(payload("1 a 1", kPost) + payload("1 a -1", kPost)),
            "payload 2 does not begin with a type, an id and a time: is this a file of GoReplay?");
  EXPECT_EQ(error_of(""), "");
}

// Clients that wait for no response do not fill the memory.
TEST(GorFile, RequestsThatWaitAreBounded) {
  const std::string body(std::size_t{4} << 20, 'x');
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += payload("1 id" + std::to_string(i) + " " + std::to_string(i),
                    "PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  const Imported imported(read_gor, text + payload("2 id0 50", kOk) + payload("2 id19 51", kOk));
  EXPECT_EQ(imported.counts.exchanges, 20U);
  EXPECT_EQ(imported.counts.incomplete, 19U);
  EXPECT_EQ(imported.entry("skipped.no_request").count, 1U) << "the oldest was given up";
}

}  // namespace
}  // namespace tracerec::convert
