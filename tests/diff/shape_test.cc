#include "diff/shape.h"

#include <gtest/gtest.h>

#include <random>

namespace tracerec::diff {
namespace {

body::Value string(std::string_view text) {
  return {body::ValueType::kString, text, text};
}
body::Value integer(std::string_view text) {
  return {body::ValueType::kInteger, text, text};
}
body::Value decimal(std::string_view text) {
  return {body::ValueType::kDecimal, text, text};
}

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t size) {
  std::string text;
  while (text.size() < size) text += alphabet[random() % alphabet.size()];
  return text;
}

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

TEST(Shape, FormatsAreKnown) {
  EXPECT_EQ(format_of("550e8400-e29b-41d4-a716-446655440000"), TextFormat::kUuid);
  EXPECT_EQ(format_of("2024-02-03T04:05:06Z"), TextFormat::kRfc3339);
  EXPECT_EQ(format_of("2024-02-03T04:05:06.123456789+01:00"), TextFormat::kRfc3339);
  EXPECT_EQ(format_of("2024-02-03"), TextFormat::kFree);
  EXPECT_EQ(format_of("2024-02-03T04:05:06"), TextFormat::kFree);
  EXPECT_EQ(format_of("Sun, 06 Nov 1994 08:49:37 GMT"), TextFormat::kHttpDate);
  EXPECT_EQ(format_of(""), TextFormat::kFree);
}

TEST(Shape, LengthIsEnforcedAgainstTheRecordedValue) {
  std::mt19937 random(1);
  Shape shape;
  for (const std::size_t size : {20, 64, 100}) {
    shape.learn(string(random_text(random, kLetters, size)), string(random_text(random, kLetters, size)));
  }
  EXPECT_EQ(shape.describe(), "letters, same length");
  const std::string recorded = random_text(random, kLetters, 37);
  EXPECT_FALSE(shape.violation(string(recorded), string(random_text(random, kLetters, 37))));
  EXPECT_EQ(shape.violation(string(recorded), string(random_text(random, kLetters, 36))), "has length 36, expected 37");
  EXPECT_EQ(shape.violation(string(recorded), string(random_text(random, "0123456789", 37))),
            "has other characters than letters");
}

TEST(Shape, VaryingLengthIsNotEnforced) {
  Shape shape;
  for (int i = 0; i < 20; ++i) shape.learn(string("a long text of words"), string("words that are others"));
  EXPECT_FALSE(shape.violation(string("short"), string("of any length")));
  EXPECT_EQ(shape.violation(string("short"), string("")), "is empty");
}

TEST(Shape, FewShortValuesAllowMuch) {
  Shape shape;
  shape.learn(string("a"), string("b"));
  EXPECT_FALSE(shape.violation(string("c"), string("Q")));
  EXPECT_FALSE(shape.violation(string("c"), string("QQ"))) << "one pair of short values says nothing about length";
}

// Whatever was seen of a random text must never forbid another one of the same kind.
TEST(Shape, NoFalseAlarmsOnRandomText) {
  std::mt19937 random(3);
  const std::string alphanumeric = std::string(kLetters) + "0123456789";
  for (const std::string& alphabet : {std::string("0123456789abcdef"), std::string(kLetters), alphanumeric,
                                      alphanumeric + "-_", alphanumeric + "+/"}) {
    for (int round = 0; round < 3000; ++round) {
      Shape shape;
      const std::size_t size = 1 + random() % 40;
      for (std::size_t pairs = 1 + random() % 6; pairs > 0; --pairs) {
        shape.learn(string(random_text(random, alphabet, size)), string(random_text(random, alphabet, size)));
      }
      ASSERT_EQ(
          shape.violation(string(random_text(random, alphabet, size)), string(random_text(random, alphabet, size))),
          std::nullopt)
          << alphabet << " " << shape.describe();
    }
  }
}

TEST(Shape, FormatsAreEnforced) {
  Shape shape;
  shape.learn(string("550e8400-e29b-41d4-a716-446655440000"), string("550e8400-e29b-41d4-a716-446655440001"));
  const auto recorded = string("550e8400-e29b-41d4-a716-446655440002");
  EXPECT_FALSE(shape.violation(recorded, string("00000000-e29b-41d4-a716-446655440002")));
  EXPECT_EQ(shape.violation(recorded, string("550e8400e29b41d4a716446655440000")), "is not a valid UUID");
  Shape times;
  times.learn(string("2024-02-03T04:05:06.12Z"), string("2024-02-03T04:05:07.1Z"));
  EXPECT_FALSE(times.violation(string("2024-02-03T04:05:06Z"), string("2025-02-03T04:05:06.123Z")));
  EXPECT_EQ(times.violation(string("2024-02-03T04:05:06Z"), string("yesterday")), "is not a valid RFC 3339 time");
}

TEST(Shape, IntegersStayIntegers) {
  Shape shape;
  shape.learn(integer("1"), integer("200"));
  EXPECT_FALSE(shape.violation(integer("5"), integer("99999")));
  EXPECT_EQ(shape.violation(integer("5"), decimal("5.5")), "is not an integer");
  shape.learn(integer("1"), decimal("1.5"));
  EXPECT_FALSE(shape.violation(integer("5"), decimal("5.5")));
}

}  // namespace
}  // namespace tracerec::diff
