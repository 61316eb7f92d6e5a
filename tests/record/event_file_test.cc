#include "record/event_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "rig.h"

namespace tracerec::record {
namespace {

class EventFile : public ::testing::Test {
 protected:
  EventFile() { std::filesystem::remove(path); }  // of an earlier run: one that is there is refused

  std::string path = ::testing::TempDir() + "events_" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
};

void write_sample(const std::string& path) {
  auto writer = EventFileWriter::create(path);
  ASSERT_TRUE(writer.has_value());
  testing::FakeConnection tcp(1);
  for (const auto& stored :
       {tcp.open(), tcp.in("GET / HTTP/1.1\r\n\r\n"), tcp.out("HTTP/1.1 204 No\r\n\r\n"), tcp.close()}) {
    (*writer)->write(stored.view());
  }
  SourceCounters counters{};
  counters.seen_bytes = 37;
  ASSERT_TRUE((*writer)->finish(counters).has_value());
}

TEST_F(EventFile, PlaysBackWhatWasWritten) {
  write_sample(path);
  auto source = EventFileSource::open(path);
  ASSERT_TRUE(source.has_value());
  Rig rig;
  const auto polled = (*source)->poll(0, [&](const Event& event) { rig.recorder.on_event(event); });
  ASSERT_TRUE(polled.has_value());
  EXPECT_EQ(*polled, 4U);
  EXPECT_TRUE((*source)->exhausted());
  EXPECT_EQ((*source)->counters().seen_bytes, 37U);
  rig.finish();
  ASSERT_EQ(rig.store.exchanges.size(), 1U);
  EXPECT_TRUE(rig.store.exchanges[0].complete);
}

TEST_F(EventFile, ACutFileIsAnErrorThatSaysSo) {
  write_sample(path);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 100);
  auto source = EventFileSource::open(path);
  ASSERT_TRUE(source.has_value());
  const auto polled = (*source)->poll(0, [](const Event&) {});
  ASSERT_FALSE(polled.has_value());
  EXPECT_NE(polled.error().message.find("was cut"), std::string::npos);
}

// Responds to everything with what no default says.
struct TalkativeSource final : EventSource {
  std::string asked;
  testing::FakeConnection tcp{1};

  Result<std::size_t> poll(int, const EventHandler& handle) override {
    handle(tcp.open().view());
    return std::size_t{1};
  }
  bool exhausted() const override { return true; }
  TlsReading tls_of(std::uint32_t) override { return TlsReading::kPlaintext; }
  void mute(std::uint64_t, std::uint64_t) override { asked += "mute "; }
  void watch_calls() override { asked += "watch "; }
  void pass_over(std::uint64_t, std::uint64_t) override { asked += "pass "; }
  bool is_open_elsewhere(std::uint32_t, std::uint64_t) const override { return true; }
  bool has_room() const override { return true; }
  void detach() override { asked += "detach "; }
  SourceCounters counters() const override {
    SourceCounters counters{};
    counters.seen_bytes = 5;
    return counters;
  }
  bool was_overwritten(const tr_file&) const override { return true; }
  UniqueFd take_unnamed(const tr_file&) override { return UniqueFd(::dup(2)); }
};

TEST_F(EventFile, WhoIsAskedThroughATeeSaysTheSame) {
  auto writer = EventFileWriter::create(path);
  ASSERT_TRUE(writer.has_value());
  TalkativeSource source;
  TeeSource tee(source, **writer);
  EventSource& through = tee;
  through.mute(1, 2);
  through.watch_calls();
  through.pass_over(1, 2);
  EXPECT_TRUE(through.is_open_elsewhere(1, 2));
  EXPECT_TRUE(through.has_room());
  EXPECT_TRUE(through.exhausted());
  EXPECT_EQ(through.tls_of(1), TlsReading::kPlaintext);
  EXPECT_EQ(through.counters().seen_bytes, 5U);
  EXPECT_TRUE(through.was_overwritten({}));
  EXPECT_GE(through.take_unnamed({}).get(), 0);
  EXPECT_EQ(*through.poll(0, [](const Event&) {}), 1U);
  through.detach();
  EXPECT_EQ(source.asked, "mute watch pass detach ");
}

TEST_F(EventFile, AnotherFileIsRefused) {
  std::ofstream(path) << "something else";
  EXPECT_FALSE(EventFileSource::open(path).has_value());
}

TEST_F(EventFile, IsPrivate) {
  write_sample(path);
  EXPECT_EQ(std::filesystem::status(path).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace tracerec::record
