// Which texts are values, and how they are written.
#include "replay/value_text.h"

#include <gtest/gtest.h>

namespace tracerec::replay {
namespace {

TEST(ValueText, WhatIsMadeByAProgramIsStrong) {
  for (const char* text : {"723bd033-dff5-4ff3-b1bf-aee9bea2340a", "O3e8MY_4hAAhxlwAfZ9Jxvbq6g", "a1b2c3d4",
                           "nBs+uMK6pPXDsQ4WCMeiJjI=", "5flG1pAm3_lW47JGIXmDwA+/&=0726c2f2", "175928847299117063",
                           "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "8bac6538-7258-4373-9373-e65090682581"}) {
    EXPECT_EQ(strength_of(text), Strength::kStrong) << text;
  }
}

TEST(ValueText, WhatCouldBeEqualByChanceIsWeak) {
  for (const char* text : {"1", "17", "2024", "1700000000", "1700000000123", "ORD-000042", "v3",
                           "00000000-0000-0000-0000-000000000001", "iphone-15-pro"}) {
    EXPECT_EQ(strength_of(text), Strength::kWeak) << text;
  }
}

TEST(ValueText, WhatSaysNothingIsNone) {
  for (const char* text : {"", "true", "en", "en-US", "electronics", "hello world", "1.5", "2024-01-02",
                           "2024-01-02T03:04:05.678Z", "a sentence with 3 words", "getUsers"}) {
    EXPECT_EQ(strength_of(text), Strength::kNone) << text;
  }
}

TEST(ValueText, ThingsHaveOneName) {
  for (const char* name : {"order", "orders", "orderId", "order_id", "X-Order-ID", "orderIds", "orderNumber"}) {
    EXPECT_EQ(thing_of(name), "order") << name;
  }
  EXPECT_EQ(thing_of("id"), "");
  EXPECT_EQ(thing_of("categories"), "category");
  EXPECT_EQ(thing_of("addresses"), thing_of("addressId"));
  EXPECT_TRUE(is_id_like("id") && is_id_like("orderId") && is_id_like("order_id"));
  EXPECT_FALSE(is_id_like("paid") || is_id_like("valid") || is_id_like("quantity"));
}

std::string encoded(std::string_view text, Coding coding) {
  std::string out;
  append_encoded(out, text, coding);
  return out;
}

TEST(ValueText, EachLocationHasItsEscapes) {
  EXPECT_EQ(encoded("a b/&=+", {.percent = true}), "a%20b%2F%26%3D%2B");
  EXPECT_EQ(encoded("a b", {.percent = true, .plus = true}), "a+b");
  EXPECT_EQ(encoded("a==&", {.percent = true, .sparing = true}), "a==%26");
  EXPECT_EQ(encoded("a\"\\\n", {.json = true}), "a\\\"\\\\\\u000a");
  EXPECT_EQ(encoded("17", {.json = true, .bare = true}), "17");
  EXPECT_EQ(encoded("017", {.json = true, .bare = true}), "\"017\"") << "no number of JSON";
  EXPECT_EQ(encoded("a\"&", {.html = true}), "a&quot;&amp;");
}

}  // namespace
}  // namespace tracerec::replay
