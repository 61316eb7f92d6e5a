// How fast a recording is passed over, and in how much memory. Not part of the suite: a measurement.
//   replay_test --gtest_also_run_disabled_tests --gtest_filter='*CorrelateRate*'     (EXCHANGES=1000000 in the
//   environment)
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "replay/causality.h"
#include "tests/replay/recorded.h"

namespace tracerec::replay::testing {
namespace {

std::string token_of(std::mt19937_64& random) {
  char text[40];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random()),
                static_cast<unsigned long long>(random()));
  return text;
}

long peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

// Sessions of twenty exchanges: a login, then a thing made and read, by turns.
void add_session(std::vector<Recorded>& rows, std::mt19937_64& random, schema::RowId connection, std::int64_t at_ns) {
  const std::string cookie = "sid=" + token_of(random);
  const std::string headers =
      "Host: recorded\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\nCookie: " + cookie + "\r\n";
  rows.push_back({.connection = connection,
                  .at_ns = at_ns,
                  .method = "POST",
                  .target = "/login",
                  .response_headers = "Set-Cookie: " + cookie + "; Path=/\r\n"});
  std::string id;
  for (int i = 1; i < 20; ++i) {
    at_ns += 2 * kMs;
    if (i % 2 == 1) id = token_of(random);
    const std::string body = R"({"id": ")" + id + R"(", "name": "a thing", "price": 12.5, "tags": ["x", "y"]})";
    if (i % 2 == 1) {
      rows.push_back({.connection = connection,
                      .at_ns = at_ns,
                      .method = "POST",
                      .target = "/things",
                      .headers = headers,
                      .body = R"({"name": "a thing", "price": 12.5})",
                      .status = 201,
                      .response = body});
    } else {
      rows.push_back(
          {.connection = connection, .at_ns = at_ns, .target = "/things/" + id, .headers = headers, .response = body});
    }
  }
}

TEST(CorrelateRate, DISABLED_ExchangesASecond) {
  const char* wanted = std::getenv("EXCHANGES");
  const int exchanges = wanted == nullptr ? 200'000 : std::atoi(wanted);
  Recording recording;
  std::mt19937_64 random(1);
  for (int done = 0; done < exchanges;) {
    std::vector<Recorded> rows;
    for (; rows.size() < 20'000 && done < exchanges; done += 20)
      add_session(rows, random, done / 20 + 1, done * 1'000LL);
    recording.add(rows);
  }
  auto reader = recording.reader();
  const long before = peak_mib();
  const auto start = std::chrono::steady_clock::now();
  const auto causes = find_causes(*reader, 1, ReplayOptions{});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  ASSERT_TRUE(causes);
  std::printf("%d exchanges, %zu edges: %.2f s, %.0f a second; peak memory %ld MiB (%ld MiB before)\n", exchanges,
              (*causes)->correlation.edge_count(), took.count(), exchanges / took.count(), peak_mib(), before);
  EXPECT_GT((*causes)->correlation.edge_count(), static_cast<std::size_t>(exchanges));
}

}  // namespace
}  // namespace tracerec::replay::testing
