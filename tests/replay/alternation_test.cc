#include "replay/alternation.h"

#include <gtest/gtest.h>

namespace tracerec::replay {
namespace {

constexpr Side kSides[] = {Side::kLeft, Side::kRight};

TEST(Alternation, ExactlyOneSideLeadsAndEachAsOftenAsTheOther) {
  int left = 0;
  for (schema::RowId id = 0; id < 1024; ++id) {
    EXPECT_NE(Alternation::leads(Side::kLeft, id), Alternation::leads(Side::kRight, id));
    left += Alternation::leads(Side::kLeft, id);
  }
  EXPECT_EQ(left, 512);
}

// POST, GET, POST, GET: the parity of the id would let one side make every POST first.
TEST(Alternation, NeitherSideIsFavouredByTrafficThatAlternates) {
  for (const int period : {2, 3, 4, 5, 7}) {
    for (int phase = 0; phase < period; ++phase) {
      int left = 0, all = 0;
      for (schema::RowId id = 1 + phase; id <= 2000; id += period, ++all) left += Alternation::leads(Side::kLeft, id);
      EXPECT_NEAR(static_cast<double>(left) / all, 0.5, 0.25) << period << " " << phase;
    }
  }
}

struct AlternationTest : ::testing::Test {
  static schema::RowId led_by(Side side, schema::RowId from = 1) {
    while (!Alternation::leads(side, from)) ++from;
    return from;
  }
};

TEST_F(AlternationTest, TheFollowerIsLetGoWhenTheLeaderIsOver) {
  for (const Side leader : kSides) {
    Alternation alternation(false);
    const schema::RowId id = led_by(leader);
    EXPECT_FALSE(alternation.take(other(leader), id));
    int released = 0;
    alternation.wait(other(leader), id, [&] { ++released; });
    EXPECT_EQ(alternation.waiting(), 1U);
    alternation.over(leader, id + 100, 1);
    EXPECT_EQ(released, 0) << "another exchange";
    alternation.over(leader, id, 42);
    EXPECT_EQ(released, 1);
    EXPECT_EQ(alternation.waiting(), 0U);
    EXPECT_EQ(alternation.take(other(leader), id), 42);
    EXPECT_FALSE(alternation.take(other(leader), id)) << "it is forgotten";
  }
}

TEST_F(AlternationTest, AFollowerThatComesLaterNeedNotWait) {
  Alternation alternation(false);
  const schema::RowId id = led_by(Side::kRight);
  alternation.over(Side::kRight, id, 7);
  EXPECT_EQ(alternation.take(Side::kLeft, id), 7);
}

TEST_F(AlternationTest, WhoeverFollowedIsNotRememberedUnlessInStep) {
  Alternation loose(false);
  const schema::RowId id = led_by(Side::kLeft);
  loose.over(Side::kRight, id, 7);
  EXPECT_FALSE(loose.take(Side::kLeft, id));
  EXPECT_FALSE(loose.keeps_step(Side::kLeft, id));
  Alternation in_step(true);
  EXPECT_TRUE(in_step.keeps_step(Side::kLeft, id));
  EXPECT_FALSE(in_step.keeps_step(Side::kRight, id)) << "it came second, and so waited already";
  in_step.over(Side::kRight, id, 7);
  EXPECT_EQ(in_step.take(Side::kLeft, id), 7);
}

TEST_F(AlternationTest, StoppingReleasesAllNowAndLater) {
  Alternation alternation(false);
  int released = 0;
  const schema::RowId first = led_by(Side::kLeft);
  const schema::RowId second = led_by(Side::kRight);
  alternation.wait(Side::kRight, first, [&] { ++released; });
  alternation.wait(Side::kLeft, second, [&] { ++released; });
  alternation.stop();
  EXPECT_EQ(released, 2);
  EXPECT_EQ(alternation.waiting(), 0U);
  EXPECT_EQ(alternation.take(Side::kRight, first), 0);
}

}  // namespace
}  // namespace tracerec::replay
