#include "diff/text_spans.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "diff/shape.h"
#include "gate/judge.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

body::Value string(std::string_view text) {
  return {body::ValueType::kString, text, text};
}

std::string spans(std::string_view a, std::string_view b) {
  std::string text;
  const auto changes = compare_spans(a, b);
  if (!changes) return "too long";
  for (const SpanChange& span : changes->spans) {
    text += (text.empty() ? "" : "; ") + std::string(span.recorded) + " → " + std::string(span.replayed);
  }
  return text;
}

std::string hex(std::mt19937& random) {
  std::string text;
  while (text.size() < 32) text += "0123456789abcdef"[random() % 16];
  return text;
}

TEST(TextSpans, OfWordsTimesAndIds) {
  EXPECT_EQ(spans("var token = \"abc1\"; go();", "var token = \"xyz2\"; go();"), "abc1 → xyz2");
  EXPECT_EQ(spans("at 2024-01-01T10:00:00Z ok", "at 2024-01-01T10:00:07Z ok"),
            "2024-01-01T10:00:00Z → 2024-01-01T10:00:07Z");
  EXPECT_EQ(spans("at 2024-01-01 10:00:00, ok", "at 2024-01-01 10:00:07, ok"),
            "2024-01-01 10:00:00 → 2024-01-01 10:00:07");
  EXPECT_EQ(spans("x Sun, 06 Nov 1994 08:49:37 GMT y", "x Mon, 07 Nov 1994 08:49:37 GMT y"),
            "Sun, 06 Nov 1994 08:49:37 GMT → Mon, 07 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(spans("user-4711 here", "user-4712 here"), "4711 → 4712");
  EXPECT_EQ(spans("k=aB3/c+9d==;", "k=zZ1/x+2y==;"), "aB3/c+9d → zZ1/x+2y");
  EXPECT_EQ(spans("a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(spans("a b", "a b c"), "b → b c") << "the separator after it is another one";
}

std::string csv(std::mt19937& random, const char* role) {
  return "id,name,token,role\n1,anna," + hex(random) + ",user\n2,bob," + hex(random) + "," + role + "\n";
}

TEST(TextSpans, OneTokenInCsvIsNoiseAndTheRestIsNot) {
  std::mt19937 random(1);
  Shape shape;
  shape.learn(string(csv(random, "user")), string(csv(random, "user")));
  EXPECT_EQ(shape.describe(), "any text, varies in parts");
  const std::string recorded = csv(random, "user");
  EXPECT_EQ(shape.violation(string(recorded), string(csv(random, "user"))), std::nullopt);
  const auto why = shape.violation(string(recorded), string(csv(random, "root")));
  EXPECT_EQ(why, "differs outside of what varies in it: 'root'");
  const std::string other = "id,name,token,role\n7,carol," + hex(random) + ",user\n8,dave," + hex(random) + ",user\n";
  const std::string later = "id,name,token,role\n7,carol," + hex(random) + ",user\n8,dave," + hex(random) + ",user\n";
  EXPECT_EQ(shape.violation(string(other), string(later)), std::nullopt) << "the column is known";
}

TEST(TextSpans, OneTokenInAScriptKeepsItsForm) {
  std::mt19937 random(2);
  const auto script = [&](const std::string& token, const char* url) {
    return "window.csrf = \"" + token + "\"; fetch(\"" + url + "\", {credentials: \"include\"});";
  };
  Shape shape;
  shape.learn(string(script(hex(random), "/api/me")), string(script(hex(random), "/api/me")));
  const std::string recorded = script(hex(random), "/api/me");
  EXPECT_EQ(shape.violation(string(recorded), string(script(hex(random), "/api/me"))), std::nullopt);
  EXPECT_NE(shape.violation(string(recorded), string(script(hex(random), "/api/you"))), std::nullopt);
  const auto gone = shape.violation(string(recorded), string(script("undefined0undefined0undefined000", "/api/me")));
  EXPECT_EQ(gone, "differs where it varies: 'undefined0undefined0undefined000' has other characters than hex");
}

TEST(TextSpans, TextsWithLittleInCommonVaryAsAWhole) {
  std::mt19937 random(3);
  Shape shape;
  for (int i = 0; i < 5; ++i) shape.learn(string(hex(random)), string(hex(random)));
  EXPECT_EQ(shape.describe(), "hex, same length");
  Shape words;
  words.learn(string("the quick brown fox"), string("a lazy dog lies down"));
  EXPECT_EQ(words.violation(string("x y z"), string("something else")), std::nullopt);
}

// Whatever token is drawn, and at whatever time: it is where the others were.
TEST(TextSpans, NoFalseAlarmsOnTokensAndTimesInText) {
  std::mt19937 random(4);
  const std::string base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto text = [&] {
    std::string token;
    while (token.size() < 44) token += base64[random() % 64];
    const int hour = static_cast<int>(random() % 24), day = static_cast<int>(random() % 28) + 1;
    const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return "<input type=\"hidden\" name=\"csrf\" value=\"" + token + "\"/> generated on 2024-03-" + two(day) + " " +
           two(hour) + ":17:0" + std::to_string(random() % 10) + " by web-" + std::to_string(random() % 50) +
           ", all rights reserved";
  };
  int alarms = 0;
  for (int round = 0; round < 2000; ++round) {
    Shape shape;
    for (int pair = 0; pair < 3; ++pair) shape.learn(string(text()), string(text()));
    alarms += shape.violation(string(text()), string(text())).has_value();
  }
  EXPECT_LE(alarms, 2) << "of 2,000";
}

TEST(TextSpans, OfATextBodyThroughTheJudge) {
  std::mt19937 random(5);
  const auto body = [&](const char* role) { return response(200, {{"Content-Type", "text/csv"}}, csv(random, role)); };
  gate::Noise noise;
  noise.learn({1, "POST", "/a", body("user")});
  noise.learn({1, "POST", "/a", body("user")});
  gate::Judge judge(noise);
  judge.add_pair(pair_of(1, "/a", body("user"), body("user")));
  EXPECT_TRUE(judge.summary().findings.empty());
  judge.add_pair(pair_of(2, "/a", body("user"), body("root")));
  ASSERT_EQ(judge.summary().findings.size(), 1U);
  EXPECT_EQ(name_of(judge.summary().findings[0].kind), "shape");
}

TEST(TextSpans, LongAndManyWordsAreBounded) {
  EXPECT_EQ(spans(std::string(kMaxSpannedBytes + 1, 'x'), "x"), "too long");
  std::string a, b;
  for (int i = 0; i < 100'000; ++i) {
    a += std::to_string(i * 7919 % 100'003) + " ";
    b += std::to_string(i * 7907 % 100'003) + " ";
  }
  EXPECT_TRUE(compare_spans(a, b).has_value());
  Shape shape;
  shape.learn(string(a), string(b));
  EXPECT_EQ(shape.violation(string(a), string(b)), std::nullopt);
}

}  // namespace
}  // namespace tracerec::diff
