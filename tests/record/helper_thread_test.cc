// Work that may be delayed by somebody else does not delay the recorder.
#include "record/helper_thread.h"

#include <gtest/gtest.h>

#include <future>

namespace tracerec::record {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLong{60'000};

TEST(HelperThread, TheJobIsDone) {
  HelperThread helper;
  const auto done = std::make_shared<int>(0);
  EXPECT_TRUE(helper.run([done] { ++*done; }, kLong));
  EXPECT_TRUE(helper.run([done] { ++*done; }, kLong));
  EXPECT_EQ(*done, 2);
}

TEST(HelperThread, AJobThatHangsIsGivenUpAndRefusesFurtherOnesUntilItEnds) {
  HelperThread helper;
  const auto gate = std::make_shared<std::promise<void>>();
  const auto finished = std::make_shared<std::promise<void>>();
  EXPECT_FALSE(helper.run([gate] { gate->get_future().wait(); }, milliseconds(1)));
  EXPECT_FALSE(helper.run([] {}, kLong));  // at once
  gate->set_value();
  while (!helper.run([finished] { finished->set_value(); }, kLong)) {
  }
  finished->get_future().wait();
}

TEST(HelperThread, ItEndsAlthoughAJobHangs) {
  const auto gate = std::make_shared<std::promise<void>>();
  {
    HelperThread helper;
    EXPECT_FALSE(helper.run([gate] { gate->get_future().wait(); }, milliseconds(1)));
  }
  gate->set_value();
}

}  // namespace
}  // namespace tracerec::record
