// Whatever is missing from the event stream, no byte is invented: an exchange that is called complete is byte-exact,
// and the books balance.
#include <map>
#include <random>
#include <vector>

#include "rig.h"

namespace tracerec::record {
namespace {

using testing::FakeConnection;

struct Planned {
  std::string request, response;
};

// Exchange number `n`, self-describing, with the body kinds mixed.
Planned plan_exchange(unsigned n, std::mt19937& random) {
  const std::string id = std::to_string(n);
  const std::string body(random() % 3000, static_cast<char>('a' + n % 26));
  Planned planned;
  planned.request =
      "POST /" + id + " HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  if (random() % 2 == 0) {
    planned.response =
        "HTTP/1.1 200 OK\r\nX-Id: " + id + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    return planned;
  }
  planned.response = "HTTP/1.1 200 OK\r\nX-Id: " + id + "\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (auto i = random() % 5; i > 0; --i) planned.response += "5\r\nhello\r\n";
  planned.response += "0\r\n\r\n";
  return planned;
}

// Cuts `bytes` into events and feeds them, each missing with the given chance.
template <class Make, class Miss>
void feed_with_losses(Rig& rig, std::string_view bytes, std::mt19937& random, unsigned percent, const Make& make,
                      const Miss& miss) {
  while (!bytes.empty()) {
    const std::size_t length = std::min<std::size_t>(bytes.size(), 1 + random() % 1500);
    if (random() % 100 < percent) {
      miss(static_cast<std::uint32_t>(length));
    } else {
      rig.feed(make(bytes.substr(0, length)));
    }
    bytes.remove_prefix(length);
  }
}

constexpr unsigned kExchanges = 60;

void run_with_losses(unsigned seed, unsigned percent, bool attached_late, bool pipelined) {
  std::mt19937 random(seed);
  Rig rig;
  FakeConnection tcp(1);
  std::map<std::string, Planned> all;
  if (!attached_late) rig.feed(tcp.open());
  const auto in = [&](std::string_view bytes) { return tcp.in(bytes); };
  const auto out = [&](std::string_view bytes) { return tcp.out(bytes); };
  const auto miss_in = [&](std::uint32_t bytes) { tcp.miss_in(bytes); };
  const auto miss_out = [&](std::uint32_t bytes) { tcp.miss_out(bytes); };
  for (unsigned n = 0; n < kExchanges;) {
    // Some clients send several requests before the first response.
    const unsigned burst = std::min<unsigned>(pipelined ? 1 + static_cast<unsigned>(random() % 3) : 1, kExchanges - n);
    std::vector<Planned> planned;
    for (unsigned i = 0; i < burst; ++i, ++n) {
      planned.push_back(plan_exchange(n, random));
      all["/" + std::to_string(n)] = planned.back();
    }
    for (const Planned& one : planned) feed_with_losses(rig, one.request, random, percent, in, miss_in);
    for (const Planned& one : planned) feed_with_losses(rig, one.response, random, percent, out, miss_out);
  }
  rig.feed(tcp.close());
  rig.finish();
  std::size_t complete = 0;
  for (const auto& row : rig.store.exchanges) {
    if (!row.complete) continue;
    ++complete;
    const Planned& truth = all.at(row.target);
    ASSERT_EQ(row.request_head + row.request_body.bytes, truth.request) << "seed " << seed;
    ASSERT_EQ(row.response_head + row.response_body.bytes, truth.response) << "seed " << seed;
  }
  if (percent == 0) {
    // A request line that came in pieces is not a boundary to join at.
    EXPECT_GE(complete, attached_late ? kExchanges - 1 : kExchanges);
  }
}

TEST(Holes, CompleteMeansByteExact) {
  for (unsigned seed = 0; seed < 1000; ++seed) run_with_losses(seed, seed % 13, seed % 3 == 0, false);
}

// A connection that was joined late may owe responses to pipelined requests that nobody saw: that cannot be known.
TEST(Holes, CompleteMeansByteExactWithPipelining) {
  for (unsigned seed = 0; seed < 1000; ++seed) run_with_losses(seed, seed % 13, false, true);
}

// Read by a call whose descriptor was closed before it returned: nothing told of it but the position at the end.
TEST(Holes, ReadsThatNothingToldOfAreCountedAtTheEnd) {
  Rig rig;
  testing::FakeConnection tcp(1);
  rig.feed(tcp.open());
  rig.feed(tcp.in("GET / HTTP/1.1\r\n\r\n"));
  rig.feed(tcp.out("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  tcp.miss_in(40);
  rig.feed(tcp.close());
  rig.recorder.settle_ended(INT64_MAX);
  rig.finish();
  EXPECT_EQ(rig.sink.counts().gap_bytes, 40U);
  EXPECT_EQ(rig.store.exchanges.size(), 1U);
}

}  // namespace
}  // namespace tracerec::record
