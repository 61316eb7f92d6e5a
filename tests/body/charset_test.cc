#include "body/charset.h"

#include <gtest/gtest.h>

namespace tracerec::body {
namespace {

TEST(Charset, AsBrowsersReadTheirLabels) {
  EXPECT_EQ(to_utf8("caf\xE9 \x80", "iso-8859-1"), "café €");
  EXPECT_EQ(to_utf8("caf\xE9", "us-ascii"), "café");
  EXPECT_EQ(to_utf8("\x81\x8D\x8F\x90\x9D\xE9", "windows-1252"), "\u0081\u008D\u008F\u0090\u009Dé")
      << "undefined bytes are controls";
  EXPECT_EQ(to_utf8("\xD0", "iso-8859-9"), "Ğ");
}

TEST(Charset, WhateverIconvKnows) {
  EXPECT_EQ(to_utf8("\xF0\xD2\xC9", "koi8-r"), "При");
  EXPECT_EQ(to_utf8("\x93\xFA\x96{", "shift_jis"), "日本");
  EXPECT_EQ(to_utf8("\x1B$BF|K\\\x1B(B", "iso-2022-jp"), "日本") << "in bytes of ASCII";
  EXPECT_EQ(to_utf8("\xA4\xA4", "iso-8859-15"), "€€");
  EXPECT_EQ(to_utf8("\xC4\xE3\xBA\xC3", "gb2312"), "你好");
}

// iconv keeps the last character back where a mark may follow it.
TEST(Charset, TheLastCharacterIsThere) {
  for (const char* charset :
       {"windows-1255", "windows-1258", "tcvn", "viscii", "iso-8859-8", "big5-hkscs", "euc-jisx0213", "shift_jisx0213",
        "iso-2022-jp", "iso-2022-jp-3", "iso-2022-kr", "hz", "koi8-r", "gb18030", "johab", "cp949", "iso-8859-1"}) {
    EXPECT_EQ(to_utf8("{\"a\":\"PAID A\"}", charset), "{\"a\":\"PAID A\"}") << charset;
    EXPECT_EQ(to_utf8("total: a", charset), "total: a") << charset;
  }
  EXPECT_EQ(to_utf8("\xF9\xEC\xE5\xED \xE0", "windows-1255"), "שלום א");
}

TEST(Charset, Utf16WithAndWithoutAMark) {
  EXPECT_EQ(to_utf8(std::string("\xFF\xFEh\0i\0", 6), ""), "hi");
  EXPECT_EQ(to_utf8(std::string("\xFE\xFF\0h\0i", 6), "iso-8859-1"), "hi") << "the mark says more than the label";
  EXPECT_EQ(to_utf8(std::string("\0h\0i", 4), "utf-16"), "hi");
  EXPECT_EQ(to_utf8(std::string("h\0i\0", 4), "utf-16le"), "hi");
  EXPECT_EQ(to_utf8(std::string("\xFF\xFE\x3D\xD8\x00\xDE", 6), ""), "😀");
}

TEST(Charset, WhatCannotBeReadStaysAsItIs) {
  const auto stays = [](const std::string& text, const char* charset) { EXPECT_EQ(to_utf8(text, charset), text); };
  stays(std::string("\xFF\xFEh\0i", 5), "");         // an odd byte must not get lost
  stays(std::string("\xFF\xFE\x3D\xD8h\0", 6), "");  // half a pair
  stays("\xFF\xFE", "");                             // nothing but the mark
  stays("caf\xE9", "klingon");                       // not known
  stays("caf\xE9", "");                              //
  stays("caf\xE9", "../../../tmp/x");                // not a name
  stays("caf\xE9", "latin1//translit");              // an order to iconv, not a charset
  stays("caf\xE9", std::string(5000, 'a').c_str());  //
  stays("\x93", "shift_jis");                        // cut off
  stays("caf\xC3\xA9", "iso-8859-1");                // is UTF-8 in spite of its label
  stays("caf\xE9", "utf-8");                         //
}

TEST(Charset, LongTextsAreConvertedInPieces) {
  std::string latin, utf8;
  for (int i = 0; i < 100'000; ++i) latin += '\xE9', utf8 += "é";
  EXPECT_EQ(to_utf8(latin, "iso-8859-1"), utf8);
}

}  // namespace
}  // namespace tracerec::body
