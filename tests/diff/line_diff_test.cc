#include "diff/line_diff.h"

#include <gtest/gtest.h>

#include <random>

namespace tracerec::diff {
namespace {

using Lines = std::vector<std::string>;

std::string text_of(const Lines& recorded, const Lines& replayed) {
  std::string text;
  for (const DiffLine& line : diff_lines(recorded, replayed)) {
    text += line.side == DiffLine::Side::kBoth ? ' ' : line.side == DiffLine::Side::kRecorded ? '-' : '+';
    text += line.text + "\n";
  }
  return text;
}

TEST(LineDiff, WhatWentComesBeforeWhatCame) {
  EXPECT_EQ(text_of({"a", "b", "c"}, {"a", "x", "y", "c"}), " a\n-b\n+x\n+y\n c\n");
  EXPECT_EQ(text_of({}, {"a"}), "+a\n");
  EXPECT_EQ(text_of({"a"}, {}), "-a\n");
  EXPECT_EQ(text_of({"a", "b"}, {"b", "a"}).size(), 9U) << "one of the two moved";
}

// Nothing is lost: each side can be read from the result.
TEST(LineDiff, BothSidesAreWholeInIt) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same in every run
  for (int round = 0; round < 300; ++round) {
    Lines sides[2];
    for (Lines& side : sides) {
      side.resize(random() % 12);
      for (std::string& line : side) line = std::string(1, static_cast<char>('a' + random() % 5));
    }
    Lines recorded, replayed;
    for (const DiffLine& line : diff_lines(sides[0], sides[1])) {
      if (line.side != DiffLine::Side::kReplayed) recorded.push_back(line.text);
      if (line.side != DiffLine::Side::kRecorded) replayed.push_back(line.text);
    }
    EXPECT_EQ(recorded, sides[0]);
    EXPECT_EQ(replayed, sides[1]);
  }
}

}  // namespace
}  // namespace tracerec::diff
