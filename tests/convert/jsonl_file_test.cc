// Lines of `tracerec export jsonl`. That all of a recording comes back: tests/e2e/import_test.cc.
#include "convert/jsonl_file.h"

#include <gtest/gtest.h>

#include "imported.h"

namespace tracerec::convert {
namespace {

constexpr const char* kLine =
    R"({"id":7,"connection":3,"seq":0,"started_ns":1772366400123456789,"duration_us":2750,"ttfb_us":1500,)"
    R"("request":{"method":"POST","target":"/a","version":"HTTP/1.1",)"
    R"("headers":[["Host","shop"],["X-Odd","base64:/w=="],)"
    R"(["Content-Length","2"]],"body":"{}","body_encoding":"utf8"},)"
    R"("response":{"status":200,"reason":"OK","version":"HTTP/1.0","headers":[["Transfer-Encoding","chunked"]],)"
    R"("body":"/w==","body_encoding":"base64"},"complete":true,"notes":"redacted"})";

std::string error_of(const std::string& text) {
  const testing::TempDir folder;
  testing::write_whole_file(folder.file("in"), text);
  const auto file = InputFile::open(folder.file("in"));
  const auto read = read_jsonl(**file, [](Entry&&) { return true; });
  return read ? "" : read.error().message;
}

TEST(JsonlFile, AnExchangeComesBack) {
  const Imported imported(read_jsonl, std::string(kLine) + "\n\n" + kLine + "\n");
  const auto all = imported.exchanges();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].request_head, "POST /a HTTP/1.1\r\nHost: shop\r\nX-Odd: \xff\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(all[0].request_body.bytes, "{}");
  EXPECT_EQ(all[0].response_head, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(all[0].response_body.bytes, "1\r\n\xff\r\n0\r\n\r\n");
  EXPECT_EQ(all[0].started_unix_ns, 1'772'366'400'123'456'789);
  EXPECT_EQ(all[0].duration_ns, 2'750'000);
  EXPECT_EQ(all[0].notes, "redacted");
  EXPECT_TRUE(all[0].complete);
}

TEST(JsonlFile, WhatIsNoExchangeIsAnErrorThatNamesTheLine) {
  EXPECT_EQ(error_of(std::string(kLine) + "\n{}\n"), "line 2 is no exchange of export jsonl");
  EXPECT_EQ(error_of("{\"log\":"), "line 1 is no exchange of export jsonl");
  EXPECT_EQ(error_of("{\"request\":{}}"), "line 1 has no started_ns");
}

TEST(JsonlFile, ABodyOfAnotherLengthIsUnknown) {
  std::string line = kLine;
  const std::string chunked = R"(["Transfer-Encoding","chunked"])";
  line.replace(line.find(chunked), chunked.size(), R"(["Content-Length","99"])");
  const Imported imported(read_jsonl, line);
  EXPECT_EQ(imported.exchanges().at(0).notes, "redacted,response_body_unknown");
}

TEST(JsonlFile, NotesAreWordsAndCountNothing) {
  std::string line = kLine;
  line.replace(line.find("\"redacted\""), 10, R"("redacted,repeats:999,a b,\u0000,hole")");
  const Imported imported(read_jsonl, line);
  EXPECT_EQ(imported.exchanges().at(0).notes, "redacted,hole");
}

TEST(JsonlFile, AMessageThatIsNoneIsCounted) {
  std::string line = kLine;
  line.replace(line.find("POST"), 4, "PO ST");
  const Imported imported(read_jsonl, line);
  EXPECT_EQ(imported.counts.exchanges, 0U);
  EXPECT_EQ(imported.entry("skipped.unreadable").count, 1U);
}

}  // namespace
}  // namespace tracerec::convert
