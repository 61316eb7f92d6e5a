// Runs that must not pass although something about them looks like noise, or like a whole run.
#include <gtest/gtest.h>

#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

std::string locations_of(const report::Report& report) {
  std::string locations;
  for (const gate::Finding& finding : report.summary.findings) {
    locations += (locations.empty() ? "" : ", ") + finding.endpoint + " " + finding.location + " " +
                 std::string(name_of(finding.kind));
  }
  return locations;
}

std::string reasons_of(const report::Report& report) {
  std::string all;
  for (const std::string& reason : report.verdict.reasons) all += reason + "\n";
  return all;
}

class Selecting : public ::testing::TestWithParam<const char*> {};

// Each user is asked for twice, so that there are groups of equal requests; they differ by the header only.
TEST_P(Selecting, UsersThatDifferInAHeaderTeachNoNoise) {
  const std::string header = GetParam();
  std::vector<Sent> sent;
  for (const char* user : {"alice", "bob", "alice", "bob"}) {
    sent.push_back({.target = "/me",
                    .recorded = std::string(R"({"user":")") + user + "\"}",
                    .replayed = R"({"user":"mallory"})",
                    .request_headers = header + ": " + user + "\r\n"});
  }
  const auto report = StoredRun(sent).evaluate();
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->verdict.passed);
  EXPECT_TRUE(report->summary.noise.empty());
  EXPECT_EQ(locations_of(*report), "GET /me $.user value");
}

INSTANTIATE_TEST_SUITE_P(Headers, Selecting,
                         ::testing::Values("Authorization", "Cookie", "Accept", "Accept-Language", "X-Api-Key",
                                           "X-Tenant-Id", "If-None-Match", "X-Unheard-Of"));

TEST(FalseGreen, HeadersThatSelectNothingLeaveRequestsEqual) {
  std::vector<Sent> sent;
  for (const char* id : {"5f1c", "a771"}) {
    sent.push_back({.target = "/me",
                    .recorded = std::string(R"({"trace":")") + id + "\"}",
                    .replayed = R"({"trace":"77aa"})",
                    .request_headers = std::string("X-Request-Id: ") + id + "\r\nUser-Agent: " + id + "\r\n"});
  }
  const auto report = StoredRun(sent).evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed) << reasons_of(*report);
}

// GET /orders, then a write, then GET /orders: the total is state.
class Writes : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(Writes, EndAGroupOfEqualRequests) {
  const auto [method, target] = GetParam();
  const StoredRun stored({{.target = "/orders", .recorded = R"({"total":9})", .replayed = R"({"total":8})"},
                          {.method = method, .target = target},
                          {.target = "/orders", .recorded = R"({"total":7})", .replayed = R"({"total":6})"}});
  const auto report = stored.evaluate();
  ASSERT_TRUE(report);
  EXPECT_EQ(locations_of(*report), "GET /orders $.total value");
  ASSERT_EQ(report->summary.state.size(), 1U) << "listed for review";
  EXPECT_EQ(report->summary.state[0].location, "$.total");
}

INSTANTIATE_TEST_SUITE_P(Methods, Writes,
                         ::testing::Values(std::pair("POST", "/orders"), std::pair("DELETE", "/orders/7"),
                                           std::pair("PUT", "/orders/7/lines/1"), std::pair("PATCH", "/orders?x=1"),
                                           std::pair("POST", "/transfer")));

TEST(FalseGreen, ARefusedWriteEndsNothing) {
  const StoredRun stored({{.target = "/orders", .recorded = R"({"load":9})", .replayed = R"({"load":8})"},
                          {.method = "DELETE", .target = "/orders/7", .status = 404, .new_status = 404},
                          {.target = "/orders", .recorded = R"({"load":7})", .replayed = R"({"load":6})"}});
  const auto report = stored.evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed) << locations_of(*report);
}

TEST(FalseGreen, ARequestThatOverlapsAWriteTeachesNothing) {
  const StoredRun stored({{.target = "/orders", .recorded = "[9]", .replayed = "[8]", .at_ms = 1},
                          {.method = "POST", .target = "/orders", .at_ms = 2},
                          {.target = "/orders", .recorded = "[7]", .replayed = "[6]", .at_ms = 2}});
  const auto report = stored.evaluate();
  ASSERT_TRUE(report);
  EXPECT_EQ(locations_of(*report), "GET /orders $[*] value");
}

