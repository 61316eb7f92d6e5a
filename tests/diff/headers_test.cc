#include "diff/headers.h"

#include <gtest/gtest.h>

#include <string>

#include "gate/judge.h"
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
  EXPECT_TRUE(compare({{"Link", "a, b"}}, {{"Link", "a"}, {"Link", "b"}}).kept.empty());
  EXPECT_EQ(compare({{"Link", "a"}, {"Link", "b"}}, {{"Link", "b"}, {"Link", "a"}}).brief(),
            Lines{"value header:Link"});
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

TEST(Headers, FamiliesOfVolatileNames) {
  for (const char* name : {"X-RateLimit-Remaining",
                           "RateLimit-Reset",
                           "RateLimit",
                           "RateLimit-Policy",
                           "X-Rate-Limit-Reset",
                           "x-ms-ratelimit-remaining-subscription-reads",
                           "Retry-After",
                           "X-Served-By",
                           "X-Timer",
                           "X-Cache",
                           "X-Cache-Hits",
                           "X-Runtime-Rack",
                           "X-GitHub-Request-Id",
                           "X-Acme-Request-Id",
                           "x-amzn-RequestId",
                           "x-ms-correlation-request-id",
                           "CF-Cache-Status",
                           "cf-ray",
                           "X-Varnish",
                           "X-Fastly-Request-ID",
                           "Fly-Request-Id",
                           "X-Vercel-Id",
                           "X-Azure-Ref",
                           "Report-To",
                           "X-Amz-Cf-Pop",
                           "X-Drupal-Cache",
                           "Request-Id",
                           "openai-processing-ms",
                           "X-Kong-Upstream-Latency",
                           "Elastic-Apm-Traceparent",
                           "X-Some-Trace-Id",
                           "b3"}) {
    const auto sink = compare({{name, "1"}}, {{name, "2"}});
    EXPECT_TRUE(sink.kept.empty()) << name;
    EXPECT_EQ(sink.not_compared, Lines{"volatile_header"}) << name;
    EXPECT_EQ(compare({{name, "1"}}, {}).kept.size(), 1U) << name << " must be there";
    EXPECT_EQ(header_check(name), HeaderCheck::kPresence) << name;
  }
}

TEST(Headers, NamesThatOnlyLookLikeAFamily) {
  for (const char* name :
       {"X-Amzn-ErrorType", "X-Request-Identity", "X-Frame-Options", "NEL", "Alt-Svc", "X-Runtimes",
        "Cache-Control-Policy", "X-Powered-By", "Content-Encoding", "X-Tenant-Id", "Content-Range"}) {
    EXPECT_EQ(compare({{name, "1"}}, {{name, "2"}}).kept.size(), 1U) << name;
  }
}

TEST(Headers, FramingIsNotCompared) {
  const auto sink = compare({{"Content-Length", "5"}}, {{"Transfer-Encoding", "chunked"}});
  EXPECT_TRUE(sink.kept.empty());
  EXPECT_EQ(sink.not_compared, (Lines{"framing_header", "framing_header"}));
}

TEST(Headers, ContentTypeByMediaTypeAndParametersWithoutTheirOrder) {
  const auto type = [](const char* before, const char* after) {
    return compare({{"Content-Type", before}}, {{"Content-Type", after}});
  };
  EXPECT_TRUE(type("Text/HTML;Charset=\"UTF-8\"", "text/html; charset=utf-8").kept.empty());
  EXPECT_TRUE(type("a/b; x=1; charset=utf-8", "a/b; charset=UTF-8;X=\"1\"").kept.empty());
  EXPECT_EQ(type("text/html", "text/plain").brief(), Lines{"value header:Content-Type"});
  EXPECT_EQ(type("text/html", "text/html; charset=latin1").kept.size(), 1U);
  EXPECT_EQ(type("application/json; profile=v1", "application/json; profile=v2").kept.size(), 1U);
  EXPECT_EQ(type("a/b; x=\"1;y=2\"", "a/b; x=1; y=2").kept.size(), 1U) << "a separator in quotes is none";
  EXPECT_TRUE(type("a/b; x=1", "a/b; x=\"1\"").not_compared.empty()) << "spelling is all";
  const auto boundary = type("multipart/x; boundary=1", "multipart/x; boundary=2");
  EXPECT_TRUE(boundary.kept.empty());
  EXPECT_EQ(boundary.not_compared, Lines{"content_type_parameter"});
}

