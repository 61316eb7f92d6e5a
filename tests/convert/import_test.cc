// Entries in a trace file: every one is stored or counted, connections keep their order, secrets are replaced.
#include "convert/import.h"

#include <gtest/gtest.h>

#include "imported.h"
#include "redact/rules.h"

namespace tracerec::convert {
namespace {

std::string har(const std::string& entries) {
  return R"({"log":{"entries":[)" + entries + "]}}";
}

std::string entry(const std::string& time, const std::string& more, const std::string& response) {
  return R"({"startedDateTime":"2026-03-01T12:00:)" + time + R"(Z","timings":{"send":0,"wait":1000,"receive":0},)" +
         more + R"("request":{"method":"GET","httpVersion":"HTTP/1.1","url":"http://a/","headers":[]},"response":)" +
         response + "}";
}

constexpr const char* kOk = R"({"status":200,"httpVersion":"HTTP/1.1","content":{"text":"hi","size":2}})";

TEST(Import, EveryEntryIsStoredOrCounted) {
  const Imported imported(read_har, har(entry("01", "", kOk) + "," + entry("02", "", R"({"status":0})") + "," +
                                        R"({"request":{"url":"data:x"}},{},{"request":{"url":"nothing"}})"));
  EXPECT_EQ(imported.counts.entries(), 5U);
  EXPECT_EQ(imported.counts.exchanges, 2U);
  EXPECT_EQ(imported.counts.incomplete, 1U);
  EXPECT_EQ(imported.counts.first_unreadable, "entry 4: it has no URL of a request");
  EXPECT_EQ(imported.entry("skipped.unreadable").count, 2U);
  EXPECT_EQ(imported.entry("skipped.not_http").count, 1U);
  EXPECT_EQ(imported.entry("stored.exchange").count, 2U);
  EXPECT_EQ(imported.entry("stored.incomplete").count, 1U);
  EXPECT_EQ(imported.entry("seen").bytes, imported.entry("stored.exchange").bytes);
}

TEST(Import, ConnectionsKeepTheirOrderAndNeverOverlap) {
  const std::string on_7 = R"("connection":"7",)";
  const Imported imported(
      read_har, har(entry("01", on_7, kOk) + "," + entry("02", on_7, kOk) + "," + entry("02.5", on_7, kOk) + "," +
                    entry("09", "", kOk) + "," + entry("09", "", kOk)));
  const auto all = imported.exchanges();
  ASSERT_EQ(all.size(), 5U);
  EXPECT_EQ(all[1].connection_id, all[0].connection_id);
  EXPECT_EQ(all[1].seq, 1);
  EXPECT_NE(all[2].connection_id, all[1].connection_id) << "it began while the one before it went on";
  EXPECT_EQ(all[2].seq, 0);
  EXPECT_NE(all[3].connection_id, all[4].connection_id);
}

TEST(Import, AnEntryWithoutTimeHasThatOfTheOneBefore) {
  const Imported imported(
      read_har,
      har(R"({"request":{"method":"GET","url":"http://a/"},"response":{"status":204}},)" + entry("01", "", kOk) +
          R"(,{"request":{"method":"GET","url":"http://a/"},"response":{"status":204}})"));
  const auto all = imported.exchanges();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].started_unix_ns, 1000);
  EXPECT_EQ(all[2].started_unix_ns, all[1].started_unix_ns);
  EXPECT_TRUE(schema::has_note(all[2].notes, "no_time"));
}

TEST(Import, SecretsAreReplacedAlsoInWhatIsCodedAgain) {
  const auto redactor = redact::Redactor::create(redact::default_redaction_rules(), std::size_t{1} << 20);
  ASSERT_TRUE(redactor.has_value());
  const std::string response =
      R"({"status":200,"httpVersion":"HTTP/1.1","headers":[{"name":"Content-Type","value":"application/json"},)"
      R"({"name":"Content-Encoding","value":"gzip"},{"name":"Set-Cookie","value":"sid=topsecretcookie"}],)"
      R"("content":{"text":"{\"password\":\"topsecretword\"}"}})";
  const Imported imported(read_har, har(entry("01", "", response)), redactor->get());
  const auto all = imported.exchanges();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].complete) << all[0].notes;
  EXPECT_TRUE(schema::has_note(all[0].notes, "redacted"));
  EXPECT_TRUE(schema::has_note(all[0].notes, "reencoded"));
  EXPECT_EQ(imported.entry("redacted").count, 2U);
  EXPECT_GT(imported.entry("reencoded.before").bytes, 0U);
  EXPECT_EQ(all[0].response_head.find("topsecretcookie"), std::string::npos);
  EXPECT_EQ(testing::read_whole_file(imported.db()).find("topsecret"), std::string::npos);
}

TEST(Import, LargeBodiesAreStored) {
  const std::string body(std::size_t{3} << 20, 'x');
  const Imported imported(
      read_har, har(entry("01", "", R"({"status":200,"httpVersion":"HTTP/1.1","content":{"text":")" + body + "\"}}")));
  const auto all = imported.exchanges();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].response_body.captured_bytes, body.size());
  EXPECT_NE(all[0].response_body.body_id, 0);
}

}  // namespace
}  // namespace tracerec::convert
