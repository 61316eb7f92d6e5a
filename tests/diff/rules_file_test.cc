// Rules files with mistakes in them: each is one line with line and column, none is passed over.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "diff/rules.h"

namespace tracerec::diff {
namespace {

std::string error_of(const std::string& rule) {
  const auto rules = parse_rules("{\"rules\": [{" + rule + "}]}");
  return rules ? "accepted" : rules.error().message;
}

TEST(BadRules, EmptyToleranceAndContradictions) {
  EXPECT_EQ(error_of(R"("path": "$.a", "tolerance": {})"),
            "line 1, column 41: 'tolerance' is empty; it needs absolute, relative or time");
  for (const char* other : {R"("exact": true)", R"("unordered": true)", R"("keys": ["id"])", R"("shape": "uuid")",
                            R"("tolerance": {"absolute": 1})"}) {
    EXPECT_EQ(error_of(R"("path": "$.a", "ignore": true, )" + std::string(other)),
              "line 1, column 12: 'ignore' leaves nothing to compare; take it out, or the rest of what this rule asks "
              "for");
  }
  EXPECT_EQ(error_of(R"("path": "$.a", "ignore": false, "exact": true)"), "accepted");
  EXPECT_EQ(error_of(R"("path": "$.a", "ignore": true, "redact": true)"), "accepted");
  EXPECT_EQ(error_of(R"("path": "$.a", "unordered": true, "keys": ["id"])"), "accepted") << "keys imply it";
  EXPECT_EQ(error_of(R"("path": "$.a", "exact": true, "tolerance": {"absolute": 1})"), "accepted")
      << "within the tolerance, and never noise";
}

TEST(BadRules, WhatWouldNeverApply) {
  EXPECT_EQ(error_of(R"("header": "X-A", "unordered": true)"),
            "line 1, column 12: 'unordered' and 'keys' are for arrays; header:X-A is none");
  EXPECT_EQ(error_of(R"("path": "status", "tolerance": {"absolute": 1})"),
            "line 1, column 12: 'tolerance' and 'shape' do not apply to status; there are ignore and exact");
  EXPECT_EQ(error_of(R"("path": "$.a", "shape": {"is": "integer", "length": 3})"),
            "line 1, column 37: 'length' is that of a text; integer has none");
}

TEST(BadRules, NumbersThatAreNone) {
  const auto tolerance = [](const char* number) {
    return error_of(R"("path": "$.a", "tolerance": {"absolute": )" + std::string(number) + "}");
  };
  EXPECT_EQ(tolerance("1e999"),
            "line 1, column 54: 'absolute' is beyond what a number can be; write one of up to 1e308");
  EXPECT_EQ(tolerance("-1"), "line 1, column 54: 'absolute' is a number of at least 0");
  EXPECT_EQ(tolerance("\"1\""), "line 1, column 54: 'absolute' is a number of at least 0");
  EXPECT_EQ(tolerance("1e308"), "accepted");
  EXPECT_EQ(tolerance("0"), "accepted");
  EXPECT_EQ(error_of(R"("path": "$.a", "shape": {"is": "hex", "length": 2.5})"),
            "line 1, column 61: 'length' is a whole number");
  EXPECT_NE(error_of(R"("path": "$.a", "tolerance": {"time": "99999999999h"})"), "accepted");
  const auto max = [](const char* number) {
    const auto rules =
        parse_rules(R"({"approvals": [{"signature": "1", "reason": "x", "max": )" + std::string(number) + "}]}");
    return rules ? std::to_string(*rules->approvals.at(0).max_count) : rules.error().message;
  };
  EXPECT_EQ(max("1e30"), "1000000000000000000");
  EXPECT_EQ(max("3"), "3");
  EXPECT_EQ(max("1.5"), "line 1, column 57: 'max' is a whole number");
  EXPECT_EQ(max("1e999"), "line 1, column 57: 'max' is beyond what a number can be; write one of up to 1e308");
  EXPECT_EQ(max("-1"), "line 1, column 57: 'max' is a number of at least 0");
}

TEST(BadRules, MembersThatAreThereTwice) {
  EXPECT_EQ(error_of(R"("path": "$.a", "ignore": true, "ignore": false)"),
            "line 1, column 44: 'ignore' stands here for the second time");
  EXPECT_EQ(error_of(R"("path": "$.a", "path": "$.b", "ignore": true)"),
            "line 1, column 28: 'path' stands here for the second time");
  EXPECT_EQ(error_of(R"("path": "$.a", "tolerance": {"absolute": 1, "absolute": 2})"),
            "line 1, column 57: 'absolute' stands here for the second time");
  for (const char* text : {R"({"rules": [], "rules": []})", R"({"approvals": [{"reason": "a", "reason": "b"}]})",
                           R"({"rules": [{"path": "$.a", "shape": {"is": "hex", "is": "uuid"}}]})"}) {
    const auto rules = parse_rules(text);
    ASSERT_FALSE(rules) << text;
    EXPECT_NE(rules.error().message.find("for the second time"), std::string::npos) << text;
  }
}

TEST(BadRules, MembersThatNobodyKnows) {
  EXPECT_EQ(error_of(R"("path": "$.a", "ingore": true)").substr(0, 74),
            "line 1, column 28: there is no 'ingore' here (did you mean ignore?); there");
  EXPECT_NE(error_of(R"("path": "$.a", "tolerance": {"absolut": 1})"), "accepted");
  EXPECT_NE(error_of(R"("path": "$.a", "shape": {"is": "hex", "len": 1})"), "accepted");
}

TEST(BadRules, NestedWithoutEnd) {
  const auto rules = parse_rules("{\"redaction\": " + std::string(100'000, '['));
  ASSERT_FALSE(rules);
  EXPECT_NE(rules.error().message.find("nested too deep"), std::string::npos);
}

constexpr std::string_view kGood = R"({
  "$schema": "rules.schema.json", // comment
  "endpoints": ["GET /users/{name}/orders"],
  "redaction": {"headers": ["X-Key"]},
  "rules": [
    { "path": "$.generated_in_ms", "ignore": true, "reason": "varies with load" },
    { "endpoint": "GET /prices*", "path": "$.items[*].price", "tolerance": { "absolute": 0.01, "relative": 1e-3 } },
    { "path": "$..updated_at", "tolerance": { "time": "5s" } },
    { "path": "$.tags", "unordered": true },
    { "path": "$..*_url", "keys": ["sku"] }, /* more */
    { "path": "$.p.json()['x y'][3]", "shape": { "is": "hex", "length": 32 } },
    { "header": "X-Debug-*", "exact": true }
  ],
  "approvals": [
    { "signature": "12ab03112323", "reason": "v2", "owner": "anna", "expires": "2027-01-31", "max": 100 }
  ]
})";

// The line says where, and fits into one line.
void check_result(const std::string& text) {
  const auto rules = parse_rules(text);
  if (rules) return;
  EXPECT_TRUE(rules.error().message.starts_with("line ")) << rules.error().message;
  EXPECT_EQ(rules.error().message.find('\n'), std::string::npos) << text;
  EXPECT_LT(rules.error().message.size(), 500U) << rules.error().message;
}

std::string mutated(std::mt19937& random) {
  static constexpr std::array<std::string_view, 22> kPieces = {"{}",
                                                               "[]",
                                                               "true",
                                                               "null",
                                                               "-1",
                                                               "1e999",
                                                               "1e30",
                                                               "\"\"",
                                                               "\"$\"",
                                                               ",",
                                                               "}",
                                                               "]",
                                                               "\"ignore\": true,",
                                                               "\"exact\": true,",
                                                               "\"path\": 1,",
                                                               "//",
                                                               "/*",
                                                               "\\u0000",
                                                               "\xFF",
                                                               "\n",
                                                               "..",
                                                               "*"};
  std::string text(kGood);
  for (std::size_t edits = 1 + random() % 3; edits > 0; --edits) {
    const std::size_t at = random() % text.size();
    const std::size_t length = std::min<std::size_t>(random() % 12, text.size() - at);
    switch (random() % 4) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, kPieces[random() % kPieces.size()]);
        break;
      case 2:
        text[at] = static_cast<char>(random());
        break;
      default:
        text.insert(random() % text.size(), text.substr(at, length));
    }
  }
  return text;
}

TEST(BadRules, TwentyThousandMutationsAreReadOrRefused) {
  ASSERT_TRUE(parse_rules(kGood)) << parse_rules(kGood).error().message;
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) check_result(mutated(random));
}

}  // namespace
}  // namespace tracerec::diff
