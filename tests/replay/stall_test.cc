// A target that writes head and body apart, without TCP_NODELAY: the body waits for an acknowledgement.
#include <gtest/gtest.h>

#include "replay/response_times.h"
#include "tests/replay/recorded.h"
#include "tests/testing/raw_server.h"

namespace tracerec::replay::testing {
namespace {

TEST(StallWatch, ManyThatEndFortyMillisecondsLaterAreSuspected) {
  StallWatch watch;
  for (int i = 0; i < 90; ++i) watch.add(kMs, 2 * kMs);
  for (int i = 0; i < 9; ++i) watch.add(kMs, 42 * kMs);
  EXPECT_FALSE(watch.is_suspected());
  watch.add(kMs, 45 * kMs);
  EXPECT_TRUE(watch.is_suspected());
  EXPECT_EQ(watch.stalled(), 10U);
}

TEST(StallWatch, OtherTimesAreNotThose) {
  StallWatch watch;
  for (int i = 0; i < 100; ++i) watch.add(kMs, kMs + (i % 2 == 0 ? 37 : 47) * kMs);
  watch.add(-1, 40 * kMs);
  EXPECT_EQ(watch.stalled(), 0U);
  EXPECT_FALSE(watch.is_suspected());
}

// Nagle's algorithm holds the second write back until the first is acknowledged.
void respond_apart(tracerec::testing::RawConnection& connection) {
  while (connection.read_request()) {
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    connection.write("ok");
  }
}

ReplaySummary replay_to(const tracerec::testing::RawServer& server, bool quickack) {
  Recording recording;
  std::vector<Recorded> exchanges;
  for (int i = 0; i < 40; ++i) exchanges.push_back({.at_ns = i});
  recording.add(exchanges);
  ReplayOptions options = options_for(server.port());
  options.quickack = quickack;
  const auto summary = recording.replay(options);
  EXPECT_TRUE(summary) << summary.error().message;
  return summary ? *summary : ReplaySummary{};
}

TEST(Quickack, ADelayedAcknowledgementIsNamedAndAvoided) {
  const tracerec::testing::RawServer server(respond_apart);
  const ReplaySummary usual = replay_to(server, false);
  const ReplaySummary quick = replay_to(server, true);
  EXPECT_TRUE(usual.stalls_suspected) << usual.stalled;
  EXPECT_EQ(count_of(usual, "stalls.delayed_ack"), usual.stalled);
  EXPECT_FALSE(quick.stalls_suspected);
  EXPECT_LT(quick.stalled, usual.stalled);
}

}  // namespace
}  // namespace tracerec::replay::testing
