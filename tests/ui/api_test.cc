// The resources of the API, without a network.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "tests/evaluate/stored_run.h"
#include "ui/app.h"

namespace tracerec::ui {
namespace {

using evaluate::testing::Sent;
using evaluate::testing::StoredRun;

class ApiTest : public ::testing::Test {
 protected:
  void store(const std::vector<Sent>& exchanges) {
    stored_ = std::make_unique<StoredRun>(exchanges);
    rules_ = folder_.file("rules.json");
    app_ = std::make_unique<App>(AppOptions{stored_->path(), rules_, {}, false, "test"});
  }

  Reply ask(const std::string& method, const std::string& path, std::map<std::string, std::string> parameters = {},
            const Json& body = {}) {
    Route route = find_route(method, "/api/v1/" + path);
    if (route.handler == nullptr) return not_found("no route");
    route.query.parameters = std::move(parameters);
    route.query.body = body.dump();
    return answer(*app_, route);
  }
  Reply get(const std::string& path, std::map<std::string, std::string> parameters = {}) {
    return ask("GET", path, std::move(parameters));
  }
  // Until the job that it needs is done.
  Reply get_when_done(const std::string& path, const std::map<std::string, std::string>& parameters = {}) {
    Reply reply = get(path, parameters);
    for (; reply.status == 202; reply = get(path, parameters)) std::this_thread::yield();
    return reply;
  }

  std::string rules_text() const {
    std::ostringstream text;
    text << std::ifstream(rules_).rdbuf();
    return text.str();
  }

  testing::TempDir folder_;
  std::unique_ptr<StoredRun> stored_;
  std::string rules_;
  std::unique_ptr<App> app_;
};

const std::vector<Sent> kRenamed{
    {.target = "/a", .recorded = R"({"name":"cleo"})", .replayed = R"({"fullName":"cleo"})"},
    {.target = "/b", .recorded = R"({"x":1})", .replayed = R"({"x":1})"}};

TEST_F(ApiTest, KnowsItsRoutes) {
  EXPECT_NE(find_route("GET", "/api/v1/overview").handler, nullptr);
  EXPECT_EQ(find_route("GET", "/api/v1/exchanges/12/body").query.id, 12);
  EXPECT_EQ(find_route("GET", "/api/v1/runs/3/report/noise").query.list, "noise");
  EXPECT_TRUE(find_route("POST", "/api/v1/overview").wrong_method);
  for (const char* path :
       {"/", "/api/v1", "/api/v1/", "/api/v1/runs/", "/api/v1/runs/x", "/api/v1/runs/0", "/api/v1/runs/-1",
        "/api/v1/runs/99999999999999999999", "/api/v2/overview", "/api/v1/overview/more"})
    EXPECT_EQ(find_route("GET", path).handler, nullptr) << path;
}

TEST_F(ApiTest, OverviewHasRecordingsAndRuns) {
  store(kRenamed);
  const Reply reply = get("overview");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body["recordings"][0]["exchanges"], 2);
  EXPECT_EQ(reply.body["runs"][0]["target"], "http://staging:8080");
}

TEST_F(ApiTest, RecordingHasItsTrafficInFull) {
  std::vector<Sent> all(300);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].at_ms = static_cast<std::int64_t>(i) * 997 + 1;
  store(all);
  const Json traffic = get("recordings/1").body["traffic"];
  EXPECT_LE(traffic["exchanges"].size(), 120U);
  std::uint64_t sum = 0;
  for (const Json& one : traffic["exchanges"]) sum += one.get<std::uint64_t>();
  EXPECT_EQ(sum, 300U);
}

TEST_F(ApiTest, ListsExchangesPageByPage) {
  store(std::vector<Sent>(25, {.target = "/a"}));
  std::vector<int> seen;
  Json after = nullptr;
  do {
    const Reply page = get("recordings/1/exchanges",
                           {{"limit", "10"}, {"after", after.is_null() ? "" : std::to_string(after.get<int>())}});
    ASSERT_EQ(page.status, 200);
    for (const Json& one : page.body["items"]) seen.push_back(one["id"].get<int>());
    after = page.body["next"];
  } while (!after.is_null());
  ASSERT_EQ(seen.size(), 25U);
  EXPECT_EQ(seen.front(), 1);
  EXPECT_EQ(seen.back(), 25);
}

TEST_F(ApiTest, ListsTheNewestFirst) {
  store(std::vector<Sent>(5));
  const Reply page = get("recordings/1/exchanges", {{"newest_first", "1"}, {"limit", "2"}});
  EXPECT_EQ(page.body["items"][0]["id"], 5);
  EXPECT_EQ(get("recordings/1/exchanges", {{"newest_first", "1"}, {"after", "4"}}).body["items"][0]["id"], 3);
}

