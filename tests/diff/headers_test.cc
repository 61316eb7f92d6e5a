#include "diff/headers.h"

#include <gtest/gtest.h>

#include "tests/diff/differences.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

KeepDifferences compare(HeaderPairs recorded, HeaderPairs replayed) {
  KeepDifferences sink;
  compare_headers(headers_of(recorded), headers_of(replayed), EndpointRules{}, sink);
  return sink;
}

TEST(Headers, CaseOfNamesAndOrderOfDifferentNamesMeanNothing) {
  EXPECT_TRUE(compare({{"A", "1"}, {"B", "2"}}, {{"b", "2"}, {"a", "1"}}).kept.empty());
}

TEST(Headers, MissingAddedAndChanged) {
  const auto sink = compare({{"A", "1"}, {"B", "2"}}, {{"B", "3"}, {"x-NEW-thing", "1"}});
  EXPECT_EQ(sink.brief(), (Lines{"missing header:A", "value header:B", "added header:X-New-Thing"}));
  EXPECT_EQ(sink.kept[1].recorded, "2");
  EXPECT_EQ(sink.kept[1].replayed, "3");
}

TEST(Headers, RepeatedValuesAreAnOrderedList) {
  EXPECT_TRUE(compare({{"Vary", "a, b"}}, {{"Vary", "a"}, {"Vary", "b"}}).kept.empty());
  EXPECT_EQ(compare({{"Vary", "a"}, {"Vary", "b"}}, {{"Vary", "b"}, {"Vary", "a"}}).brief(),
            Lines{"value header:Vary"});
  EXPECT_EQ(compare({{"Link", "a"}, {"Link", "b"}}, {{"Link", "a"}}).brief(), Lines{"value header:Link"});
}

TEST(Headers, VolatileOnesAreCheckedForPresenceAndCounted) {
  const auto sink = compare({{"Date", "x"}, {"X-Request-Id", "1"}}, {{"Date", "y"}, {"X-Request-ID", "2"}});
  EXPECT_TRUE(sink.kept.empty());
  EXPECT_EQ(sink.not_compared, (Lines{"volatile_header", "volatile_header"}));
  EXPECT_EQ(compare({{"ETag", "x"}}, {}).brief(), Lines{"missing header:Etag"});
}

TEST(Headers, TheDocumentedOnesAreVolatile) {
  for (const char* name : {"Date", "Age", "Expires", "ETag", "Last-Modified", "Server-Timing", "Via", "Keep-Alive",
                           "Connection", "X-Request-Id", "X-Correlation-ID", "traceparent", "X-B3-TraceId", "CF-RAY",
                           "X-Envoy-Upstream-Service-Time", "X-Amzn-Trace-Id"}) {
    EXPECT_TRUE(compare({{name, "1"}, {"A", "1"}}, {{"A", "1"}, {name, "2"}}).kept.empty()) << name;
  }
  EXPECT_EQ(compare({{"Server", "1"}}, {{"Server", "2"}}).kept.size(), 1U);
}

TEST(Headers, FramingIsNotCompared) {
  const auto sink = compare({{"Content-Length", "5"}}, {{"Transfer-Encoding", "chunked"}});
  EXPECT_TRUE(sink.kept.empty());
  EXPECT_EQ(sink.not_compared, (Lines{"framing_header", "framing_header"}));
}

TEST(Headers, ContentTypeByMediaTypeAndCharset) {
  EXPECT_TRUE(compare({{"Content-Type", "Text/HTML;Charset=\"UTF-8\""}}, {{"Content-Type", "text/html; charset=utf-8"}})
                  .kept.empty());
  EXPECT_EQ(compare({{"Content-Type", "text/html"}}, {{"Content-Type", "text/plain"}}).brief(),
            Lines{"value header:Content-Type"});
  EXPECT_EQ(compare({{"Content-Type", "text/html"}}, {{"Content-Type", "text/html; charset=latin1"}}).kept.size(), 1U);
  const auto boundary =
      compare({{"Content-Type", "multipart/x; boundary=1"}}, {{"Content-Type", "multipart/x; boundary=2"}});
  EXPECT_TRUE(boundary.kept.empty());
  EXPECT_EQ(boundary.not_compared, Lines{"content_type_parameter"});
}

TEST(Headers, CookiesByName) {
  EXPECT_TRUE(compare({{"Set-Cookie", "sid=1; Path=/"}}, {{"Set-Cookie", "sid=2; Path=/"}}).kept.empty());
  EXPECT_EQ(compare({{"Set-Cookie", "sid=1"}}, {{"Set-Cookie", "session=1"}}).brief(),
            Lines{"value header:Set-Cookie"});
  EXPECT_EQ(compare({{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=1"}}, {{"Set-Cookie", "a=1"}}).kept.size(), 1U);
  EXPECT_EQ(compare({{"Set-Cookie", "a=1"}}, {}).brief(), Lines{"missing header:Set-Cookie"});
}

}  // namespace
}  // namespace tracerec::diff
