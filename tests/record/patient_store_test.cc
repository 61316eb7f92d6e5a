// What happens to commands that the queue has no room for.
#include "record/patient_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

namespace tracerec::record {
namespace {

// A queue that takes a command after so many refusals.
class SlowStore final : public schema::Store {
 public:
  explicit SlowStore(int refusals) : refusals_(refusals) {}
  bool submit(schema::Command&&) override {
    ++tries;
    return --refusals_ < 0;
  }
  std::size_t queued_bytes() const override { return 7; }
  std::string error() const override { return failure; }

  int tries = 0;
  std::string failure;

 private:
  int refusals_;
};

// A ring that has room for as many looks.
class FillingSource final : public EventSource {
 public:
  explicit FillingSource(int looks) : looks_(looks) {}
  Result<std::size_t> poll(int, const EventHandler&) override { return std::size_t{0}; }
  bool exhausted() const override { return true; }
  bool has_room() const override { return looks_-- > 0; }
  void detach() override {}
  SourceCounters counters() const override { return {}; }

 private:
  mutable int looks_;
};

constexpr int kMany = 1'000'000;

TEST(PatientStore, WaitsWhileTheSourceHasRoom) {
  SlowStore slow(3);
  const FillingSource source(kMany);
  PatientStore store(slow, source);
  EXPECT_TRUE(store.submit(schema::BodyDiscard{1}));
  EXPECT_EQ(slow.tries, 4);
  EXPECT_EQ(store.queued_bytes(), 7u);
}

TEST(PatientStore, GivesUpWhenTheSourceFills) {
  SlowStore slow(kMany);
  const FillingSource source(2);
  PatientStore store(slow, source);
  EXPECT_FALSE(store.submit(schema::BodyDiscard{1}));
  EXPECT_EQ(slow.tries, 3);
}

TEST(PatientStore, DoesNotWaitForADiskThatHasFailed) {
  SlowStore slow(kMany);
  slow.failure = "disk full";
  const FillingSource source(kMany);
  PatientStore store(slow, source);
  EXPECT_FALSE(store.submit(schema::BodyDiscard{1}));
  EXPECT_EQ(slow.tries, 1);
  EXPECT_EQ(store.error(), "disk full");
}

TEST(PatientStore, WaitsOnceForAQueueThatDoesNotMove) {
  SlowStore slow(kMany);
  const FillingSource source(kMany);
  PatientStore store(slow, source, std::chrono::milliseconds(5));
  EXPECT_FALSE(store.submit(schema::BodyDiscard{1}));
  const int tries = slow.tries;
  EXPECT_FALSE(store.submit(schema::BodyDiscard{1}));
  EXPECT_EQ(slow.tries, tries + 1);
}

TEST(PatientStore, WaitsAgainForAQueueThatMoves) {
  SlowStore slow(0);
  const FillingSource source(kMany);
  PatientStore store(slow, source, std::chrono::milliseconds(0));
  EXPECT_TRUE(store.submit(schema::BodyDiscard{1}));
  SlowStore stuck(1);
  PatientStore waiting(stuck, source, std::chrono::milliseconds(0));
  EXPECT_FALSE(waiting.submit(schema::BodyDiscard{1}));
  EXPECT_TRUE(waiting.submit(schema::BodyDiscard{1})) << "the queue moves";
}

}  // namespace
}  // namespace tracerec::record
