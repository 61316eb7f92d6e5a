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

}  // namespace
}  // namespace tracerec::evaluate::testing
