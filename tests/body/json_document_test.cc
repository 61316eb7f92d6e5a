#include "body/json_document.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace tracerec::body {
namespace {

bool accepts(std::string_view text) {
  return JsonDocument::parse(text).has_value();
}

TEST(JsonDocument, NumbersStayAsWritten) {
  const std::string text = R"([9223372036854775809, 1.0, 1e400, -0, 0.1000])";
  const auto document = JsonDocument::parse(text);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->text(1), "9223372036854775809");
  EXPECT_EQ(document->node(1).type, ValueType::kInteger);
  EXPECT_EQ(document->text(2), "1.0");
  EXPECT_EQ(document->node(2).type, ValueType::kDecimal);
  EXPECT_EQ(document->text(3), "1e400");
  EXPECT_EQ(document->text(4), "-0");
  EXPECT_EQ(document->text(5), "0.1000");
}

TEST(JsonDocument, EscapesAreResolved) {
  const std::string text = R"(["a\"\\\/\b\f\n\r\t", "\u0041\u00e9\u20ac", "\ud83d\ude00", "\ud83d", "plain"])";
  const auto document = JsonDocument::parse(text);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->text(1), "a\"\\/\b\f\n\r\t");
  EXPECT_EQ(document->text(2), "Aé€");
  EXPECT_EQ(document->text(3), "😀");
  EXPECT_EQ(document->text(4), "\xED\xA0\xBD");
  EXPECT_EQ(document->text(5), "plain");
  EXPECT_EQ(document->raw(2), R"("\u0041\u00e9\u20ac")");
}

TEST(JsonDocument, MembersKeepOrderAndRepeatedNames) {
  const std::string text = R"({"b":1,"a":2,"b":3})";
  const auto document = JsonDocument::parse(text);
  ASSERT_TRUE(document);
  EXPECT_EQ(document->node(0).children, 3U);
  EXPECT_EQ(document->text(1), "b");
  EXPECT_EQ(document->text(3), "a");
  EXPECT_EQ(document->text(5), "b");
  EXPECT_EQ(document->text(6), "3");
}

TEST(JsonDocument, DepthIsBoundedAndTheStackIsNotUsed) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(accepts(nested(kMaxJsonDepth)));
  const auto deeper = JsonDocument::parse(nested(kMaxJsonDepth + 1));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().fault, JsonFault::kTooDeep);
  EXPECT_FALSE(accepts(nested(100000)));
  EXPECT_FALSE(accepts(std::string(1000000, '{')));
}

TEST(JsonDocument, ErrorsNameTheOffset) {
  const auto document = JsonDocument::parse(R"({"a": tru})");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().fault, JsonFault::kSyntax);
  EXPECT_EQ(document.error().offset, 6U);
}

// Small texts of the characters that matter; both parsers must agree on each. nlohmann refuses numbers that overflow a
// double and lone surrogates, so neither can be written here; depth is out of reach.
TEST(JsonDocument, AgreesWithAnotherParserOnRandomText) {
  const std::vector<std::string> tokens = {"{",    "}", "[",  "]",        ",",    ":", "\"",  "\"a\"", "\"\\n\"",
                                           "\\",   "1", "0",  "-",        ".5",   "e", "E+1", "true",  "false",
                                           "null", " ", "\n", "\xC3\xA9", "\xC3", "x", "\t",  "\"k\":"};
  std::mt19937 random(42);
  int accepted = 0;
  for (int round = 0; round < 200000; ++round) {
    std::string text;
    for (std::size_t left = random() % 9 + 1; left > 0; --left) text += tokens[random() % tokens.size()];
    const bool expected = nlohmann::json::accept(text);
    accepted += expected;
    ASSERT_EQ(accepts(text), expected) << text;
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace tracerec::body
