// A recorder between fabricated events and a store in memory.
#pragma once

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "record/recorder.h"
#include "testing/events.h"
#include "testing/fake_store.h"

namespace tracerec::record {

class NoSource : public EventSource {
 public:
  Result<std::size_t> poll(int, const EventHandler&) override { return std::size_t{0}; }
  [[nodiscard]] bool exhausted() const override { return true; }
  void detach() override {}
  [[nodiscard]] SourceCounters counters() const override { return {}; }
  [[nodiscard]] TlsReading tls_of(std::uint32_t) override { return reading; }
  void mute(std::uint64_t socket, std::uint64_t) override { muted.push_back(socket); }

  TlsReading reading = TlsReading::kOff;
  std::vector<std::uint64_t> muted;
};

class FixedClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t boot_ns() const override { return 5'000'000'000; }
  [[nodiscard]] std::int64_t unix_ns() const override { return 1'700'000'000'000'000'000; }
};

class Rig {
 public:
  // Nothing is known of connections that were open before, but what `open` says.
  explicit Rig(TraceSink::Options options = {}, OpenSockets open = {})
      : sink(store, std::move(options)), recorder(source, sink, clock, std::move(open)) {}

  void feed(const testing::FakeConnection::Stored& event) { recorder.on_event(event.view()); }

  // Ends the recording and checks the books: every byte that came is stored or counted.
  void finish() {
    recorder.finish();
    const SinkCounts& counts = sink.counts();
    std::uint64_t skipped = 0;
    for (const auto& pair : counts.skipped) skipped += pair.bytes;
    EXPECT_EQ(recorder.received_bytes() + counts.reencoded_after.bytes,
              counts.stored.bytes + counts.opaque.bytes + skipped + counts.reencoded_before.bytes);
    EXPECT_EQ(store.stored_bytes(), counts.stored.bytes + counts.opaque.bytes);
    EXPECT_EQ(store.exchanges.size(), counts.stored.count);
  }

  [[nodiscard]] std::uint64_t skipped(Skip reason) const {
    return sink.counts().skipped[static_cast<std::size_t>(reason)].bytes;
  }

  testing::FakeStore store;
  NoSource source;
  FixedClock clock;
  TraceSink sink;
  Recorder recorder;
};

}  // namespace tracerec::record
