// Times in requests follow the moment of the replay; what is not a time of the recording stays.
#include "replay/time_shift.h"

#include <gtest/gtest.h>

#include "tests/replay/recorded.h"

namespace tracerec::replay {
namespace {

constexpr std::int64_t kDayNs = 86'400'000'000'000;
// 2023-11-14T22:13:20Z, replayed ten days and two hours later, which is the eleventh day.
constexpr Moments kMoments{testing::kRecordedAt, testing::kRecordedAt + 10 * kDayNs + kDayNs / 12};

std::string shifted(const std::string& text) {
  return shifted_text(text, kMoments).value_or("stays");
}

TEST(TimeShift, ATimeNearTheRecordedMomentMoves) {
  EXPECT_EQ(shifted("2023-11-14T22:00:00Z"), "2023-11-25T00:00:00Z");
  EXPECT_EQ(shifted("1700000000"), "1700871200");
  EXPECT_EQ(shifted("1700000000123"), "1700871200123");
  EXPECT_EQ(shifted("Tue, 14 Nov 2023 22:00:00 GMT"), "Sat, 25 Nov 2023 00:00:00 GMT");
  EXPECT_EQ(shifted("2023-11-14"), "2023-11-25") << "today stays today";
  EXPECT_EQ(shifted("2023-11-07/2023-11-14"), "2023-11-18/2023-11-25");
  EXPECT_EQ(shifted("created:>2023-11-14T22:00:00Z"), "created:>2023-11-25T00:00:00Z");
}

TEST(TimeShift, OthersStay) {
  for (const char* text : {"1984-05-17", "2022-10-01T00:00:00Z", "1600000000", "order-1700000000", "1700000000-a", "",
                           "170000000", "2023-11-14x", "2099-12-31", "17000000000000000000000"}) {
    EXPECT_EQ(shifted(text), "stays") << text;
  }
}

std::string sent(const std::string& head, const std::string& body, const std::string& carried = "") {
  const auto found = find_shifted(head, body, {kMoments, true, nullptr},
                                  [&](const std::string& location) { return location == carried; });
  const auto message = with_replacements(head, body, body, found.replacements);
  return message ? message->head + message->body : message.error().message;
}

TEST(TimeShift, InQueryHeaderJsonAndForm) {
  EXPECT_EQ(sent("GET /2023-11-14?from=2023-11-14T22%3A00%3A00Z&to=1700000000&id=7 HTTP/1.1\r\nX-Since: 1700000000\r\n"
                 "Date: Tue, 14 Nov 2023 22:00:00 GMT\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:00:00 GMT\r\n"
                 "Referer: https://a/b?day=2023-11-14\r\nCookie: t=1700000000\r\n\r\n",
                 ""),
            "GET /2023-11-14?from=2023-11-25T00%3A00%3A00Z&to=1700871200&id=7 HTTP/1.1\r\nX-Since: 1700871200\r\n"
            "Date: Tue, 14 Nov 2023 22:00:00 GMT\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:00:00 GMT\r\n"
            "Referer: https://a/b?day=2023-11-25\r\nCookie: t=1700000000\r\n\r\n");
  const std::string json = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 56\r\n\r\n";
  EXPECT_EQ(sent(json, R"({"from": "2023-11-14", "to": 1700000000, "amount": 1700})"),
            json + R"({"from": "2023-11-25", "to": 1700871200, "amount": 1700})");
  EXPECT_EQ(sent(json, R"({"from": "2023-11-14", "to": 1700000000, "amount": 1700})", "$.to"),
            json + R"({"from": "2023-11-25", "to": 1700000000, "amount": 1700})")
      << "it came from a response";
  const std::string form =
      "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 25\r\n\r\n";
  EXPECT_EQ(sent(form, "day=2023-11-14&at=1234567"), form + "day=2023-11-25&at=1234567");
}

// {"t":1700000000.351} became {"t":"1700871200.351"}.
TEST(TimeShift, ANumberWithAFractionStaysANumberOfThatPrecision) {
  const std::string json = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 65\r\n\r\n";
  EXPECT_EQ(sent(json, R"({"t": 1700000000.351, "u": 1700000000123.50, "s": "1700000000.5"})"),
            json + R"({"t": 1700871200.351, "u": 1700871200123.50, "s": "1700871200.5"})");
}

TEST(TimeShift, OnlyTheCharactersOfTheTimeChange) {
  EXPECT_EQ(sent("GET /?t=a+b%20%2f2023-11-14%2022:00:00%2F~&d=2023-11-14%2f2023%2D11-07 HTTP/1.1\r\n\r\n", ""),
            "GET /?t=a+b%20%2f2023-11-25%2000:00:00%2F~&d=2023-11-25%2f2023%2D11-18 HTTP/1.1\r\n\r\n");
  const std::string json = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 55\r\n\r\n";
  EXPECT_EQ(sent(json, R"({"t":"\u00e9\/ 2023-11-14 \t2023-11-07","u":"\u0041\/"})"),
            json + R"({"t":"\u00e9\/ 2023-11-25 \t2023-11-18","u":"\u0041\/"})");
}

TEST(TimeShift, ADateThatDoesNotMoveIsNotCounted) {
  const Moments same_day{testing::kRecordedAt, testing::kRecordedAt + 1'000'000'000};
  const std::string head = "GET /?d=2023-11-14%2F2023-11-07&at=1700000000 HTTP/1.1\r\n\r\n";
  const auto found = find_shifted(head, "", {same_day, true, nullptr}, [](const std::string&) { return false; });
  ASSERT_EQ(found.values.size(), 1U);
  EXPECT_EQ(found.values.front().location, "query at");
}

TEST(TimeShift, DatesInHeaders) {
  EXPECT_EQ(sent("GET / HTTP/1.1\r\nX-When: Tue, 14 Nov 2023 22:00:00 GMT\r\nX-Amz-Date: 20231114T220000Z\r\n"
                 "Expires: Tue, 14 Nov 2023 22:00:00 GMT\r\nDate: Tue, 14 Nov 2023 22:00:00 GMT\r\n"
                 "X-Span: from 2023-11-07 to 2023-11-14\r\nIf-None-Match: \"1700000000\"\r\n"
                 "User-Agent: a 2023-11-14\r\nAuthorization: x 1700000000 2023-11-14\r\n\r\n",
                 ""),
            "GET / HTTP/1.1\r\nX-When: Sat, 25 Nov 2023 00:00:00 GMT\r\nX-Amz-Date: 20231125T000000Z\r\n"
            "Expires: Sat, 25 Nov 2023 00:00:00 GMT\r\nDate: Tue, 14 Nov 2023 22:00:00 GMT\r\n"
            "X-Span: from 2023-11-18 to 2023-11-25\r\nIf-None-Match: \"1700000000\"\r\n"
            "User-Agent: a 2023-11-14\r\nAuthorization: x 1700000000 2023-11-14\r\n\r\n");
}

}  // namespace
}  // namespace tracerec::replay
