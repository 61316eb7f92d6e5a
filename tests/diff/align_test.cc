#include "diff/align.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tracerec::diff {
namespace {

using Hashes = std::vector<std::uint64_t>;
using Pairs = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
using Indices = std::vector<std::uint32_t>;

TEST(Align, EqualSequencesGiveNothing) {
  const Alignment result = align(Hashes{1, 2, 3}, Hashes{1, 2, 3});
  EXPECT_TRUE(result.changed.empty() && result.moved.empty() && result.removed.empty() && result.inserted.empty());
}

TEST(Align, OneInsertedInFrontIsOneInsertion) {
  Hashes before(10000);
  for (std::size_t i = 0; i < before.size(); ++i) before[i] = i;
  Hashes after = before;
  after.insert(after.begin(), 77777);
  const Alignment result = align(before, after);
  EXPECT_EQ(result.inserted, Indices{0});
  EXPECT_TRUE(result.changed.empty() && result.moved.empty() && result.removed.empty());
}

TEST(Align, ChangedElementsArePairedBetweenEqualOnes) {
  const Alignment result = align(Hashes{1, 2, 3, 4}, Hashes{9, 1, 8, 3, 4});
  EXPECT_EQ(result.changed, (Pairs{{1, 2}}));
  EXPECT_EQ(result.inserted, Indices{0});
}

TEST(Align, SwappedElementsAreMovedNotChanged) {
  const Alignment result = align(Hashes{1, 2, 3}, Hashes{3, 2, 1});
  EXPECT_EQ(result.moved.size(), 2U);
  EXPECT_TRUE(result.changed.empty() && result.removed.empty() && result.inserted.empty());
}

TEST(Align, RemovedHereAndInsertedThereIsAChange) {
  const Alignment result = align(Hashes{1, 2, 3}, Hashes{9, 1, 2});
  EXPECT_EQ(result.changed, (Pairs{{2, 0}}));
  EXPECT_TRUE(result.removed.empty() && result.inserted.empty());
}

// Whatever the input: every element of both sides is accounted for once, and what is left over is the length
// difference.
TEST(Align, EveryElementIsAccountedForOnce) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    Hashes before(random() % 12), after(random() % 12);
    for (auto& hash : before) hash = random() % 5;
    for (auto& hash : after) hash = random() % 5;
    const Alignment result = align(before, after);
    EXPECT_TRUE(result.removed.empty() || result.inserted.empty());
    EXPECT_EQ(static_cast<int>(result.inserted.size()) - static_cast<int>(result.removed.size()),
              static_cast<int>(after.size()) - static_cast<int>(before.size()));
    for (const auto& [i, j] : result.changed) EXPECT_NE(before.at(i), after.at(j));
    for (const auto& [i, j] : result.moved) EXPECT_EQ(before.at(i), after.at(j));
    Hashes a = before, b = after;
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    EXPECT_EQ(result.changed.empty() && result.removed.empty() && result.inserted.empty(), a == b);
    EXPECT_EQ(result.changed.empty() && result.removed.empty() && result.inserted.empty() && result.moved.empty(),
              before == after);
  }
}

}  // namespace
}  // namespace tracerec::diff