TEST_F(ApiTest, DifferingOnesNeedAnEvaluation) {
  store(kRenamed);
  EXPECT_EQ(get("recordings/1/exchanges", {{"differing", "1"}}).status, 400);
  EXPECT_EQ(get("recordings/1/exchanges", {{"differing", "1"}, {"run", "1"}}).status, 409);
  get_when_done("runs/1/report");
  const Reply page = get("recordings/1/exchanges", {{"differing", "1"}, {"run", "1"}});
  ASSERT_EQ(page.body["items"].size(), 1U);
  EXPECT_EQ(page.body["items"][0]["id"], 1);
}

TEST_F(ApiTest, ReportHasItsListsByPages) {
  store(kRenamed);
  const Reply report = get_when_done("runs/1/report");
  EXPECT_EQ(report.body["report"]["verdict"]["passed"], false);
  EXPECT_FALSE(report.body["report"].contains("findings"));
  EXPECT_EQ(report.body["report"]["totals"]["findings"], 2);
  const Reply groups = get("runs/1/report/groups");
  EXPECT_EQ(groups.body["total"], 1);
  EXPECT_EQ(groups.body["items"][0]["members"].size(), 2U);
  const Reply page = get("runs/1/report/findings", {{"limit", "1"}});
  EXPECT_EQ(page.body["items"].size(), 1U);
  EXPECT_EQ(page.body["next"], 1);
  EXPECT_EQ(get("runs/1/report/verdict").status, 404);
}

TEST_F(ApiTest, ApprovalsAreShownThenWrittenAndTheGateTurns) {
  store(kRenamed);
  get_when_done("runs/1/report");
  const Json group = get("runs/1/report/groups").body["items"][0];
  Json request = {{"signatures", group["findings"]}, {"reason", "renamed in v2"}, {"expires", "2999-01-31"}};
  const Reply shown = ask("POST", "runs/1/approvals", {}, request);
  ASSERT_EQ(shown.status, 200) << shown.body.dump();
  EXPECT_EQ(shown.body["written"], false);
  EXPECT_EQ(rules_text(), "");
  request["write"] = true;
  const Reply written = ask("POST", "runs/1/approvals", {}, request);
  ASSERT_EQ(written.status, 200) << written.body.dump();
  EXPECT_EQ(written.body["lines"], shown.body["lines"]) << "what was shown is what is written";
  EXPECT_NE(rules_text().find("renamed in v2"), std::string::npos);
  EXPECT_EQ(written.body["verdict"]["passed"], true);
  // At once: it is not evaluated again.
  const Reply report = get("runs/1/report");
  ASSERT_EQ(report.status, 200);
  EXPECT_EQ(report.body["report"]["verdict"]["passed"], true);
  EXPECT_EQ(report.body["report"]["totals"]["approved"], 2);
}

TEST_F(ApiTest, ApprovalsThatCannotBe) {
  store(kRenamed);
  const Json good = {{"signatures", {"0123456789ab"}}, {"reason", "x"}};
  EXPECT_EQ(ask("POST", "runs/1/approvals", {}, good).status, 409) << "not evaluated";
  get_when_done("runs/1/report");
  EXPECT_EQ(ask("POST", "runs/1/approvals", {}, good).status, 404) << "no such finding";
  for (const Json& wrong :
       {Json::array(), Json{{"reason", "x"}}, Json{{"signatures", {"0123456789ab"}}},
        Json{{"signatures", {7}}, {"reason", "x"}}, Json{{"signatures", {"0123456789ab"}}, {"reason", 7}},
        Json{{"signatures", {"0123456789ab"}}, {"reason", "x"}, {"expires", "soon"}},
        Json{{"signatures", {"0123456789ab"}}, {"reason", "x"}, {"expires", "2001-01-01"}},
        Json{{"signatures", {"0123456789ab"}}, {"reason", "x"}, {"max", 0}}})
    EXPECT_EQ(ask("POST", "runs/1/approvals", {}, wrong).status, 400) << wrong.dump();
  EXPECT_EQ(rules_text(), "");
}

TEST_F(ApiTest, AnOtherRulesFileIsAnotherEvaluation) {
  store(kRenamed);
  get_when_done("runs/1/report");
  std::ofstream(rules_) << R"({"rules": [{"path": "$", "ignore": true}]})";
  EXPECT_EQ(get_when_done("runs/1/report").body["report"]["verdict"]["passed"], true);
  std::ofstream(rules_) << "{";
  const Reply broken = get("runs/1/report");
  EXPECT_EQ(broken.status, 409);
  EXPECT_NE(broken.body["error"]["message"].get<std::string>().find("line 1"), std::string::npos);
}

