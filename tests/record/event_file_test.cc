#include "record/event_file.h"

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
