#include "diff/request_key.h"

#include <gtest/gtest.h>

#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

TEST(RequestKey, EqualWhenTheAnswerOughtToBeEqual) {
  const auto key = request_key("POST", "/a",
                               headers_of({{"Content-Type", "x"}, {"User-Agent", "1"}, {"Content-Length", "2"}}), "hi");
  EXPECT_EQ(key.size(), 64U);
  EXPECT_EQ(key, request_key("POST", "/a",
                             headers_of({{"user-agent", "2"}, {"content-type", "x"}, {"Transfer-Encoding", "chunked"}}),
                             "2\r\nhi\r\n0\r\n\r\n"));
}

TEST(RequestKey, DifferentOtherwise) {
  const auto key = request_key("GET", "/a", {}, "");
  EXPECT_NE(key, request_key("HEAD", "/a", {}, ""));
  EXPECT_NE(key, request_key("GET", "/a?", {}, ""));
  EXPECT_NE(key, request_key("GET", "/a", {}, "x"));
  EXPECT_NE(key, request_key("GET", "/a", headers_of({{"Cookie", "sid=1"}}), ""));
  EXPECT_NE(key, request_key("GET", "/a", headers_of({{"Authorization", "Bearer 1"}}), ""));
}

}  // namespace
}  // namespace tracerec::diff
