#include "body/json_text.h"

#include <gtest/gtest.h>

#include "body/json_document.h"

namespace tracerec::body {
namespace {

TEST(JsonText, EscapesAndWhatTheyMean) {
  std::string out = "x";
  EXPECT_TRUE(append_json_unescaped(out, R"(\u00e9\ud83d\ude00\/\n\\)"));
  EXPECT_EQ(out, "xé😀/\n\\");
  out.clear();
  EXPECT_TRUE(append_json_unescaped(out, R"(\ud83d\u0041\ude00)"));
  EXPECT_EQ(out,
            "\xED\xA0\xBD"
            "A\xED\xB8\x80")
      << "lone surrogates stand for themselves";
  for (const char* text : {"\\", "\\x", "\\u", "\\u00e", "\\u00eg", "a\\"}) {
    out.clear();
    EXPECT_FALSE(append_json_unescaped(out, text)) << text;
  }
}

TEST(JsonText, AnEscapeSaysHowLongItIs) {
  EXPECT_EQ(json_escape("a\\n", 1).length, 2U);
  EXPECT_EQ(json_escape(R"(\ud83d\ude00)", 0).length, 12U);
  EXPECT_EQ(json_escape(R"(\ud83d\ud83d)", 0).length, 6U);
  EXPECT_EQ(json_escape(R"(\ud83d\ude0)", 0).length, 6U);
  EXPECT_EQ(json_escape("\\", 0).length, 0U);
}

TEST(JsonText, EveryByteComesBackFromAString) {
  std::string bytes;
  for (int i = 0; i < 128; ++i) bytes += static_cast<char>(i);
  bytes += "é😀";
  std::string shown, plain = "\"";
  append_json_string(shown, bytes);
  append_json_escaped(plain, bytes);
  for (const std::string& json : {shown, plain + "\""}) {
    const auto document = JsonDocument::parse(json);
    ASSERT_TRUE(document) << json;
    EXPECT_EQ(document->text(0), bytes);
  }
  std::string broken;
  append_json_string(broken, "a\xFF\xC3");
  EXPECT_EQ(broken, "\"a\uFFFD\uFFFD\"");
}

}  // namespace
}  // namespace tracerec::body
