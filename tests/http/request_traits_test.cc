#include "http/request_traits.h"

#include <gtest/gtest.h>

namespace tracerec::http {
namespace {

TEST(RequestTraits, SafeMethodsDoNotWrite) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE"}) EXPECT_FALSE(may_write(method)) << method;
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "MKCOL", "get"})
    EXPECT_TRUE(may_write(method)) << method;
}

TEST(RequestTraits, PathsOfEveryForm) {
  EXPECT_EQ(path_of("/a/b?c/d"), "/a/b");
  EXPECT_EQ(path_of("/a/#x"), "/a");
  EXPECT_EQ(path_of("/"), "/");
  EXPECT_EQ(path_of("http://host/a/?b"), "/a");
  EXPECT_EQ(path_of("http://host"), "/");
  EXPECT_EQ(path_of("*"), "*");
  EXPECT_EQ(path_of("host:443"), "host:443");
  EXPECT_EQ(path_of(""), "");
  EXPECT_EQ(path_of("/go?to=http://elsewhere/"), "/go");
}

TEST(RequestTraits, OnlyNamedHeadersChooseNothing) {
  for (const char* name : {"Date", "user-agent", "X-Request-ID", "traceparent", "X-B3-TraceId", "Connection",
                           "Content-Length", "Sec-Fetch-Mode", "sec-ch-ua-platform", "X-Amzn-Trace-Id"}) {
    EXPECT_FALSE(may_select_response(name)) << name;
  }
  for (const char* name :
       {"Authorization", "Cookie", "Accept", "Accept-Language", "Accept-Encoding", "Host", "Range", "X-Api-Key",
        "X-Tenant-Id", "If-None-Match", "Origin", "X-Forwarded-For", "Prefer", "X-Never-Heard-Of", "Idempotency-Key"}) {
    EXPECT_TRUE(may_select_response(name)) << name;
  }
}

}  // namespace
}  // namespace tracerec::http
