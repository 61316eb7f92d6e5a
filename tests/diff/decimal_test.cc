#include "diff/decimal.h"

#include <gtest/gtest.h>

namespace tracerec::diff {
namespace {

constexpr auto kSame = NumberRelation::kSame;
constexpr auto kWritten = NumberRelation::kRepresentation;
constexpr auto kOther = NumberRelation::kDifferent;

TEST(Decimal, OneValueInSeveralSpellings) {
  for (const char* one : {"1.0", "1e0", "1E+0", "10e-1", "0.1e1", "100.000e-2", "0.00001e5"}) {
    EXPECT_EQ(compare_numbers("1", one), kWritten) << one;
    EXPECT_EQ(compare_numbers(one, one), kSame) << one;
  }
  EXPECT_EQ(compare_numbers("0", "-0"), kWritten);
  EXPECT_EQ(compare_numbers("0.0", "0e999999999999999999999"), kOther) << "an exponent that long counts as written";
  EXPECT_EQ(compare_numbers("0", "0e5"), kWritten);
}

TEST(Decimal, ExactWhereDoublesAreNot) {
  EXPECT_EQ(compare_numbers("9223372036854775808", "9223372036854775809"), kOther);  // 2^63, 2^63+1
  EXPECT_EQ(compare_numbers("9007199254740993", "9007199254740992"), kOther);        // 2^53+1
  EXPECT_EQ(compare_numbers("0.1", "0.1000000000000000055511151231257827"), kOther);
  EXPECT_EQ(compare_numbers("1", "-1"), kOther);
  EXPECT_EQ(compare_numbers("12", "120"), kOther);
  EXPECT_EQ(compare_numbers("1.02", "10.2"), kOther);
}

TEST(Decimal, HugeExponentsCostNothing) {
  EXPECT_EQ(compare_numbers("1e400", "1e401"), kOther);
  EXPECT_EQ(compare_numbers("1e999999999999999999", "10e999999999999999998"), kWritten);
  EXPECT_EQ(compare_numbers("1e9999999999999999999", "1e9999999999999999998"), kOther);
}

}  // namespace
}  // namespace tracerec::diff
