// Bodies made to hurt: time and memory stay bounded, and nothing crashes. No timing is asserted; CTest's timeout is.
#include <gtest/gtest.h>

#include "body/json_document.h"
#include "diff/compare.h"
#include "gate/approvals.h"
#include "gate/judge.h"
#include "gate/metrics.h"
#include "http/encode.h"
#include "tests/diff/differences.h"
#include "tests/diff/messages.h"

namespace tracerec::diff {
namespace {

KeepDifferences compare(const Message& recorded, const Message& replayed) {
  KeepDifferences sink;
  compare_messages("GET", recorded, replayed, sink);
  return sink;
}

TEST(Hostile, TenThousandDeepIsComparedAsText) {
  const std::string open(10000, '['), close(10000, ']');
  const auto sink = compare(json_response(open + "1" + close), json_response(open + "2" + close));
  EXPECT_EQ(sink.brief(), Lines{"value line 1"});
  EXPECT_EQ(sink.not_compared, Lines{"json_structure"});
}

// Millions of numbers in a body of a few kilobytes, once gzip is undone, are gigabytes of nodes.
TEST(Hostile, MillionsOfValuesAreComparedAsText) {
  std::string many = "[1";
  for (std::size_t i = 0; i < body::kMaxJsonNodes; ++i) many += ",1";
  const auto sink = compare(json_response(many + ",1]"), json_response(many + ",2]"));
  EXPECT_EQ(sink.brief(), Lines{"value line 1"});
  EXPECT_EQ(sink.not_compared, Lines{"json_structure"});
  const auto fewer = compare(json_response("[1,2]"), json_response(many + "]"));
  EXPECT_EQ(fewer.brief(), Lines{"value line 1"});
}

TEST(Hostile, MillionsOfLinesAreComparedAsBytes) {
  const std::string lines(1'000'000, '\n');
  const auto sink = compare(response(200, {}, lines + "a"), response(200, {}, lines + "b"));
  EXPECT_EQ(sink.brief(), Lines{"value offset 1000000"});
  EXPECT_EQ(sink.kept.at(0).note, "more than 1,000,000 lines: compared as bytes");
}

TEST(Hostile, StringsOfSixtyMegabytes) {
  const std::string big(60'000'000, 'x');
  const auto sink = compare(json_response("{\"a\":\"" + big + "\"}"), json_response("{\"a\":\"" + big + "y\"}"));
  ASSERT_EQ(sink.brief(), Lines{"value $.a"});
}

TEST(Hostile, InvalidUtf8IsNoJson) {
  EXPECT_EQ(compare(json_response("{\"a\":\"b\"}"), json_response("{\"a\":\"\xFF\"}")).brief(), Lines{"type body"});
  EXPECT_EQ(compare(json_response("{\"a\":\"\xFE\"}"), json_response("{\"a\":\"\xFF\"}")).brief(),
            Lines{"value offset 6"});
}

TEST(Hostile, ABombIsNotUnpacked) {
  http::HeaderList headers = headers_of({{"Content-Encoding", "gzip"}});
  const auto packed = http::encode_content(headers, std::string(300'000'000, '\0'));
  ASSERT_TRUE(packed);
  ASSERT_LT(packed->size(), 5'000'000U);
  const auto sink = compare(response(200, {{"Content-Encoding", "gzip"}}, *packed),
                            response(200, {{"Content-Encoding", "gzip"}}, *packed + "x"));
  EXPECT_EQ(sink.not_compared, Lines{"undecodable"});
  EXPECT_EQ(compare(response(200, {}, "x"), response(200, {{"Content-Encoding", "gzip"}}, *packed)).kept.back().kind,
            "type");
}

TEST(Hostile, ManyNamesManyElementsManyLines) {
  std::string names, elements, lines;
  for (int i = 0; i < 200'000; ++i) {
    names += (i ? ",\"" : "\"") + std::to_string(i * 7919 % 200'003) + "\":1";
    elements += (i ? ",{\"id\":" : "{\"id\":") + std::to_string(i) + ",\"v\":1}";
    lines += std::to_string(i) + "\n";
  }
  EXPECT_EQ(compare(json_response("{" + names + "}"), json_response("{" + names + ",\"x\":1}")).brief(),
            Lines{"added $.x"});
  EXPECT_EQ(
      compare(json_response("[" + elements + "]"), json_response("[{\"id\":-1,\"v\":1}," + elements + "]")).brief(),
      Lines{"length $[0]"});
  EXPECT_EQ(compare(response(200, {}, lines), response(200, {}, "new\n" + lines)).brief(), Lines{"value line 1"});
}

TEST(Hostile, ThousandsOfEndpointsBecomeOne) {
  gate::Endpoints endpoints({"GET /v1/{kind}/list"});
  for (int i = 0; i < 5000; ++i) endpoints.learn("GET", "/users/name" + std::to_string(i) + "x/orders?page=1");
  for (int i = 0; i < 1000; ++i) endpoints.learn("GET", i % 2 ? "/status" : "/items/7");
  EXPECT_EQ(endpoints.name_of("GET", "/users/alice/orders").name, "GET /users/{id}/orders");
  EXPECT_EQ(endpoints.name_of("GET", "/status").name, "GET /status");
  EXPECT_EQ(endpoints.name_of("GET", "/items/9").name, "GET /items/{id}");
  EXPECT_EQ(endpoints.name_of("GET", "/v1/cats/list").name, "GET /v1/{kind}/list");
  EXPECT_EQ(endpoints.name_of("GET", "/never/seen/").name, "GET /never/seen/");
}

TEST(RootCause, WhatDependsOnAFailedWriteIsDependent) {
  const gate::Noise noise;
  gate::Judge judge(noise);
  Message created = json_response(R"({"id":"u-12345678","name":"x"})", 201);
  judge.add_pair(pair_of(1, "/users", created, json_response("{}", 500)));
  for (int id = 2; id <= 4; ++id) {
    Pair pair = pair_of(id, "/users/u-12345678/orders", json_response("[1]"), json_response("{}", 404));
    pair.method = "GET";
    judge.add_pair(pair);
  }
  judge.add_pair(pair_of(5, "/other", json_response("[1]"), json_response("[2]")));
  const gate::Summary summary = judge.summary();
  ASSERT_EQ(summary.findings.size(), 2U);
  EXPECT_EQ(summary.findings[0].endpoint, "POST /users") << "the root cause first";
  EXPECT_EQ(summary.findings[0].dependents, 1U);
  ASSERT_EQ(summary.dependent.size(), 1U);
  EXPECT_EQ(summary.dependent[0].exchanges, 3U);
  EXPECT_EQ(summary.dependent[0].cause, summary.findings[0].signature());
  EXPECT_EQ(gate::metrics_of(summary).at("findings"), 2);
}

// The login responds without its token, so the order is not created; asking for the order then fails.
TEST(RootCause, FindingsCausedByARequestThatCouldNotBeSentAreDependent) {
  for (const bool answered : {true, false}) {
    const gate::Noise noise;
    gate::Judge judge(noise);
    Pair login = pair_of(1, "/login", response(200, {{"Server", "a"}}, R"({"n":1,"token":"abc"})"),
                         response(200, {{"Server", "b"}}, R"({"n":1})"));
    login.is_needed = true;
    if (!answered) login.failure = "timeout";
    judge.add_pair(login);
    Pair order = pair_of(2, "/orders", json_response(R"({"id":"o-12345678"})", 201), {});
    order.needs_exchange = 1;
    order.failure = "unresolved";
    judge.add_pair(order);
    Pair get = pair_of(3, "/orders/o-12345678", json_response("[1]"), json_response("{}", 404));
    get.method = "GET";
    judge.add_pair(get);
    const gate::Summary summary = judge.summary();
    ASSERT_EQ(summary.dependent.size(), 1U);
    EXPECT_EQ(summary.dependent[0].endpoint, "GET /orders/o-12345678");
    if (!answered) {
      EXPECT_TRUE(summary.findings.empty());
      EXPECT_EQ(summary.dependent[0].cause, "exchange 1");
      continue;
    }
    ASSERT_EQ(summary.findings.size(), 2U);
    const gate::Finding& root = summary.findings[0];
    EXPECT_EQ(root.location, "$.token") << "the missing token, not what else differs in that answer";
    EXPECT_EQ(root.unsent, 1U);
    EXPECT_EQ(root.dependents, 1U);
    EXPECT_EQ(summary.dependent[0].cause, root.signature());
  }
}

TEST(Drift, WhatDiffersMoreThanOnItsOwnIsAFinding) {
  gate::Noise noise;
  const auto flag = [](int group, bool on) {
    return json_response("{\"g\":" + std::to_string(group) + ",\"cached\":" + (on ? "true}" : "false}"));
  };
  for (int group = 0; group < 40; ++group) {
    noise.learn({group, "POST", "/a", flag(group, false)});
    noise.learn({group, "POST", "/a", flag(group, group == 7)});
  }
  const auto findings_with = [&](int flipped) {
    gate::Judge judge(noise);
    for (int i = 0; i < 100; ++i) judge.add_pair(pair_of(i, "/a", flag(i, false), flag(i, i < flipped)));
    return judge.summary().findings;
  };
  EXPECT_TRUE(findings_with(4).empty());
  ASSERT_EQ(findings_with(90).size(), 1U);
  EXPECT_NE(findings_with(90)[0].samples[0].note.find("on its own in 1 of 40 groups"), std::string::npos);
}

}  // namespace
}  // namespace tracerec::diff
