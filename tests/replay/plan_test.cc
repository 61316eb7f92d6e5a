// The pure parts: what is sent and when, ledger, target, which server must not be replayed against.
#include "replay/plan.h"

#include <gtest/gtest.h>

#include "replay/preflight.h"
#include "replay/run_ledger.h"
#include "replay/safety.h"
#include "replay/target.h"

namespace tracerec::replay {
namespace {

schema::StoredExchange exchange(const std::string& method, const std::string& target, int status = 200,
                                bool complete = true) {
  schema::StoredExchange e;
  e.method = method;
  e.target = target;
  e.status = status;
  e.complete = complete;
  return e;
}

TEST(Plan, ReasonsNotToSend) {
  const EndpointFilter all;
  EXPECT_EQ(skip_reason(exchange("GET", "/"), all), nullptr);
  EXPECT_STREQ(skip_reason(exchange("GET", "/", 200, false), all), "skipped.incomplete");
  EXPECT_STREQ(skip_reason(exchange("GET", "/ws", 101), all), "skipped.upgrade");
  EXPECT_STREQ(skip_reason(exchange("CONNECT", "h:1"), all), "skipped.upgrade");
  schema::StoredExchange outgoing = exchange("GET", "/");
  outgoing.notes = "joined,outgoing";
  EXPECT_STREQ(skip_reason(outgoing, all), "skipped.outgoing");
  outgoing.notes = "not_outgoing";
  EXPECT_EQ(skip_reason(outgoing, all), nullptr);
  EndpointFilter filter;
  filter.exclude = {*EndpointPattern::parse("POST /a*")};
  EXPECT_STREQ(skip_reason(exchange("POST", "/a/b", 200, false), filter), "skipped.filtered");
  EXPECT_EQ(skip_reason(exchange("GET", "/a/b"), filter), nullptr);
}

TEST(Plan, RecordedTimesAreAbsolute) {
  const std::int64_t day = 86'400'000'000'000;
  const RecordedSchedule same(1'000, 1), twice(1'000, 2), half(1'000, 0.5);
  EXPECT_EQ(same.intended_ns(1'000), 0);
  EXPECT_EQ(same.intended_ns(1'000 + day + 1), day + 1);
  EXPECT_EQ(twice.intended_ns(1'000 + day), day / 2);
  EXPECT_EQ(half.intended_ns(1'000 + day), 2 * day);
  EXPECT_EQ(same.intended_ns(0), 0) << "an exchange before the first: a clock that was set";
}

TEST(Plan, LongPausesAreShortened) {
  PauseFinder finder(10);
  for (const std::int64_t start : {100, 105, 115, 1'000, 1'001, 2'000}) finder.add(start);
  ASSERT_EQ(finder.savings().size(), 2U);
  const RecordedSchedule schedule(100, 1, finder.savings());
  EXPECT_EQ(schedule.intended_ns(100), 0);
  EXPECT_EQ(schedule.intended_ns(115), 15);
  EXPECT_EQ(schedule.intended_ns(1'000), 25);
  EXPECT_EQ(schedule.intended_ns(1'001), 26);
  EXPECT_EQ(schedule.intended_ns(2'000), 36);
  EXPECT_EQ(RecordedSchedule(100, 2, finder.savings()).intended_ns(2'000), 18);
}

TEST(Plan, EvenSpacingDoesNotDrift) {
  const EvenSchedule third(3);
  EXPECT_EQ(third.intended_ns(0), 0);
  EXPECT_EQ(third.intended_ns(1), 333'333'333);
  EXPECT_EQ(third.intended_ns(3'000'000), 1'000'000'000'000'000);
}

// At 1e-300 a second everything was due at once.
TEST(Plan, TimesBeyondTheClockAreTheLatestThatItHas) {
  for (const double slow : {1e-10, 1e-300}) {
    EXPECT_EQ(EvenSchedule(slow).intended_ns(0), 0);
    EXPECT_GE(EvenSchedule(slow).intended_ns(1), 1'000'000'000'000'000'000) << slow;
    EXPECT_GE(EvenSchedule(slow).intended_ns(1'000'000'000), 1'000'000'000'000'000'000) << slow;
    EXPECT_GE(RecordedSchedule(0, slow).intended_ns(1'000'000'000), 1'000'000'000'000'000'000) << slow;
  }
}

TEST(Plan, ShapeFindsThePeakOfOverlap) {
  ShapeBuilder builder;
  builder.add({1, 100, 150, 200, 3});
  builder.add({2, 150, 150, 400, 1});
  builder.add({3, 200, 200, 210, 1});  // the first has just ended
  builder.add({4, 205, 205, 206, 1});
  builder.add({5, 500, 500, 500, 2});
  EXPECT_EQ(builder.shape().first_started_unix_ns, 100);
  EXPECT_EQ(builder.shape().connections, 5u);
  EXPECT_EQ(builder.shape().exchanges, 8u);
  EXPECT_EQ(builder.shape().peak_connections, 3u);
}

TEST(RunLedgerTest, BalancesOrSaysWhatDoesNot) {
  RunLedger ledger;
  ledger.plan(4);
  ledger.skip(kSkippedFiltered);
  ledger.send();
  ledger.succeed(10, 20);
  ledger.send();
  ledger.fail("timeout", 5);
  EXPECT_NE(ledger.check().error().message.find("planned 4, sent and skipped 3"), std::string::npos);
  ledger.skip(kSkippedInterrupted, 1);
  EXPECT_TRUE(ledger.check());
  ledger.send();
  ledger.plan(1);
  EXPECT_NE(ledger.check().error().message.find("sent 3, answered and failed 2"), std::string::npos);
  EXPECT_EQ(ledger.entries()[1], (schema::LedgerEntry{"sent", 3, 15}));
  EXPECT_EQ(ledger.entries()[2], (schema::LedgerEntry{"answered", 1, 20}));
}

TEST(TargetTest, Forms) {
  const auto text = [](const char* in) {
    const Result<Target> target = Target::parse(in);
    return target ? target->url() + " " + target->host + " " + std::to_string(target->port) : target.error().message;
  };
  EXPECT_EQ(text("staging"), "http://staging staging 80");
  EXPECT_EQ(text("staging:8080"), "http://staging:8080 staging 8080");
  EXPECT_EQ(text("HTTP://staging/"), "http://staging staging 80");
  EXPECT_EQ(text("https://staging"), "https://staging staging 443");
  EXPECT_EQ(text("https://staging:80"), "https://staging:80 staging 80");
  EXPECT_EQ(text("[::1]:8080"), "http://[::1]:8080 ::1 8080");
  EXPECT_EQ(text("::1"), "http://[::1] ::1 80");
  EXPECT_EQ(text("unix:/run/app.sock"), "unix:/run/app.sock localhost 80");
  EXPECT_FALSE(Target::parse("unix:app.sock"));
  EXPECT_FALSE(Target::parse("unix:/" + std::string(110, 'x')));
  for (const char* bad : {"https:x[::0]", "", "http://", ":80", "h:", "h:0", "h:65536", "h:x", "[::1", "[::1]x",
                          "h/path", "u@h", "a b", "h\r\nX:1", "ftp://h"}) {
    EXPECT_FALSE(Target::parse(bad)) << bad;
  }
}

TEST(Safety, WhatMayBeTheRecordedServer) {
  const auto endpoint = [](const char* address, std::uint16_t port) {
    return Endpoint(boost::asio::ip::make_address(address), port);
  };
  EXPECT_TRUE(may_be_same(endpoint("127.0.0.1", 80), "127.0.0.1:80"));
  EXPECT_TRUE(may_be_same(endpoint("127.0.0.1", 80), "127.9.0.1:80"));
  EXPECT_TRUE(may_be_same(endpoint("::1", 80), "127.0.0.1:80"));
  EXPECT_TRUE(may_be_same(endpoint("10.0.0.1", 80), "[::ffff:10.0.0.1]:80"));
  EXPECT_TRUE(may_be_same(endpoint("10.0.0.1", 80), "0.0.0.0:80"));
  EXPECT_TRUE(may_be_same(endpoint("127.0.0.1", 80), "[::]:80"));
  EXPECT_FALSE(may_be_same(endpoint("127.0.0.1", 81), "127.0.0.1:80"));
  EXPECT_FALSE(may_be_same(endpoint("10.0.0.1", 80), "10.0.0.2:80"));
  EXPECT_FALSE(may_be_same(endpoint("10.0.0.1", 80), "127.0.0.1:80"));
  EXPECT_FALSE(may_be_same(endpoint("127.0.0.1", 80), "unix"));
  EXPECT_EQ(find_recorded({}, {"127.0.0.1:80", "unix"}), "unix");
  EXPECT_EQ(find_recorded({}, {"127.0.0.1:80"}), "");
  EXPECT_FALSE(may_be_same(endpoint("127.0.0.1", 80), ""));
}

TEST(PreflightTest, SaysWhatMayGoWrong) {
  const auto with = [](const std::string& method, const std::string& target, const std::string& headers) {
    schema::StoredExchange e = exchange(method, target);
    e.id = 7;
    e.request_head = method + " " + target + " HTTP/1.1\r\n" + headers + "\r\n";
    return e;
  };
  // {"alg":"none"} . {"sub":"a","exp":1700000000}
  const std::string expired = "Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiZXhwIjoxNzAwMDAwMDAwfQ.c\r\n";
  const std::int64_t now_ns = 1'700'000'001'000'000'000;
  Preflight preflight({now_ns, false});
  preflight.add(with("GET", "/a", expired));
  preflight.add(with("POST", "/a", "Cookie: a=b\r\n"));
  preflight.add(with("DELETE", "http://old.example:8080/a", ""));
  ASSERT_EQ(preflight.lines().size(), 3U);
  EXPECT_EQ(preflight.lines()[0], "may change things at the target: DELETE 1, POST 1");
  EXPECT_NE(preflight.lines()[1].find("1 request carries a bearer token that has expired (first: exchange 7), the last "
                                      "at 2023-11-14"),
            std::string::npos)
      << preflight.lines()[1];
  EXPECT_NE(preflight.lines()[2].find("old.example:8080 1"), std::string::npos);

  Preflight given({now_ns, true, {"authorization"}});
  given.add(with("GET", "/a", expired + "COOKIE: a=b\r\n"));
  ASSERT_EQ(given.lines().size(), 1U);
  EXPECT_NE(given.lines()[0].find("1 request carries Cookie, which was replaced"), std::string::npos);

  Preflight fine({now_ns - 2'000'000'000, false});
  fine.add(with("GET", "/a", expired + "Cookie: a=b\r\n"));
  EXPECT_TRUE(fine.lines().empty()) << fine.lines()[0];
}

}  // namespace
}  // namespace tracerec::replay
