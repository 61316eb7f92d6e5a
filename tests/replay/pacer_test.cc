// Whose turn it is, without a network: coroutines that replay connections of different slowness.
#include "replay/pacer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

namespace tracerec::replay {
namespace {

// As the player does: a pacer stops the io_context when there is something to look at.
void run_some(boost::asio::io_context& io) {
  io.restart();
  io.run_one();
}

namespace asio = boost::asio;

struct PacerTest : ::testing::Test {
  std::unique_ptr<Pacer> make(double rate) {
    ReplayOptions options;
    options.pace = Pace::kRate;
    options.rate = rate;
    return make_pacer(io, options, {}, SteadyTime::clock::now(), std::chrono::hours(1));
  }

  // A connection with exchanges recorded at `times`, that needs `delay` turns of the loop to get ready.
  Task<void> state(Pacer& pacer, std::vector<std::int64_t> times, int delay) {
    for (int i = 0; i < delay; ++i) co_await asio::post(io, asio::use_awaitable);
    pacer.is_ready(times.front());
    for (const std::int64_t time : times) {
      const std::int64_t intended_ns = co_await pacer.turn(time);
      order.push_back(time);
      intended.push_back(intended_ns);
    }
    ++finished;
  }

  // As the player does it.
  void run(Pacer& pacer, const std::vector<std::vector<std::int64_t>>& connections) {
    int delay = 500;
    for (const auto& times : connections) {
      while (!pacer.may_start(times.front())) run_some(io);
      delay = (delay * 7 + 13) % 997;
      asio::co_spawn(io, state(pacer, times, delay), asio::detached);
    }
    while (finished < connections.size()) run_some(io);
  }

  asio::io_context io{1};
  std::vector<std::int64_t> order;
  std::vector<std::int64_t> intended;
  std::size_t finished = 0;
};

TEST_F(PacerTest, ConnectionsThatAreSlowToConnectKeepTheirPlace) {
  const auto pacer = make(1e5);
  std::vector<std::vector<std::int64_t>> connections;
  for (std::int64_t i = 0; i < 300; ++i) connections.push_back({i});
  run(*pacer, connections);
  ASSERT_EQ(order.size(), 300u);
  for (std::int64_t i = 0; i < 300; ++i) {
    EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
    EXPECT_EQ(intended[static_cast<std::size_t>(i)], i * 10'000);
  }
}

// An exchange whose connection is busy when a slot is due loses its place, so that only this much is certain.
TEST_F(PacerTest, EachSlotIsTakenOnceAndEachConnectionKeepsItsOrder) {
  const auto pacer = make(1e5);
  const std::vector<std::vector<std::int64_t>> connections = {
      {0, 10, 20, 100}, {5, 15, 30, 40}, {25, 26, 27}, {90, 110}};
  run(*pacer, connections);
  ASSERT_EQ(intended.size(), 13u);
  std::sort(intended.begin(), intended.end());
  for (std::size_t i = 0; i < intended.size(); ++i) EXPECT_EQ(intended[i], static_cast<std::int64_t>(i) * 10'000);
  for (const auto& times : connections) {
    auto place = order.begin();
    for (const std::int64_t time : times) {
      place = std::find(place, order.end(), time);
      EXPECT_NE(place, order.end()) << time;
    }
  }
}

TEST_F(PacerTest, StopEndsAllWaiting) {
  const auto pacer = make(1e-6);  // the second slot is eleven days away
  for (const std::int64_t time : {0, 1, 2}) {
    ASSERT_TRUE(time > 0 || pacer->may_start(time));
    asio::co_spawn(io, state(*pacer, {time}, 0), asio::detached);
  }
  while (finished < 1) run_some(io);
  pacer->stop();
  while (finished < 3) run_some(io);
  EXPECT_TRUE(pacer->may_start(3));
}

}  // namespace
}  // namespace tracerec::replay
