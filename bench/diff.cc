// How fast the judge is: the figures of docs/diff.md. Prints the best and the median of several rounds; or, for two
// files of JSON, the median in ms and the number of differences.
//   cmake -DTRACEREC_BENCH=ON … && build/release/bench/bench_diff [A.json B.json]
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "diff/compare.h"
#include "gate/judge.h"

namespace {

using namespace tracerec::diff;
using tracerec::gate::Judge;
using tracerec::gate::Noise;

class CountSink final : public DifferenceSink {
 public:
  void on_difference(const Difference&) override { ++differences; }
  void on_not_compared(NotCompared) override {}
  std::size_t differences = 0;
};

Message json_message(std::string body) {
  Message message;
  message.status = 200;
  message.headers.add("Content-Type", "application/json");
  message.headers.add("Date", "Mon, 01 Jan 2026 00:00:00 GMT");
  message.body = std::move(body);
  return message;
}

// 10,000 objects, 1.3 MB.
std::string objects(int count, int first, int changed_every) {
  std::string text = "[";
  for (int i = first; i < count; ++i) {
    const bool changed = changed_every > 0 && i % changed_every == 0;
    text += (text.size() > 1 ? "," : "") + std::string("{\"id\":") + std::to_string(i) + ",\"name\":\"thing number " +
            std::to_string(i) + "\",\"price\":" + std::to_string(changed ? i + 7 : i) +
            ".25,\"tags\":[\"a\",\"b\",\"c\"],\"active\":true,\"note\":\"some text of usual length\"}";
  }
  return text + "]";
}

void measure(const char* name, int rounds, int per_round, const std::function<void()>& work) {
  std::vector<double> times_us;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < per_round; ++i) work();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    times_us.push_back(took.count() / per_round);
  }
  std::sort(times_us.begin(), times_us.end());
  std::printf("%-52s best %10.2f us  median %10.2f us  %10.0f/s\n", name, times_us.front(),
              times_us[times_us.size() / 2], 1e6 / times_us.front());
}

void compare(const Message& recorded, const Message& replayed, std::size_t expected) {
  CountSink sink;
  compare_messages("GET", recorded, replayed, sink);
  if (sink.differences != expected) std::printf("  expected %zu differences, found %zu\n", expected, sink.differences);
}

std::string file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

int compare_files(const char* left, const char* right) {
  const Message recorded = json_message(file(left));
  const Message replayed = json_message(file(right));
  std::vector<double> times_ms;
  CountSink sink;
  for (int round = 0; round < 9; ++round) {
    sink.differences = 0;
    const auto start = std::chrono::steady_clock::now();
    compare_messages("GET", recorded, replayed, sink);
    times_ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(times_ms.begin(), times_ms.end());
  std::printf("%.3f %zu\n", times_ms[times_ms.size() / 2], sink.differences);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // As cli/evaluation.cc does.
  mallopt(M_MMAP_THRESHOLD, 256 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  if (argc == 3) return compare_files(argv[1], argv[2]);
  const Message whole = json_message(objects(10000, 0, 0));
  std::printf("document: %zu bytes\n", whole.body.size());
  const Message scattered = json_message(objects(10000, 0, 200));
  measure("1.3 MB, 50 scattered changes, parsing included", 20, 1, [&] { compare(whole, scattered, 50); });
  const Message inserted = json_message(objects(10000, -1, 0));
  measure("10,000 objects, one inserted in front", 20, 1, [&] { compare(whole, inserted, 1); });

  const std::string small = objects(3, 0, 0);
  Pair pair;
  pair.method = "GET";
  pair.target = "/users/17/orders?page=2";
  pair.recorded = json_message(small);
  pair.replayed = json_message(small);
  const Noise noise;
  Judge judge(noise);
  measure("400 bytes, equal, through the judge", 20, 20000, [&] { judge.add_pair(pair); });
  pair.replayed.headers = {};
  pair.replayed.headers.add("Content-Type", "application/json");
  pair.replayed.headers.add("Date", "Mon, 01 Jan 2026 00:00:01 GMT");
  measure("the same, Date differs", 20, 20000, [&] { judge.add_pair(pair); });
  pair.replayed.body = objects(3, 0, 1);
  measure("the same, JSON differs", 20, 5000, [&] { judge.add_pair(pair); });
}