TEST(Headers, ListsWithoutOrder) {
  EXPECT_TRUE(
      compare({{"Cache-Control", "No-Cache, max-age=5"}}, {{"cache-control", "max-age=5,no-cache"}}).kept.empty());
  EXPECT_TRUE(compare({{"Vary", "Accept, Origin"}}, {{"Vary", "origin"}, {"Vary", "accept"}}).kept.empty());
  EXPECT_TRUE(compare({{"Allow", "GET, PUT"}}, {{"Allow", "PUT, GET"}}).kept.empty());
  EXPECT_EQ(compare({{"Cache-Control", "private, no-store"}}, {{"Cache-Control", "private"}}).brief(),
            Lines{"value header:Cache-Control"});
  EXPECT_EQ(compare({{"Cache-Control", "max-age=5"}}, {{"Cache-Control", "max-age=50"}}).kept.size(), 1U);
  EXPECT_EQ(compare({{"Cache-Control", "private=\"a, b\""}}, {{"Cache-Control", "b\", private=\"a"}}).kept.size(), 1U);
  EXPECT_EQ(compare({{"Allow", "GET, PUT"}}, {{"Allow", "GET"}}).kept.size(), 1U);
}

TEST(Headers, EntityTagsKeepTheirForm) {
  const auto etag = [](const char* before, const char* after) {
    return compare({{"ETag", before}}, {{"ETag", after}});
  };
  EXPECT_TRUE(etag("\"a\"", "\"b\"").kept.empty());
  EXPECT_EQ(etag("\"a\"", "\"b\"").not_compared, Lines{"volatile_header"});
  ASSERT_EQ(etag("\"a\"", "W/\"a\"").brief(), Lines{"shape header:Etag"});
  EXPECT_EQ(etag("\"a\"", "W/\"a\"").kept[0].note, "is weak, was strong");
  EXPECT_EQ(etag("W/\"a\"", "\"b\"").kept.size(), 1U);
  EXPECT_EQ(etag("\"a\"", "b").kept[0].note, "is not a quoted entity tag any more");
  EXPECT_EQ(etag("\"a\"", "\"b").kept.size(), 1U);
  EXPECT_TRUE(etag("a", "b").kept.empty()) << "it never was a good one";
}

TEST(Headers, DatesStayDates) {
  constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (const char* name : {"Date", "Last-Modified", "Expires"}) {
    EXPECT_TRUE(compare({{name, kDate}}, {{name, "Mon, 07 Nov 1994 08:49:37 GMT"}}).kept.empty()) << name;
    for (const char* broken : {"0", "Sun, 06 Nov 1994 28:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT",
                               "Sun, 00 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"}) {
      const auto sink = compare({{name, kDate}}, {{name, broken}});
      ASSERT_EQ(sink.kept.size(), 1U) << name << " " << broken;
      EXPECT_EQ(sink.kept[0].kind + " " + sink.kept[0].note, "shape is not an HTTP date any more");
    }
  }
  EXPECT_TRUE(compare({{"Expires", "0"}}, {{"Expires", "-1"}}).kept.empty()) << "both have expired";
  EXPECT_EQ(compare({{"Expires", "0"}}, {{"Expires", kDate}}).kept.size(), 1U);
}

KeepDifferences cookie(const char* before, const char* after) {
  return compare({{"Set-Cookie", before}}, {{"Set-Cookie", after}});
}

