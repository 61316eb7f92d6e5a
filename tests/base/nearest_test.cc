#include "base/nearest.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

const std::vector<std::string_view> kKnown{"record", "replay", "diff", "ls", "show", "export"};

TEST(Nearest, AMistypedWordIsFound) {
  EXPECT_EQ(nearest("recrod", kKnown), "record");
  EXPECT_EQ(nearest("rec0rd", kKnown), "record");
  EXPECT_EQ(nearest("reply", kKnown), "replay");
  EXPECT_EQ(nearest("dif", kKnown), "diff");
  EXPECT_EQ(nearest("shwo", kKnown), "show");
  EXPECT_EQ(nearest("exporrt", kKnown), "export");
  EXPECT_EQ(nearest("sl", kKnown), "ls");
}

TEST(Nearest, WhatIsFarIsNot) {
  EXPECT_EQ(nearest("compare", kKnown), "");
  EXPECT_EQ(nearest("yaml", {"html"}), "");
  EXPECT_EQ(nearest("x", kKnown), "");
  EXPECT_EQ(nearest("", kKnown), "");
  EXPECT_EQ(nearest(std::string(1'000'000, 'r'), kKnown), "");
  EXPECT_EQ(nearest("record", {}), "");
  const std::string long_name(1000, 'r');
  EXPECT_EQ(nearest("record", {long_name}), "");
}

TEST(Nearest, TheNearestOfSeveralIsTaken) {
  EXPECT_EQ(nearest("--repor", {"--repeat", "--report"}), "--report");
  EXPECT_EQ(nearest("record", kKnown), "record");
}

TEST(Nearest, IsSaid) {
  EXPECT_EQ(did_you_mean("recrod", "replay, record, diff"), " (did you mean record?)");
  EXPECT_EQ(did_you_mean("dif", "replay, record, diff"), " (did you mean diff?)");
  EXPECT_EQ(did_you_mean("compare", "replay, record, diff"), "");
  EXPECT_EQ(did_you_mean("recrod", ""), "");
}

}  // namespace
}  // namespace tracerec
