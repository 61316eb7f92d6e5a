#include "gate/counterparts.h"

#include <gtest/gtest.h>

#include <string>

namespace tracerec::gate {
namespace {

using Rule = Counterparts::Rule;

TEST(Counterparts, IdsAreOneToOne) {
  Counterparts counterparts;
  EXPECT_TRUE(counterparts.learn("A", "x"));
  EXPECT_TRUE(counterparts.learn("A", "x")) << "again";
  EXPECT_TRUE(counterparts.knows("A", "x"));
  EXPECT_FALSE(counterparts.learn("A", "y")) << "one order with two ids";
  EXPECT_FALSE(counterparts.learn("B", "x")) << "two orders with one id";
  EXPECT_FALSE(counterparts.knows("B", "x"));
  EXPECT_TRUE(counterparts.learn("B", "y"));
}

TEST(Counterparts, ATokenMayBeIssuedAgainButNotToAnother) {
  Counterparts counterparts;
  EXPECT_TRUE(counterparts.learn("A", "x", Rule::kNotShared));
  EXPECT_TRUE(counterparts.learn("A", "y", Rule::kNotShared));
  EXPECT_FALSE(counterparts.learn("B", "x", Rule::kNotShared));
}

TEST(Counterparts, WhatIsKnownIsLearnedInAnotherScopeToo) {
  Counterparts counterparts;
  EXPECT_TRUE(counterparts.learn("A", "x", Rule::kNotShared, 1));
  EXPECT_TRUE(counterparts.learn("A", "x", Rule::kNotShared, 2));
  EXPECT_FALSE(counterparts.learn("B", "x", Rule::kNotShared, 2));
  EXPECT_TRUE(counterparts.learn("B", "x", Rule::kNotShared, 3));
}

TEST(Counterparts, APseudonymAndItsTokenHaveOneCounterpart) {
  Counterparts counterparts;
  EXPECT_TRUE(counterparts.learn("pseudonym", "x", Rule::kAny));
  EXPECT_TRUE(counterparts.learn("token", "x", Rule::kAny));
  EXPECT_TRUE(counterparts.knows("token", "x"));
}

TEST(Counterparts, ShortValuesAreUniqueInTheirScopeOnly) {
  Counterparts counterparts;
  EXPECT_TRUE(counterparts.learn("1", "7", Rule::kOneToOne, 1));
  EXPECT_TRUE(counterparts.learn("2", "7", Rule::kOneToOne, 2));
  EXPECT_FALSE(counterparts.learn("2", "7", Rule::kOneToOne, 1) && !counterparts.knows("2", "7"));
  EXPECT_FALSE(counterparts.learn("3", "7", Rule::kOneToOne, 1));
  EXPECT_TRUE(counterparts.has("1"));
}

TEST(Counterparts, WhatBothHaveStandsForItself) {
  Counterparts before;
  before.learn_same("bob");
  EXPECT_FALSE(before.learn("alice", "bob"));
  Counterparts after;
  EXPECT_TRUE(after.learn("alice", "bob"));
  after.learn_same("bob");
  EXPECT_FALSE(after.knows("alice", "bob"));
}

TEST(Counterparts, BeyondTheBoundPairsAreKnownButNotChecked) {
  Counterparts counterparts;
  for (std::size_t i = 0; i < Counterparts::kMaxChecked; ++i) {
    const std::string text = std::to_string(i);
    counterparts.learn(text, "new " + text);
  }
  EXPECT_FALSE(counterparts.learn("one", "new 17"));
  EXPECT_TRUE(counterparts.learn("one", "more"));
  EXPECT_TRUE(counterparts.learn("two", "more"));
  EXPECT_TRUE(counterparts.knows("17", "new 17"));
  EXPECT_TRUE(counterparts.knows("one", "more"));
  EXPECT_TRUE(counterparts.has("one"));
}

}  // namespace
}  // namespace tracerec::gate
