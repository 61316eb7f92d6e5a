// Pipes between files and sockets: what came out of one is known only while nobody else has used it.
#include "record/spliced.h"

#include <gtest/gtest.h>

namespace tracerec::record {
namespace {

class Spliced : public ::testing::Test {
 protected:
  // A splice of a file into the pipe: one buffer for each page.
  void fill(std::uint64_t offset, std::uint64_t bytes) {
    SentRange range;
    range.file.pipe = 7;
    range.file.offset = offset;
    range.file.bytes = bytes;
    head += static_cast<std::uint32_t>((offset % 4096 + bytes + 4095) / 4096);
    range.file.pipe_head = head;
    range.file.pipe_tail = tail;
    files.fill(range);
  }

  std::optional<std::deque<SentRange>> drain(std::uint64_t bytes, std::uint32_t buffers) {
    tr_file taken{};
    taken.pipe = 7;
    taken.bytes = bytes;
    tail += buffers;
    taken.pipe_head = head;
    taken.pipe_tail = tail;
    return files.drain(taken);
  }

  SplicedFiles files;
  std::uint32_t head = 0xfffffffe, tail = 0xfffffffe;  // they wrap
};

TEST_F(Spliced, WhatWentInComesOut) {
  fill(100, 5000);
  const auto ranges = drain(5000, 2);
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), 1U);
  EXPECT_EQ(ranges->front().file.offset, 100U);
  EXPECT_EQ(ranges->front().file.bytes, 5000U);
}

TEST_F(Spliced, InOtherPiecesThanItWentIn) {
  fill(0, 4096);
  fill(8192, 4096);
  const auto first = drain(1000, 0);
  const auto second = drain(7192, 2);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->front().file.bytes, 1000U);
  ASSERT_EQ(second->size(), 2U);
  EXPECT_EQ(second->front().file.offset, 1000U);
  EXPECT_EQ(second->front().file.bytes, 3096U);
  EXPECT_EQ(second->back().file.offset, 8192U);
}

TEST_F(Spliced, BytesThatSomebodyWroteBeforeMakeItUnknown) {
  head += 1;
  fill(0, 4096);
  EXPECT_FALSE(drain(4106, 2));
}

TEST_F(Spliced, BytesThatSomebodyWroteInBetweenMakeItUnknown) {
  fill(0, 4096);
  head += 1;
  fill(4096, 4096);
  EXPECT_FALSE(drain(4096, 1));
}

TEST_F(Spliced, BytesThatSomebodyWroteBehindMakeItUnknown) {
  fill(0, 4096);
  head += 1;
  EXPECT_FALSE(drain(4096, 1));
}

TEST_F(Spliced, BytesThatSomebodyTookMakeItUnknown) {
  fill(0, 8192);
  tail += 1;
  EXPECT_FALSE(drain(4096, 1));
}

TEST_F(Spliced, OnceItIsEmptyItIsKnownAgain) {
  fill(0, 4096);
  head += 1;
  EXPECT_FALSE(drain(4096, 1));
  tail += 1;
  fill(0, 10);
  EXPECT_TRUE(drain(10, 1));
}

TEST_F(Spliced, OfAPipeThatWasNeverFilledNothingIsKnown) {
  EXPECT_FALSE(drain(10, 1));
}

}  // namespace
}  // namespace tracerec::record
