#include "body/json_layout.h"

#include <gtest/gtest.h>

namespace tracerec::body {
namespace {

TEST(JsonLayout, OneMemberInALineAndTokensAsTheyAreWritten) {
  EXPECT_EQ(
      lay_out_json(R"({"a":1.50,"b":[1e400, -0 ,"x\"{,}\\"],"c":{},"d":[ ]})"),
      "{\n  \"a\": 1.50,\n  \"b\": [\n    1e400,\n    -0,\n    \"x\\\"{,}\\\\\"\n  ],\n  \"c\": {},\n  \"d\": []\n}");
  EXPECT_EQ(lay_out_json(" 12 "), "12");
}

TEST(JsonLayout, WhatIsNoJsonEndsAllTheSame) {
  for (const char* text : {"", "}}}", "[[", "\"", "\"\\", "{,:]"}) EXPECT_LE(lay_out_json(text).size(), 60U) << text;
  EXPECT_LT(lay_out_json(std::string(10000, '[')).size(), 10000 * 200U) << "indented by a limited number of levels";
}

}  // namespace
}  // namespace tracerec::body
