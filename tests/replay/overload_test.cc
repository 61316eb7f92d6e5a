// When a run is given up, and how far it is.
#include "replay/overload.h"

#include <gtest/gtest.h>

#include <thread>

#include "replay/progress.h"
#include "tests/replay/recorded.h"
#include "tests/testing/raw_server.h"

namespace tracerec::replay::testing {
namespace {

constexpr std::int64_t kSecond = 1'000 * kMs;

// A request every 100 ms for so long; its lateness as a function of the time.
template <class Lateness>
bool gives_up(OverloadWatch& watch, std::int64_t seconds, Lateness lateness) {
  for (std::int64_t at = 0; at < seconds * kSecond && !watch.hopeless(); at += 100 * kMs) watch.sent(at, lateness(at));
  return watch.hopeless();
}

TEST(Overload, ATargetThatFallsBehindForGoodIsGivenUp) {
  OverloadWatch watch(10 * kSecond);
  EXPECT_TRUE(gives_up(watch, 60, [](std::int64_t at) { return at / 2; }));
  EXPECT_NE(watch.reason().find("every request of the last 10 s was sent at least"), std::string::npos)
      << watch.reason();
}

TEST(Overload, OneThatCatchesUpIsNot) {
  OverloadWatch watch(10 * kSecond);
  EXPECT_FALSE(gives_up(watch, 300, [](std::int64_t at) { return 300 * kSecond - at; }));
}

TEST(Overload, ASlowConnectionAmongOthersIsNot) {
  OverloadWatch watch(10 * kSecond);
  EXPECT_FALSE(gives_up(watch, 300, [](std::int64_t at) { return at % kSecond == 0 ? 0 : at; }));
}

TEST(Overload, APauseIsNoSign) {
  OverloadWatch watch(10 * kSecond);
  for (std::int64_t at = 0; at < 100; ++at) {
    watch.sent(at * 60 * kSecond, 20 * kSecond);  // one late request, and the recording is quiet
    watch.sent((at * 60 + 30) * kSecond, 0);
  }
  EXPECT_FALSE(watch.hopeless());
}

TEST(Overload, OffIsOff) {
  OverloadWatch watch(0);
  EXPECT_FALSE(gives_up(watch, 300, [](std::int64_t at) { return at; }));
}

// 20 ms for each response, a request every millisecond: 2,000 of them would take 40 s.
TEST(Overload, TheRunEndsAndSaysWhy) {
  tracerec::testing::RawServer server([](tracerec::testing::RawConnection& connection) {
    while (connection.read_request()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  Recording recording;
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 2'000; ++i) exchanges.push_back({.at_ns = i * kMs, .took_ns = kMs / 2});
  recording.add(exchanges);
  ReplayOptions options = options_for(server.port(), Pace::kRecorded);
  options.max_lateness_ns = 100 * kMs;
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_FALSE(summary->interrupted);
  EXPECT_NE(summary->gave_up.find("does not keep up"), std::string::npos) << summary->gave_up;
  EXPECT_GT(count_of(*summary, "skipped.overload"), 0U);
  EXPECT_EQ(count_of(*summary, "skipped.overload"), summary->skipped);
  EXPECT_GT(summary->answered, 0U);
}

TEST(ProgressTest, RemainingByThePlanWhileItLastsAndByTheRateAfterwards) {
  Progress paced{1'000, 100, 100, 0, 10 * kSecond, 60 * kSecond};
  EXPECT_EQ(remaining_ns(paced), 50 * kSecond);
  paced.elapsed_ns = 80 * kSecond, paced.done = 800;
  EXPECT_EQ(remaining_ns(paced), 20 * kSecond);
  EXPECT_EQ(remaining_ns({1'000, 0, 0, 0, 0, -1}), -1);
  EXPECT_EQ(remaining_ns({1'000, 250, 250, 0, 10 * kSecond, -1}), 30 * kSecond);
  EXPECT_EQ(remaining_ns({1'000, 0, 0, 0, -20 * kMs, 60 * kSecond}), 60 * kSecond);  // connecting
}

TEST(ProgressTest, OneLine) {
  EXPECT_EQ(describe({5'000, 1'200, 1'200, 3, 4 * kSecond, -1}), "1,200 of 5,000 (24 %)  300/s  0:13 left  3 failed");
  EXPECT_EQ(describe({5'000, 0, 0, 0, 0, -1}), "0 of 5,000 (0 %)  0/s  ? left  0 failed");
  EXPECT_EQ(describe({9, 1, 1, 0, kSecond, 4'000 * kSecond}), "1 of 9 (11 %)  1/s  1:06:39 left  0 failed");
}

TEST(ProgressTest, ThePlansEnd) {
  RecordingShape shape;
  shape.first_started_unix_ns = kRecordedAt;
  shape.last_started_unix_ns = kRecordedAt + 100 * kSecond;
  shape.exchanges = 500;
  ReplayOptions options;
  EXPECT_EQ(planned_end_ns(options, shape), 100 * kSecond);
  options.speed = 10;
  EXPECT_EQ(planned_end_ns(options, shape), 10 * kSecond);
  options.pace = Pace::kRate, options.rate = 100;
  EXPECT_EQ(planned_end_ns(options, shape), 5 * kSecond);
  options.pace = Pace::kMax;
  EXPECT_EQ(planned_end_ns(options, shape), -1);
}

}  // namespace
}  // namespace tracerec::replay::testing