TEST(Cookies, OneThatLosesItsProtectionIsAFinding) {
  constexpr const char* kGood = "sid=1; Path=/; HttpOnly; Secure; SameSite=Strict";
  EXPECT_TRUE(cookie(kGood, "sid=1;secure;samesite=STRICT;httponly;path=/").kept.empty());
  EXPECT_EQ(cookie(kGood, "sid=1; Path=/; Secure; SameSite=Strict").brief(),
            Lines{"missing header:Set-Cookie sid; HttpOnly"});
  EXPECT_EQ(cookie(kGood, "sid=1; Path=/; HttpOnly; SameSite=Strict").brief(),
            Lines{"missing header:Set-Cookie sid; Secure"});
  EXPECT_EQ(cookie(kGood, "sid=1; Path=/; HttpOnly; Secure; SameSite=None").brief(),
            Lines{"value header:Set-Cookie sid; SameSite"});
  EXPECT_EQ(cookie(kGood, "sid=1; Path=/admin; HttpOnly; Secure; SameSite=Strict").brief(),
            Lines{"value header:Set-Cookie sid; Path"});
}

TEST(Cookies, AttributesByWhatTheyMean) {
  EXPECT_TRUE(cookie("a=1; Domain=.Example.org", "a=1; domain=example.org").kept.empty());
  EXPECT_EQ(cookie("a=1; Domain=a.org", "a=1; Domain=b.org").kept.size(), 1U);
  EXPECT_EQ(cookie("a=1", "a=1; Max-Age=60").brief(), Lines{"added header:Set-Cookie a; Max-Age"});
  EXPECT_EQ(cookie("a=1; Expires=x", "a=1").brief(), Lines{"missing header:Set-Cookie a; Expires"});
  const auto age = cookie("a=1; Max-Age=60", "a=1; Max-Age=59");
  EXPECT_TRUE(age.kept.empty());
  EXPECT_EQ(age.not_compared, Lines{"volatile_header"});
  EXPECT_EQ(cookie("a=1; Priority=High", "a=1; Priority=Low").brief(), Lines{"value header:Set-Cookie a; priority"});
  EXPECT_EQ(cookie("a=1; Expires=Sun, 06 Nov 2094 08:49:37 GMT", "a=1; Expires=soon").brief(),
            Lines{"shape header:Set-Cookie a; Expires"});
  EXPECT_EQ(cookie("a=1; Path=/x; Path=/y", "a=1; Path=/y").kept.size(), 0U) << "the last one counts";
}

TEST(Cookies, DeletedOrEmptied) {
  const auto deleted = cookie("a=1; Max-Age=60", "a=1; Max-Age=0");
  ASSERT_EQ(deleted.brief(), Lines{"shape header:Set-Cookie a"});
  EXPECT_EQ(deleted.kept[0].note, "is deleted by the new response");
  EXPECT_EQ(cookie("a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=1; Expires=Sun, 06 Nov 2094 08:49:37 GMT").brief(),
            Lines{"shape header:Set-Cookie a"});
  EXPECT_EQ(cookie("a=1", "a=").brief(), Lines{"shape header:Set-Cookie a"});
}

