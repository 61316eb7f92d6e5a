#include "record/written_rows.h"

#include <gtest/gtest.h>

namespace tracerec::record {
namespace {

using Kind = WrittenRows::Kind;

struct WrittenRowsTest : ::testing::Test {
  WrittenRowsTest() {
    rows.add(Kind::kConnection, 0);
    rows.add(Kind::kComplete, 100);
    rows.add(Kind::kIncomplete, 20);
    rows.add(Kind::kOpaque, 7);
    rows.add(Kind::kConnection, 0);
    rows.add(Kind::kOpaque, 0);
    rows.add(Kind::kOpenEnded, 3);
    rows.add(Kind::kOpaque, 5);
  }
  void expect(std::uint64_t incomplete, std::uint64_t open_ended, std::uint64_t opaque, std::uint64_t connections) {
    EXPECT_EQ(rows.in_file().incomplete.count, incomplete);
    EXPECT_EQ(rows.in_file().open_ended.count, open_ended);
    EXPECT_EQ(rows.in_file().opaque.count, opaque);
    EXPECT_EQ(rows.in_file().connections, connections);
  }
  WrittenRows rows;
};

TEST_F(WrittenRowsTest, NothingIsWrittenAtFirst) {
  rows.settle(0, 0);
  expect(0, 0, 0, 0);
}

TEST_F(WrittenRowsTest, WhatTheStoreHasWrittenIsCountedOnce) {
  rows.settle(1, 0);
  expect(0, 0, 0, 1);
  rows.settle(1, 0);
  expect(0, 0, 0, 1);
  rows.settle(2, 0);
  expect(1, 0, 0, 1);
  EXPECT_EQ(rows.in_file().incomplete.bytes, 20U);
  rows.settle(2, 6);
  expect(1, 0, 0, 1);
  rows.settle(2, 7);
  expect(1, 0, 1, 1);
  rows.settle(3, 7);
  expect(1, 1, 2, 2);
  rows.settle(3, 12);
  expect(1, 1, 3, 2);
}

TEST_F(WrittenRowsTest, AtOnceTheSame) {
  rows.settle(3, 12);
  expect(1, 1, 3, 2);
}

TEST_F(WrittenRowsTest, AWriterThatIsDoneHasWrittenAll) {
  rows.add(Kind::kConnection, 0);
  rows.add(Kind::kOpaque, 0);
  rows.settle(3, 12);
  expect(1, 1, 3, 2);
  rows.settle_all();
  expect(1, 1, 4, 3);
  EXPECT_EQ(rows.in_file().opaque.bytes, 12U);
}

}  // namespace
}  // namespace tracerec::record
