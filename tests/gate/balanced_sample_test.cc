#include "gate/balanced_sample.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tracerec::gate {
namespace {

TEST(BalancedSample, FewAreAllChosen) {
  BalancedSample choice(3, 10);
  for (const std::int64_t id : {7, 2, 5}) choice.add("a", id);
  EXPECT_EQ(choice.chosen(), (std::vector<std::int64_t>{2, 5, 7}));
}

TEST(BalancedSample, ManyAreChosenFromBeginningToEnd) {
  for (const std::int64_t count : {21, 100, 1'000, 99'999}) {
    BalancedSample choice(20, 2000);
    for (std::int64_t id = 0; id < count; ++id) choice.add("a", id);
    const std::vector<std::int64_t> chosen = choice.chosen();
    ASSERT_EQ(chosen.size(), 20U) << count;
    EXPECT_EQ(std::adjacent_find(chosen.begin(), chosen.end()), chosen.end()) << "each once";
    for (int quarter = 0; quarter < 4; ++quarter) {
      const auto in_quarter =
          std::count_if(chosen.begin(), chosen.end(), [&](std::int64_t id) { return id * 4 / count == quarter; });
      EXPECT_GE(in_quarter, 2) << count << " quarter " << quarter;
    }
  }
}

TEST(BalancedSample, TheWholeIsSharedAmongEndpoints) {
  BalancedSample choice(20, 100);
  for (std::int64_t id = 0; id < 1'000; ++id) choice.add("often", id);
  for (std::int64_t id = 1'000; id < 1'050; ++id) choice.add("e" + std::to_string(id), id);
  const std::vector<std::int64_t> chosen = choice.chosen();
  EXPECT_LE(chosen.size(), 100U);
  EXPECT_EQ(std::count_if(chosen.begin(), chosen.end(), [](std::int64_t id) { return id >= 1'000; }), 50);
  EXPECT_EQ(std::count_if(chosen.begin(), chosen.end(), [](std::int64_t id) { return id < 1'000; }), 20);
}

TEST(BalancedSample, NeverMoreThanInAll) {
  BalancedSample choice(20, 100);
  for (std::int64_t id = 0; id < 5'000; ++id) choice.add("e" + std::to_string(id % 500), id);
  EXPECT_EQ(choice.chosen().size(), 100U);
}

}  // namespace
}  // namespace tracerec::gate
