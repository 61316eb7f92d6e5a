#include "base/base64.h"

#include <gtest/gtest.h>

namespace tracerec {
namespace {

TEST(Base64, TestVectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
    const std::string url = encode_base64url(bytes);
    EXPECT_EQ(url, std::string(text).substr(0, std::string_view(text).find('=')));
    EXPECT_EQ(decode_base64(url), bytes) << "without padding";
  }
}

TEST(Base64, EveryByteInBothAlphabets) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
  EXPECT_EQ(decode_base64(encode_base64url(bytes)), bytes);
  EXPECT_EQ(encode_base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(encode_base64url("\xfb\xff"), "-_8");
}

TEST(Base64, WhatIsNotValidIsRefused) {
  for (const char* text : {"Z", "Zg=", "Zg===", "=", "Zg==Zg==", "Zm9v=", "Zm 9v", "Zm9v\n", "Zm9é"}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace tracerec