TEST(FalseGreen, AMutationOfGraphQlIsAWriteAndAQueryIsNone) {
  const std::string query = R"({"query":"{ total }"})", buy = R"({"query":"mutation Buy { buy }"})";
  const auto ask = [&](const std::string& body, const char* recorded, const char* replayed) {
    return Sent{
        .method = "POST", .target = "/graphql", .recorded = recorded, .replayed = replayed, .request_body = body};
  };
  const auto across = StoredRun({ask(query, "[9]", "[8]"), ask(buy, "1", "1"), ask(query, "[7]", "[6]")}).evaluate();
  ASSERT_TRUE(across);
  EXPECT_EQ(locations_of(*across), "POST /graphql {total} $[*] value");
  const auto equal = StoredRun({ask(query, "[9]", "[8]"), ask(query, "[7]", "[6]")}).evaluate();
  ASSERT_TRUE(equal);
  EXPECT_TRUE(equal->verdict.passed) << locations_of(*equal);
}

TEST(FalseGreen, OperationsAreEndpointsAndOldApprovalsHold) {
  const auto ask = [](const char* name, const char* recorded, const char* replayed) {
    return Sent{.method = "POST",
                .target = "/graphql",
                .recorded = recorded,
                .replayed = replayed,
                .request_body = std::string(R"({"operationName":")") + name + R"(","query":"query )" + name + "{a}\"}"};
  };
  const StoredRun stored({ask("A", "[1]", "[2]"), ask("B", "[1]", "[2]")});
  EXPECT_EQ(locations_of(*stored.evaluate()), "POST /graphql A $[*] value, POST /graphql B $[*] value");
  Plan plan;
  diff::Approval approval;
  approval.signature = gate::signature_of("POST /graphql", "$[*]", diff::Kind::kValue);
  approval.reason = "as 0.1.0 named it";
  approval.max_count = 2;
  plan.rules.approvals.push_back(approval);
  const auto report = stored.evaluate(plan);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed) << locations_of(*report);
  EXPECT_EQ(report->summary.approved.size(), 2U);
  Plan ignoring;
  diff::Rule rule;
  rule.endpoint = "POST /graphql";
  rule.location = diff::LocationPattern::parse("$[*]").value();
  rule.ignore = true;
  ignoring.rules.rules.push_back(rule);
  EXPECT_TRUE(stored.evaluate(ignoring)->verdict.passed) << "a rule for the URL speaks of its operations";
  plan.rules.approvals[0].max_count = 1;
  EXPECT_FALSE(stored.evaluate(plan)->verdict.passed) << "both count";
}

// 40 names under one prefix; "request" varies at one of them and changes at another.
std::vector<Sent> names_under_one_prefix(const std::string& prefix) {
  std::vector<Sent> sent;
  for (char a = 'a'; a < 'i'; ++a) {
    for (char b = 'a'; b < 'f'; ++b)
      sent.push_back({.target = prefix + a + b, .recorded = R"({"v":"fix"})", .replayed = R"({"v":"fix"})"});
  }
  for (const char* value : {"one", "two", "six"})
    sent.push_back(
        {.target = prefix + "aa", .recorded = std::string(R"({"v":")") + value + "\"}", .replayed = R"({"v":"ten"})"});
  sent[7].replayed = R"({"v":"bad"})";
  return sent;
}

TEST(FalseGreen, NoiseOfOneTargetHidesNoChangeOfAnother) {
  const auto guessed = StoredRun(names_under_one_prefix("/rpc/q")).evaluate();
  ASSERT_TRUE(guessed);
  EXPECT_EQ(locations_of(*guessed), "GET /rpc/{id} $.v value");
  EXPECT_EQ(guessed->summary.findings.at(0).samples.at(0).exchange_id, 8);
  const auto named = StoredRun(names_under_one_prefix("/rpc/getQ")).evaluate();
  ASSERT_TRUE(named);
  EXPECT_EQ(locations_of(*named), "GET /rpc/getQbc $.v value") << "names of operations are not ids";
}

