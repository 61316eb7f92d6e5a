// Runs that must pass without rules: what a target makes itself is no regression.
#include <gtest/gtest.h>

#include "base/clock.h"
#include "tests/evaluate/stored_run.h"

namespace tracerec::evaluate::testing {
namespace {

std::string locations_of(const report::Report& report) {
  std::string locations;
  for (const gate::Finding& finding : report.summary.findings)
    locations += finding.endpoint + " " + finding.location + " " + std::string(name_of(finding.kind)) + "\n";
  return locations;
}

// The recording begins at 1700000000 (2023-11-14T22:13:20Z); the run is sent an hour later.
constexpr std::int64_t kHour = 3'600'000'000'000;

schema::Response later(schema::Response response) {
  response.sent_ns = kHour;
  return response;
}

TEST(FalseRed, TimesOfTheirOwnResponsesAndOfResponsesBefore) {
  const std::string made =
      R"({"name":"a","created_at":"2023-11-14T22:13:20.250Z","epoch":1700000000,"ms":1700000000250,)"
      R"("http":"Tue, 14 Nov 2023 22:13:20 GMT"})";
  const std::string made_later =
      R"({"name":"a","created_at":"2023-11-14T23:13:21.100Z","epoch":1700003601,"ms":1700003601100,)"
      R"("http":"Tue, 14 Nov 2023 23:13:21 GMT"})";
  StoredRun stored({{.method = "POST", .target = "/items", .recorded = made},
                    {.target = "/items", .recorded = "[" + made + "]", .at_ms = 900'000}});
  RunRows rows;
  rows.responses = {later(response_to(1, made_later)), later(response_to(2, "[" + made_later + "]"))};
  const schema::RowId run = stored.add_run(std::move(rows));
  const auto report = stored.evaluate({}, nullptr, run);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed) << locations_of(*report);
  EXPECT_EQ(report->summary.generated.size(), 8U);

  // Another day, another unit, another style: each is found.
  for (const auto& [from, to] :
       {std::pair("23:13:21.100Z", "23:13:21.100"), std::pair("2023-11-14T23", "2023-11-14T21"),
        std::pair("1700003601,", "1700003601000,"), std::pair("Tue, 14", "Wed, 15")}) {
    std::string wrong = made_later;
    wrong.replace(wrong.find(from), std::string(from).size(), to);
    RunRows wrong_rows;
    wrong_rows.responses = {later(response_to(1, wrong)), later(response_to(2, "[" + made_later + "]"))};
    EXPECT_FALSE(stored.evaluate({}, nullptr, stored.add_run(std::move(wrong_rows)))->verdict.passed) << to;
  }
}

TEST(FalseRed, TheTargetsOwnName) {
  const StoredRun stored(
      {{.target = "/a",
        .recorded = R"({"next":"http://shop/a?page=2","self":"https:\/\/shop\/a"})",
        .replayed = R"({"next":"http://staging:8080/a?page=2","self":"http:\/\/staging:8080\/a"})"}});
  const auto report = stored.evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->verdict.passed) << locations_of(*report);
  const StoredRun wrong({{.target = "/a",
                          .recorded = R"({"next":"http://shop/a","self":"http://shop/a"})",
                          .replayed = R"({"next":"http://staging:8080/a","self":"http://staging:9090/a"})"}});
  EXPECT_EQ(locations_of(*wrong.evaluate()), "GET /a $.self value\n");
}

TEST(FalseRed, AnIdThatAWriteMadeStandsInsideOfOtherTexts) {
  const std::string was = "8bac6538-7258-4373-9373-e65090682581", is = "14f0831a-aea4-4962-9db1-12b60e33ca63";
  const auto json = [](const std::string& id) { return R"({"id":")" + id + "\"}"; };
  const auto note = [](const std::string& id) { return R"({"message":"Order )" + id + R"( created","n":1})"; };
  const auto report = StoredRun({{.method = "POST", .target = "/orders", .recorded = json(was), .replayed = json(is)},
                                 {.target = "/notes", .recorded = note(was), .replayed = note(is)}})
                          .evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->summary.findings.empty()) << report->summary.findings[0].location;
}

TEST(FalseRed, AnIdInALocationIsKnownInThePageAfterIt) {
  const std::string was = "8bac6538-7258-4373-9373-e65090682581", is = "14f0831a-aea4-4962-9db1-12b60e33ca63";
  const auto page = [](const std::string& id) { return R"({"html":"<a href='/orders/)" + id + R"('>Order</a>"})"; };
  const Sent create{.method = "POST",
                    .target = "/orders",
                    .recorded = "",
                    .replayed = "",
                    .status = 303,
                    .new_status = 303,
                    .recorded_headers = "Location: /orders/" + was + "\r\n",
                    .replayed_headers = "Location: /orders/" + is + "\r\n"};
  const auto report =
      StoredRun({create, {.target = "/orders", .recorded = page(was), .replayed = page(is)}}).evaluate();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->summary.findings.empty()) << report->summary.findings[0].location;
}

// A constant token, recorded as a pseudonym.
TEST(FalseRed, ARedactedValueIsComparedByItsCharacters) {
  const auto found = [](const char* notes, const char* recorded, const char* replayed) {
    const auto report =
        StoredRun({{.target = "/config", .recorded = recorded, .replayed = replayed, .notes = notes}}).evaluate();
    return report ? report->summary.findings.size() : 99;
  };
  EXPECT_EQ(found("redacted", R"({"token":"dkce-2"})", R"({"token":"page-2"})"), 0U);
  EXPECT_EQ(found("redacted", R"({"csrf_token":"JFFYOSPZkqwe"})", R"({"csrf_token":"CONSTANTtoke"})"), 0U);
  EXPECT_EQ(found("", R"({"token":"dkce-2"})", R"({"token":"page-2"})"), 1U);
  EXPECT_EQ(found("redacted", R"({"name":"dkce-2"})", R"({"name":"page-2"})"), 1U);
  EXPECT_EQ(found("redacted", R"({"token":"dkce-2"})", R"({"token":""})"), 1U);
  EXPECT_EQ(found("redacted", R"({"token":"dkce-2"})", R"({"token":null})"), 1U);
}

TEST(FalseRed, ATokenThatNobodyUses) {
  const auto tokens = [](const char* refresh) { return std::string(R"({"n":1,"refresh_token":")") + refresh + "\"}"; };
  const auto found = [&](const char* method, const char* refresh) {
    const auto report = StoredRun({{.method = method,
                                    .target = "/login",
                                    .recorded = tokens("9c1185a5c5e9fc54612808977ee8f548"),
                                    .replayed = tokens(refresh)}})
                            .evaluate();
    return report ? report->summary.findings.size() : 99;
  };
  EXPECT_EQ(found("POST", "1f0e2d3c4b5a69788796a5b4c3d2e1f0"), 0U);
  EXPECT_EQ(found("POST", "not a token"), 1U);
  EXPECT_EQ(found("GET", "1f0e2d3c4b5a69788796a5b4c3d2e1f0"), 1U);
}

}  // namespace
}  // namespace tracerec::evaluate::testing