TEST_F(ApiTest, RulesAreWrittenInFrontOfOthers) {
  store(kRenamed);
  std::ofstream(rules_) << "{ // ours\n  \"rules\": [\n    { \"path\": \"$\", \"ignore\": true }\n  ]\n}\n";
  const Reply written =
      ask("POST", "rules", {},
          {{"what", "exact"}, {"endpoint", "GET /a"}, {"location", "$.name"}, {"reason", "r"}, {"write", true}});
  ASSERT_EQ(written.status, 200) << written.body.dump();
  EXPECT_NE(rules_text().find("// ours"), std::string::npos);
  EXPECT_LT(rules_text().find("exact"), rules_text().find("ignore"));
  EXPECT_EQ(get_when_done("runs/1/report").body["report"]["verdict"]["passed"], false);
  EXPECT_EQ(ask("POST", "rules", {}, {{"what", "exact"}, {"location", "$..["}, {"reason", "r"}}).status, 409);
  EXPECT_EQ(ask("POST", "rules", {}, {{"what", "drop"}, {"location", "$"}, {"reason", "r"}}).status, 400);
}

TEST_F(ApiTest, BodiesComeInWindows) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "ä";
  store({{.recorded = text,
          .recorded_head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2000\r\n\r\n"}});
  std::string all;
  Json next = 0;
  while (!next.is_null()) {
    const Reply page =
        get("exchanges/1/body", {{"side", "recorded"}, {"offset", std::to_string(next.get<int>())}, {"limit", "333"}});
    ASSERT_EQ(page.status, 200);
    all += page.body["text"].get<std::string>();
    next = page.body["next"];
  }
  EXPECT_EQ(all, text) << "no character is cut in two";
}

TEST_F(ApiTest, BytesThatAreNoTextAreShownAsEscapes) {
  store({{.recorded = std::string("\x00\xff\x1b[31m", 7)}});
  EXPECT_EQ(get("exchanges/1/body", {{"side", "recorded"}}).body["text"], "\\x00\\xff\\x1b[31m");
}

TEST_F(ApiTest, DiffShowsBothSides) {
  store(kRenamed);
  const Reply diff = get("exchanges/1/diff", {{"run", "1"}});
  ASSERT_EQ(diff.status, 200);
  const std::string text = diff.body["items"].dump();
  EXPECT_NE(text.find(R"(-   \"name\")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"(+   \"fullName\")"), std::string::npos) << text;
  EXPECT_EQ(get("exchanges/1/diff").status, 400);
  EXPECT_EQ(get("exchanges/1/diff", {{"run", "1"}, {"against", "7"}}).status, 404);
}

TEST_F(ApiTest, ExchangeAndItsConnection) {
  store(std::vector<Sent>(9, {.target = "/a"}));
  const Reply exchange = get("exchanges/5", {{"run", "1"}});
  ASSERT_EQ(exchange.status, 200) << exchange.body.dump();
  EXPECT_EQ(exchange.body["new"]["status"], 200);
  EXPECT_EQ(exchange.body["sent_request"]["body_changed"], false);
  const Json items = get("exchanges/5/timeline", {{"around", "2"}}).body["items"];
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(items[0]["id"], 3);
  EXPECT_EQ(items[4]["id"], 7);
  EXPECT_EQ(get("exchanges/10").status, 404);
  EXPECT_EQ(get("exchanges/1", {{"run", "2"}}).status, 404);
}

TEST_F(ApiTest, EndpointsHaveTheirTimes) {
  store(std::vector<Sent>(9, {.target = "/a"}));
  const Reply recorded = get_when_done("recordings/1/endpoints");
  ASSERT_EQ(recorded.status, 200) << recorded.body.dump();
  EXPECT_EQ(recorded.body["items"][0]["exchanges"], 9);
  EXPECT_EQ(recorded.body["items"][0]["statuses"]["2xx"], 9);
  std::uint64_t timed = 0;
  for (const Json& one : recorded.body["items"][0]["bins"]) timed += one.get<std::uint64_t>();
  EXPECT_EQ(timed, 9U);
  EXPECT_EQ(get_when_done("recordings/1/endpoints", {{"run", "1"}}).body["items"][0]["responses"], 9);
}

TEST_F(ApiTest, AFileThatIsGoneIsAnErrorOfTheReply) {
  store(kRenamed);
  app_ = std::make_unique<App>(AppOptions{folder_.file("none.db"), rules_, {}, false, "test"});
  const Reply reply = get("overview");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body["error"]["code"], "file");
}

TEST_F(ApiTest, ParametersThatAreNoneAreNamed) {
  store(kRenamed);
  for (const auto& [path, name, value] : {std::tuple("recordings/1/exchanges", "limit", "0"),
                                          {"recordings/1/exchanges", "limit", "1001"},
                                          {"recordings/1/exchanges", "after", "x"},
                                          {"exchanges/1/body", "offset", "-1"},
                                          {"exchanges/1/body", "side", "both"},
                                          {"runs/1/report/noise", "after", "1e3"},
                                          {"recordings/1/endpoints", "run", "a"}}) {
    const Reply reply = get(path, {{name, value}});
    EXPECT_EQ(reply.status, 400) << path << name << value;
    EXPECT_NE(reply.body["error"]["message"].get<std::string>().find(name), std::string::npos) << reply.body.dump();
  }
}

}  // namespace
}  // namespace tracerec::ui
