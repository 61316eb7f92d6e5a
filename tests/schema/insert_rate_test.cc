// Not a check: prints the figure of docs/trace-format.md. Run it in a release build with
//   schema_test --gtest_also_run_disabled_tests --gtest_filter='*InsertRate'
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "tests/schema/trace_samples.h"

namespace tracerec::schema::testing {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// 1 KB: heads of 200 bytes each, bodies of 100 and 500, twenty exchanges a connection.
Command one_kilobyte(RowId id) {
  Exchange e = sample_exchange(id);
  e.connection_id = id / 20 + 1;
  e.seq = id % 20;
  e.request_head.assign(200, 'h');
  e.response_head.assign(200, 'r');
  e.request_body = {.wire_bytes = 100, .bytes = std::string(100, 'b'), .stream_key = 0};
  e.response_body = {.wire_bytes = 500, .bytes = std::string(500, 'c'), .stream_key = 0};
  return e;
}

TEST(Measure, DISABLED_InsertRate) {
  constexpr RowId kExchanges = 300'000;
  const TempDir dir;
  auto writer = open_writer(dir.file("t.db"));
  const Clock::time_point start = Clock::now();
  double submitting = 0;
  for (RowId id = 1; id <= kExchanges; ++id) {
    Command command = one_kilobyte(id);
    Clock::time_point before = Clock::now();
    while (!writer->submit(std::move(command))) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      before = Clock::now();
    }
    submitting += seconds_since(before);
  }
  ASSERT_TRUE(writer->flush());
  const double elapsed = seconds_since(start);
  std::printf("%.0f exchanges/s, %.0f ns a submit\n", kExchanges / elapsed, submitting / kExchanges * 1e9);
}

}  // namespace
}  // namespace tracerec::schema::testing
