// Not a check: prints the rate of --speed max against a server of your choice, for the comparison in docs/replay.md:
//   TRACEREC_TARGET=127.0.0.1:8080 replay_test --gtest_also_run_disabled_tests --gtest_filter='*ReplayRate'
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/replay/recorded.h"

namespace tracerec::replay::testing {
namespace {

TEST(Measure, DISABLED_ReplayRate) {
  const char* target = std::getenv("TRACEREC_TARGET");
  ASSERT_NE(target, nullptr);
  constexpr int kConnections = 8;
  constexpr int kExchanges = 200'000;
  Recording recording;
  std::vector<Recorded> exchanges;
  // What wrk sends.
  for (int i = 0; i < kExchanges; ++i) {
    exchanges.push_back({.connection = 1 + i % kConnections, .at_ns = i * 1'000, .headers = "Host: 127.0.0.1\r\n"});
  }
  recording.add(exchanges);
  ReplayOptions options = options_for(1);
  options.target = *Target::parse(target);
  const auto summary = recording.replay(options);
  ASSERT_TRUE(summary) << summary.error().message;
  std::printf("%.0f requests/s, %llu failed, p50 %.3f ms, p99 %.3f ms\n",
              static_cast<double>(summary->sent) * 1e9 / static_cast<double>(summary->elapsed_ns),
              static_cast<unsigned long long>(summary->failed), static_cast<double>(summary->latency.p50_ns) / 1e6,
              static_cast<double>(summary->latency.p99_ns) / 1e6);
}

}  // namespace
}  // namespace tracerec::replay::testing
