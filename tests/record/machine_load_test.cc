#include "record/machine_load.h"

#include <gtest/gtest.h>

#include "tests/testing/temp_dir.h"

namespace tracerec::record {
namespace {

struct FakeClock final : Clock {
  std::int64_t now_ns = 0;
  std::int64_t boot_ns() const override { return now_ns; }
  std::int64_t unix_ns() const override { return now_ns; }
};

struct Load : ::testing::Test {
  tracerec::testing::TempDir dir;
  std::string path = dir.file("stat");
  FakeClock clock;

  // user, idle and iowait; the other fields stay as they are.
  void set(int user, int idle, int waiting = 0) {
    tracerec::testing::write_whole_file(path, "cpu  " + std::to_string(user) + " 7 100 " + std::to_string(idle) + " " +
                                                  std::to_string(waiting) + " 0 3 0 0 0\ncpu0 1 2 3\n");
  }
  bool look(MachineLoad& load) {
    clock.now_ns += 1'000'000'000;
    return load.is_busy();
  }
};

TEST_F(Load, LessThanHalfAProcessorIdleIsBusy) {
  set(0, 1000);
  MachineLoad load(clock, path, 2);
  EXPECT_FALSE(load.is_busy()) << "not known at first";
  set(100, 1033);
  EXPECT_TRUE(look(load));
  set(200, 1067);
  EXPECT_FALSE(look(load));
  MachineLoad sixteen(clock, path, 16);
  set(400, 1080);
  EXPECT_FALSE(look(sixteen)) << "one of sixteen";
}

TEST_F(Load, WaitingForADiskIsIdle) {
  set(0, 0);
  MachineLoad load(clock, path, 2);
  set(100, 0, 50);
  EXPECT_FALSE(look(load));
}

TEST_F(Load, AsksAtMostFiveTimesASecond) {
  set(0, 0);
  MachineLoad load(clock, path, 2);
  set(100, 0);
  EXPECT_TRUE(look(load));
  set(200, 500);
  clock.now_ns += 199'000'000;
  EXPECT_TRUE(load.is_busy());
  clock.now_ns += 1'000'000;
  EXPECT_FALSE(load.is_busy());
}

TEST_F(Load, WhatCannotBeKnownIsNotBusy) {
  MachineLoad missing(clock, dir.file("none"), 2);
  EXPECT_FALSE(look(missing));
  tracerec::testing::write_whole_file(path, "cpu  12 x");
  MachineLoad odd(clock, path, 2);
  EXPECT_FALSE(look(odd));
  set(100, 1000);
  MachineLoad corrected(clock, path, 2);
  set(200, 900);
  EXPECT_FALSE(look(corrected)) << "the kernel may correct idle times downwards";
}

}  // namespace
}  // namespace tracerec::record