TEST(FalseGreen, WhatTheCandidateDoesIsNoLicence) {
  StoredRun stored({{.target = "/a", .recorded = R"({"uptimeMs":123456})", .replayed = R"({"uptimeMs":3.5})"}});
  for (const char* body : {R"({"uptimeMs":3.7})", R"({"uptimeMs":4.9})"})
    stored.add_run({.responses = {response_to(1, body)}, .recheck_of = stored.run_id()});
  EXPECT_FALSE(stored.evaluate()->verdict.passed) << "an integer that became a fraction";

  StoredRun both({{.target = "/a", .recorded = R"({"n":5})", .replayed = R"({"n":5.5})"},
                  {.target = "/a", .recorded = R"({"n":7})", .replayed = R"({"n":7.5})"},
                  {.target = "/a", .recorded = R"({"n":6})", .replayed = R"({"n":6.5})"}});
  for (const char* body : {R"({"n":5.7})", R"({"n":6.9})"})
    both.add_run({.responses = {response_to(1, body)}, .recheck_of = both.run_id()});
  EXPECT_FALSE(both.evaluate()->verdict.passed) << "the recording knows integers only";
}

TEST(FalseGreen, ARunThatIsNotWhole) {
  StoredRun stored({{.target = "/a"}, {.target = "/b"}});
  const schema::RowId interrupted =
      stored.add_run({.responses = {response_to(1, "{}")}, .ledger = {{"skipped.interrupted", 1, 0}}});
  const schema::RowId killed = stored.add_run({.responses = {response_to(1, "{}")}, .ended_unix_ns = 0});
  for (const auto& [run, why] : {std::pair(interrupted, "interrupted"), std::pair(killed, "killed")}) {
    const auto report = stored.evaluate({}, nullptr, run);
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->verdict.passed) << why;
    EXPECT_NE(reasons_of(*report).find(why), std::string::npos) << reasons_of(*report);
    Plan lenient;
    lenient.conditions.push_back(gate::parse_condition("findings.high > 0").value());
    EXPECT_FALSE(stored.evaluate(lenient, nullptr, run)->verdict.passed) << why;
    EXPECT_TRUE(stored.evaluate({.allow_partial = true}, nullptr, run)->verdict.passed) << why;
    const auto against = stored.evaluate({.against = run});
    ASSERT_TRUE(against);
    EXPECT_NE(reasons_of(*against).find(why), std::string::npos) << reasons_of(*against);
  }
}

TEST(FalseGreen, ARecheckIsNoRunAndNoBaseline) {
  StoredRun stored({Sent{}});
  const schema::RowId recheck = stored.add_run({.responses = {response_to(1, "{}")}, .recheck_of = stored.run_id()});
  const auto of_recheck = stored.evaluate({}, nullptr, recheck);
  ASSERT_FALSE(of_recheck);
  EXPECT_NE(of_recheck.error().message.find("evaluate run 1"), std::string::npos) << of_recheck.error().message;
  EXPECT_FALSE(stored.evaluate({.against = recheck}));
  EXPECT_FALSE(stored.evaluate({.against = stored.run_id()})) << "itself";
}

// 1,200 low findings, then a missing token.
TEST(FalseGreen, ManySmallFindingsHideNoSevereOne) {
  std::string recorded = "{", replayed = "{";
  for (int i = 0; i < 1200; ++i) {
    const std::string name = (i > 0 ? ",\"n" : "\"n") + std::to_string(i) + "\":[1,";
    recorded += name + "2]";
    replayed += name + "2.0]";
  }
  const StoredRun stored({{.target = "/a", .recorded = recorded + "}", .replayed = replayed + "}"},
                          {.target = "/b", .recorded = R"({"token":"x"})", .replayed = "{}"}});
  Plan high;
  high.conditions.push_back(gate::parse_condition("findings.high > 0").value());
  const auto report = stored.evaluate(high);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->verdict.passed);
  EXPECT_NE(reasons_of(*report).find("findings.high > 0"), std::string::npos) << reasons_of(*report);
  EXPECT_NE(reasons_of(*report).find("limits_reached"), std::string::npos) << reasons_of(*report);
  EXPECT_EQ(report->summary.findings.size(), 1000U);
  Plan known;
  known.conditions.push_back(gate::parse_condition("limits_reached > 201").value());
  EXPECT_TRUE(stored.evaluate(known)->verdict.passed) << "a condition of its own decides";
}