TEST(Cookies, ByNameInAnyOrder) {
  EXPECT_TRUE(compare({{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=1"}}, {{"Set-Cookie", "b=1"}, {"Set-Cookie", "a=1"}})
                  .kept.empty());
  EXPECT_EQ(cookie("sid=1", "session=1").brief(),
            (Lines{"added header:Set-Cookie session", "missing header:Set-Cookie sid"}));
  EXPECT_EQ(compare({{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=1"}}, {{"Set-Cookie", "a=1"}}).brief(),
            Lines{"missing header:Set-Cookie b"});
  EXPECT_EQ(compare({{"Set-Cookie", "a=1; Path=/x"}, {"Set-Cookie", "a=1; Path=/y"}},
                    {{"Set-Cookie", "a=1; Path=/y"}, {"Set-Cookie", "a=1; Path=/x"}})
                .kept.size(),
            2U)
      << "of one name the first belongs to the first: the later one wins in a browser";
  EXPECT_EQ(compare({{"Set-Cookie", "a=1"}}, {}).brief(), Lines{"missing header:Set-Cookie"});
}

TEST(Cookies, ValuesVaryByThemselves) {
  const auto sink = cookie("sid=1; Path=/", "sid=2; Path=/");
  EXPECT_TRUE(sink.kept.empty());
  EXPECT_EQ(sink.varying, Lines{"header:Set-Cookie sid 2"});
}

Message with_cookie(const std::string& value, const char* attributes = "; HttpOnly") {
  return response(200, {{"Set-Cookie", ("sid=" + value + attributes).c_str()}}, "x");
}

TEST(Cookies, ALearnedShapeIsEnforced) {
  gate::Noise noise;
  noise.learn({1, "POST", "/login", with_cookie("0123456789abcdef0123456789abcdef")});
  noise.learn({1, "POST", "/login", with_cookie("fedcba98765432100123456789abcdef")});
  gate::Judge judge(noise);
  const Message recorded = with_cookie("00112233445566778899aabbccddeeff");
  judge.add_pair(pair_of(1, "/login", recorded, with_cookie("ffeeddccbbaa99887766554433221100")));
  EXPECT_EQ(judge.summary().equal_noisy, 1U);
  judge.add_pair(pair_of(2, "/login", recorded, with_cookie("guest")));
  const auto findings = judge.summary().findings;
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].location, "header:Set-Cookie sid");
  EXPECT_EQ(name_of(findings[0].kind), "shape");
}

TEST(Cookies, WithoutEvidenceAValueIsCountedAndAnExactRuleComparesIt) {
  const gate::Noise noise;
  gate::Judge judge(noise);
  judge.add_pair(pair_of(1, "/login", with_cookie("a"), with_cookie("b")));
  EXPECT_TRUE(judge.summary().findings.empty());
  EXPECT_EQ(judge.summary().not_compared.at("volatile_header"), 1U);
  const auto rules = parse_rules(R"({"rules": [{"header": "set-cookie sid", "exact": true}]})");
  ASSERT_TRUE(rules);
  const gate::Endpoints endpoints;
  gate::Judge exact(noise, *rules, endpoints);
  exact.add_pair(pair_of(1, "/login", with_cookie("a"), with_cookie("b")));
  ASSERT_EQ(exact.summary().findings.size(), 1U);
  EXPECT_EQ(exact.summary().rules.at(0).problem, "") << "the location is known";
}

TEST(Cookies, LostProtectionIsHighAndARuleForTheHeaderCoversIt) {
  const gate::Noise noise;
  const Message recorded = with_cookie("a", "; HttpOnly; Path=/");
  gate::Judge judge(noise);
  judge.add_pair(pair_of(1, "/login", recorded, with_cookie("a", "; Path=/x")));
  const auto findings = judge.summary().findings;
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].location + " " + std::string(name_of(findings[0].severity)),
            "header:Set-Cookie sid; HttpOnly high");
  EXPECT_EQ(name_of(findings[1].severity), "low");
  for (const char* header : {"Set-Cookie", "Set-Cookie sid"}) {
    const auto rules = parse_rules(std::string(R"({"rules": [{"header": ")") + header + R"(", "ignore": true}]})");
    ASSERT_TRUE(rules);
    const gate::Endpoints endpoints;
    gate::Judge ignoring(noise, *rules, endpoints);
    ignoring.add_pair(pair_of(1, "/login", recorded, with_cookie("a", "; Path=/x")));
    EXPECT_TRUE(ignoring.summary().findings.empty()) << header;
  }
}

}  // namespace
}  // namespace tracerec::diff
