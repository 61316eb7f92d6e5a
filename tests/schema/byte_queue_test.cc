#include "schema/byte_queue.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <thread>

namespace tracerec::schema {
namespace {

void push(ByteQueue& queue, std::string_view text) {
  std::memcpy(queue.reserve(text.size()), text.data(), text.size());
  queue.commit(text.size());
}

TEST(ByteQueueTest, NothingIsThereBeforeItIsCommitted) {
  ByteQueue queue;
  EXPECT_TRUE(queue.front().empty());
  std::memcpy(queue.reserve(3), "abc", 3);
  EXPECT_TRUE(queue.front().empty());
  queue.commit(3);
  EXPECT_EQ(queue.front(), "abc");
}

TEST(ByteQueueTest, WhatIsConsumedInPartComesAgain) {
  ByteQueue queue;
  push(queue, "abc");
  push(queue, "def");
  queue.consume(3);
  EXPECT_EQ(queue.front(), "def");
  queue.consume(3);
  EXPECT_TRUE(queue.front().empty());
}

TEST(ByteQueueTest, OneLargerThanABlockIsInOnePiece) {
  ByteQueue queue;
  push(queue, "abc");
  const std::string large(3 << 20, 'x');
  push(queue, large);
  push(queue, "def");
  EXPECT_EQ(queue.front(), "abc");
  queue.consume(3);
  EXPECT_EQ(queue.front(), large);
  queue.consume(large.size());
  EXPECT_EQ(queue.front(), "def");
}

// Records of changing lengths, each filled with its own number: a thread that reads beside the one that writes sees
// all, whole and in order, while blocks go round. With ThreadSanitizer this is the proof that the two may.
TEST(ByteQueueTest, TwoThreadsSeeTheSame) {
  constexpr std::uint32_t kRecords = 300'000;
  const auto length_of = [](std::uint32_t n) { return 4 + n * 7919 % 400; };
  ByteQueue queue;
  std::jthread producer([&] {
    for (std::uint32_t n = 0; n < kRecords; ++n) {
      char* to = queue.reserve(length_of(n));
      std::memset(to, static_cast<int>(n % 251), length_of(n));
      std::memcpy(to, &n, sizeof n);
      queue.commit(length_of(n));
    }
  });
  std::uint32_t expected = 0;
  while (expected < kRecords) {
    std::string_view front = queue.front();
    const std::size_t size = front.size();
    while (!front.empty()) {
      std::uint32_t n = 0;
      std::memcpy(&n, front.data(), sizeof n);
      ASSERT_EQ(n, expected);
      ASSERT_EQ(front.substr(4, length_of(n) - 4), std::string(length_of(n) - 4, static_cast<char>(n % 251)));
      front.remove_prefix(length_of(n));
      ++expected;
    }
    queue.consume(size);
  }
}

}  // namespace
}  // namespace tracerec::schema
