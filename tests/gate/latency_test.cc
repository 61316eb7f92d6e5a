#include "gate/latency.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace tracerec::gate {
namespace {

constexpr std::int64_t kMs = 1'000'000;

Times took(std::int64_t duration_ns) {
  return {duration_ns, duration_ns / 2, 0};
}

// Responses of two endpoints; those of /slow take `factor` times as long as in the other run.
LatencySummary measure(bool against, double factor) {
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> duration(std::log(2e6), 0.3);
  const auto draw = [&](double scale) { return took(static_cast<std::int64_t>(duration(random) * scale)); };
  LatencyTable table(against);
  for (int i = 0; i < 500; ++i) {
    table.add("GET /same", draw(0.1), draw(1), draw(1));
    table.add("GET /slow", draw(0.1), draw(1), draw(factor));
  }
  return table.summary();
}

TEST(Latency, AgainstAnotherRunASlowerEndpointIsProven) {
  const LatencySummary summary = measure(true, 1.5);
  EXPECT_EQ(summary.slowdowns(), 1u);
  ASSERT_EQ(summary.endpoints.size(), 2u);
  EXPECT_EQ(summary.endpoints[0].name, "GET /slow");
  EXPECT_EQ(summary.endpoints[0].change, Change::kSlower);
  EXPECT_NEAR(summary.endpoints[0].effect.median_ratio, 1.5, 0.1);
  EXPECT_EQ(summary.endpoints[1].change, Change::kNotProven);
  EXPECT_EQ(summary.total.replayed.responses, 1000u);
  EXPECT_EQ(measure(true, 1).slowdowns(), 0u);
  EXPECT_EQ(measure(true, 0.5).endpoints[0].change, Change::kFaster);
}

// Ten times the recorded time is what the network and the client take: no verdict.
TEST(Latency, AgainstRecordedTimesNothingIsProven) {
  const LatencySummary summary = measure(false, 1.5);
  EXPECT_FALSE(summary.proves);
  EXPECT_EQ(summary.slowdowns(), 0u);
  EXPECT_EQ(summary.endpoints[0].effect.median_ratio, 1) << "no ratio of times that cannot be compared";
  EXPECT_EQ(summary.total.against.responses, 0u);
}

// With 200 endpoints that did not change, ten would be called at 5 % each.
TEST(Latency, ManyEndpointsDoNotMakeFalseAlarms) {
  std::uint64_t called = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> duration(std::log(2e6), 0.3);
    LatencyTable table(true);
    for (int endpoint = 0; endpoint < 200; ++endpoint) {
      for (int i = 0; i < 40; ++i) {
        table.add("GET /" + std::to_string(endpoint), took(kMs), took(static_cast<std::int64_t>(duration(random))),
                  took(static_cast<std::int64_t>(duration(random))));
      }
    }
    called += table.summary().slowdowns() > 0;
  }
  EXPECT_LE(called, 2u);  // of 20 runs
}

TEST(Latency, ColumnsSpeakOfTheSameRequests) {
  LatencyTable table(true);
  table.add("GET /", took(kMs), took(kMs), took(kMs));
  table.add("GET /", took(kMs), {}, took(9 * kMs));
  table.add("GET /", took(kMs), took(9 * kMs), {});
  table.add("GET /", {}, took(9 * kMs), took(9 * kMs));
  const LatencySummary summary = table.summary();
  EXPECT_EQ(summary.total.recorded.responses, 1u);
  EXPECT_EQ(summary.total.against.responses, 1u);
  EXPECT_EQ(summary.total.replayed.responses, 1u);
  EXPECT_EQ(summary.total.replayed.max_ms, 1.0);
}

TEST(Latency, FromIntendedCountsTheDelay) {
  LatencyTable table(false);
  table.add("GET /", took(kMs), {}, {kMs, kMs / 2, 4 * kMs});
  const LatencySummary summary = table.summary();
  EXPECT_EQ(summary.intended.replayed.max_ms, 5.0);
  EXPECT_EQ(summary.first_byte.replayed.max_ms, 0.5);
  EXPECT_EQ(summary.total.replayed.max_ms, 1.0);
  EXPECT_TRUE(summary.measured());
}

TEST(Latency, EndpointsBeyondTheLimitArePooled) {
  LatencyTable table(false, 2);
  for (const char* endpoint : {"GET /a", "GET /b", "GET /c", "GET /d", "GET /a"})
    table.add(endpoint, took(kMs), {}, took(kMs));
  const LatencySummary summary = table.summary();
  ASSERT_EQ(summary.endpoints.size(), 3u);
  std::uint64_t responses = 0;
  for (const LatencyRow& row : summary.endpoints) {
    responses += row.replayed.responses;
    EXPECT_EQ(row.replayed.responses, row.name == "GET /b" ? 1u : 2u);
  }
  EXPECT_EQ(responses, 5u);
}

TEST(Latency, MetricsOfTheGate) {
  std::map<std::string, double> metrics;
  add_latency_metrics(measure(true, 2), metrics);
  EXPECT_EQ(metrics.at("slowdowns"), 1);
  EXPECT_LT(metrics.at("latency.p50_ratio"), 3);  // to the other run: the recorded one is ten times as fast
  std::map<std::string, double> hints;
  add_latency_metrics(measure(false, 2), hints);
  EXPECT_FALSE(hints.contains("slowdowns"));
  EXPECT_FALSE(hints.contains("latency.p50_ratio")) << "recorded times are no measure";
  EXPECT_EQ(hints.at("latency.p95"), metrics.at("latency.p95"));
  EXPECT_GT(hints.at("latency.first_byte.max"), 0);
}

TEST(Latency, NothingMeasured) {
  const LatencySummary summary = LatencyTable(true).summary();
  EXPECT_FALSE(summary.measured());
  EXPECT_TRUE(summary.endpoints.empty());
}

}  // namespace
}  // namespace tracerec::gate
