#include "diff/line_diff.h"

#include <gtest/gtest.h>

#include <algorithm>
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

// Most lines of laid out JSON are there a thousand times: one that goes must not move all others.
TEST(LineDiff, OneChangedLineAmongEqualOnesIsOne) {
  Lines recorded, replayed;
  for (int i = 0; i < 2000; ++i) {
    const std::string tag = "tag t" + std::to_string(i % 7);
    for (const std::string& line : {std::string("{"), "id " + std::to_string(i), tag, std::string("},")}) {
      recorded.push_back(line);
      replayed.push_back(i % 100 == 0 && line == tag ? "new " + tag : line);
    }
  }
  const auto lines = diff_lines(recorded, replayed);
  const auto count = [&](DiffLine::Side side) {
    return std::count_if(lines.begin(), lines.end(), [&](const DiffLine& line) { return line.side == side; });
  };
  EXPECT_EQ(count(DiffLine::Side::kRecorded), 20);
  EXPECT_EQ(count(DiffLine::Side::kReplayed), 20);
}

TEST(LineDiff, TheSmallestOneIsFoundWithoutLinesThatAreThereOnce) {
  EXPECT_EQ(text_of({"a", "b", "c", "a", "b", "b", "a"}, {"c", "b", "a", "b", "a", "c"}).size(), 3U * 9)
      << "the example of Myers: five edits";
}

TEST(LineDiff, TwoListsWithoutAnythingInCommonEnd) {
  const auto lines = diff_lines(Lines(3000, "a"), Lines(3000, "b"));
  EXPECT_EQ(lines.size(), 6000U);
  Lines many(300000, "a"), others(300000, "a");
  for (std::size_t i = 0; i < many.size(); i += 100) many[i] = "b", others[i + 50] = "b";
  EXPECT_GE(diff_lines(many, others).size(), many.size()) << "equal lines everywhere, and many edits";
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
