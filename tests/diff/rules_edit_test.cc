#include <gtest/gtest.h>

#include "diff/rules.h"

namespace tracerec::diff {
namespace {

const NewRule kIgnore{"GET /a", "$.load", NewRule::What::kIgnore, "varies"};
const NewRule kExact{"GET /a", "header:ETag", NewRule::What::kExact, "must stay"};

TEST(AddRule, MakesAFile) {
  const auto text = add_rule("", kIgnore);
  ASSERT_TRUE(text);
  EXPECT_EQ(
      *text,
      "{\n  \"rules\": [\n"
      "    { \"endpoint\": \"GET /a\", \"path\": \"$.load\", \"ignore\": true, \"reason\": \"varies\" }\n  ]\n}\n");
}

TEST(AddRule, StandsBeforeOthersAndKeepsComments) {
  const std::string before = "{\n  // ours\n  \"rules\": [\n    { \"path\": \"$\", \"ignore\": true } // all\n  ]\n}\n";
  const auto text = add_rule(before, kExact);
  ASSERT_TRUE(text) << text.error().message;
  const auto rules = parse_rules(*text);
  ASSERT_TRUE(rules);
  ASSERT_EQ(rules->rules.size(), 2U);
  EXPECT_TRUE(rules->rules[0].exact);
  EXPECT_EQ(rules->rules[0].location.text(), "header:ETag");
  EXPECT_TRUE(rules->rules[1].ignore);
  EXPECT_NE(text->find("// ours"), std::string::npos);
  EXPECT_NE(text->find("// all"), std::string::npos);
}

TEST(AddRule, IntoWhateverListsThereAre) {
  for (const char* before : {"{}", "{ \"rules\": [] }", "{ \"approvals\": [] }", "{ /* none */ }"}) {
    const auto once = add_rule(before, kIgnore);
    ASSERT_TRUE(once) << before << once.error().message;
    const auto twice = add_rule(*once, kExact);
    ASSERT_TRUE(twice) << *once << twice.error().message;
    EXPECT_EQ(parse_rules(*twice)->rules.size(), 2U) << *twice;
  }
}

TEST(AddRule, QuotesWhatIsRecorded) {
  const auto text = add_rule("", {"GET /\"a\\\n", R"($['odd "name"'])", NewRule::What::kIgnore, "\"quoted\""});
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(parse_rules(*text)->rules[0].endpoint, "GET /\"a\\ ");
}

TEST(AddRule, RefusesWhatWouldBeNoRule) {
  EXPECT_FALSE(add_rule("", {"*", "$..[", NewRule::What::kIgnore, "x"}));
  EXPECT_FALSE(add_rule("[]", kIgnore));
  EXPECT_FALSE(add_rule("{", kIgnore));
}

}  // namespace
}  // namespace tracerec::diff