constexpr const char* kA = "8bac6538-7258-4373-9373-e65090682581";
constexpr const char* kB = "14f0831a-aea4-4962-9db1-12b60e33ca63";
constexpr const char* kX = "723bd033-dff5-4ff3-b1bf-aee9bea2340a";
constexpr const char* kY = "0a0b5a0e-6c7b-4a4e-8b3a-2f6d1c9e7f10";

std::string with_id(const char* id, const std::string& rest = {}) {
  return std::string(R"({"id":")") + id + "\"" + rest + "}";
}

// The request of exchange 2 was filled from the response of exchange 1.
std::string locations_when_carried(const std::vector<Sent>& sent, const std::string& from) {
  StoredRun stored(sent);
  RunRows rows;
  schema::RowId id = 0;
  for (const Sent& one : sent) rows.responses.push_back(response_to(++id, one.replayed, one.new_status));
  rows.substitutions.push_back({.run_id = 0, .exchange_id = 2, .rows = {{"$.to", 1, from, true}}});
  const auto report = stored.evaluate({}, nullptr, stored.add_run(std::move(rows)));
  return report ? locations_of(*report) : report.error().message;
}

TEST(FalseGreen, WhatALaterRequestRepeatsIsComparedAllTheSame) {
  const auto read = [](const char* body, const char* now) {
    return std::vector<Sent>{{.target = "/payee", .recorded = body, .replayed = now},
                             {.method = "POST", .target = "/transfers"}};
  };
  EXPECT_EQ(locations_when_carried(read(R"({"iban":"DE89370400440532013000"})", R"({"iban":"GB29370400440532013000"})"),
                                   "$.iban"),
            "GET /payee $.iban value");
  EXPECT_EQ(locations_when_carried(read(R"({"token":"9c1185a5c5e9fc54612808977ee8f548"})", R"({"token":"undefined"})"),
                                   "$.token"),
            "GET /payee $.token value");
  EXPECT_EQ(locations_when_carried(read(R"({"id":17})", R"({"id":-5})"), "$.id"), "GET /payee $.id value");
  EXPECT_EQ(locations_when_carried(read(with_id(kA).c_str(), with_id(kX).c_str()), "$.id"), "") << "an id";
}

TEST(FalseGreen, IdsAreOneToOne) {
  const auto post = [](const std::string& recorded, const std::string& replayed) {
    return Sent{.method = "POST", .target = "/orders", .recorded = recorded, .replayed = replayed};
  };
  const auto found = [](const std::vector<Sent>& sent) {
    const auto report = StoredRun(sent).evaluate();
    return report ? locations_of(*report) : report.error().message;
  };
  EXPECT_EQ(found({post(with_id(kA), with_id(kX)), post(with_id(kB), with_id(kY))}), "");
  EXPECT_EQ(found({post(with_id(kA), with_id(kX)), post(with_id(kB), with_id(kX))}), "POST /orders $.id value")
      << "two orders, one id";
  EXPECT_EQ(found({post(with_id(kA), with_id(kX)), post(with_id(kA), with_id(kY))}), "POST /orders $.id value")
      << "one order, two ids";
  Sent echo = post(with_id(kA), with_id(kX));
  echo.request_body = with_id(kA);
  EXPECT_EQ(found({echo}), "POST /orders $.id value") << "the client gave the id";
  const Sent me{.target = "/me", .recorded = with_id(kB), .replayed = with_id(kB)};
  const std::string mine = std::string(R"(,"user_id":")") + kA + "\"",
                    hers = std::string(R"(,"user_id":")") + kB + "\"";
  EXPECT_EQ(found({me, post("{\"n\":1" + mine + "}", "{\"n\":1" + hers + "}")}), "POST /orders $.user_id value")
      << "booked on somebody else";
}

}  // namespace
}  // namespace tracerec::evaluate::testing
