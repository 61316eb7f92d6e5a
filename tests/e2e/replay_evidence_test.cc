// Where evidence comes from when a recording holds no two equal requests: a baseline that is asked the same, and what
// differs sent again.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "harness.h"

namespace tracerec::e2e {
namespace {

using nlohmann::json;

constexpr int kItems = 12;

class Service : public Process {
 public:
  explicit Service(const std::string& fault = "") : Service(free_port(), fault) {}

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int port() const { return port_; }

  // Requests of this method that it has seen.
  [[nodiscard]] int count(const std::string& method) const {
    RawClient client(port_);
    client.send("GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string response = client.read_response();
    return json::parse(response.substr(response.find("\r\n\r\n"))).value(method, 0);
  }

 private:
  Service(int port, const std::string& fault)
      : Process({"python3", TRACEREC_SOURCE_DIR "/tests/e2e/servers/versions.py", std::to_string(port), fault}),
        port_(port) {
    wait_for_port(port);
  }

  int port_;
};

class ReplayEvidence : public KernelTest {
 protected:
  static std::string ask(RawClient& client, const std::string& method, const std::string& target,
                         const std::string& body = "") {
    client.send(method + " " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    const std::string response = client.read_response();
    return response.substr(std::min(response.find("\r\n\r\n") + 4, response.size()));
  }

  void record_items(const std::string& post = "", const std::string& fault = "") {
    const Service production(fault);
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    RawClient client(production.port());
    for (int i = 1; i <= kItems; ++i) {
      ASSERT_FALSE(ask(client, "GET", "/items/" + std::to_string(i)).empty());
      if (post.empty()) continue;
      ASSERT_FALSE(ask(client, "POST", post, "{\"n\": " + std::to_string(i) + "}").empty());
    }
    stop_recording(*recorder);
  }

  // Jobs are asked for by the ids that the server made.
  void record_jobs() {
    const Service production;
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    RawClient client(production.port());
    for (int i = 1; i <= kItems; ++i) {
      const json job = json::parse(ask(client, "POST", "/jobs", "{\"n\": " + std::to_string(i) + "}"));
      ASSERT_FALSE(ask(client, "GET", "/jobs/" + job["job"].get<std::string>()).empty());
      ASSERT_FALSE(ask(client, "GET", "/items/" + std::to_string(i)).empty());
    }
    stop_recording(*recorder);
  }

  json replay(const Service& target, std::vector<std::string> more) {
    std::vector<std::string> arguments{"-d",      db(),  "replay",   "--target", target.address(),
                                       "--speed", "max", "--report", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    outcome_ = tracerec(arguments);
    return json::parse(outcome_.out, nullptr, false);
  }

  json judge(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"-d", db(), "diff", "--report", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    outcome_ = tracerec(arguments);
    return json::parse(outcome_.out, nullptr, false);
  }

  // "GET /items/{id} $.name missing"
  static std::vector<std::string> findings(const json& report) {
    std::vector<std::string> found;
    for (const json& one : report.at("findings")) {
      found.push_back(one["endpoint"].get<std::string>() + " " + one["location"].get<std::string>() + " " +
                      one["kind"].get<std::string>());
    }
    return found;
  }

  Outcome outcome_{};
};

TEST_F(ReplayEvidence, TwoGoodVersionsAreEqualWithoutRules) {
  record_jobs();
  const Service candidate, baseline;
  const json report = replay(candidate, {"--baseline", baseline.address()});
  ASSERT_TRUE(report.is_object()) << outcome_.err;
  EXPECT_EQ(findings(report), std::vector<std::string>{});
  EXPECT_EQ(outcome_.exit_code, 0) << outcome_.err;
  EXPECT_EQ(report["counts"]["compared"], 3 * kItems);
  EXPECT_EQ(report["baseline"]["answered"], 3 * kItems);
  EXPECT_EQ(report["baseline"]["target"], "http://" + baseline.address());
  EXPECT_NE(outcome_.err.find("baseline replayed: 36 exchanges"), std::string::npos) << outcome_.err;
  EXPECT_EQ(candidate.count("POST"), kItems);
  EXPECT_EQ(candidate.count("GET"), 2 * kItems) << "it is the baseline that is asked again";
  EXPECT_GT(baseline.count("GET"), 2 * kItems);
  EXPECT_EQ(baseline.count("POST"), kItems);

  EXPECT_EQ(findings(judge()), std::vector<std::string>{}) << "what was sent again is used again";
  EXPECT_EQ(outcome_.exit_code, 0);
  EXPECT_EQ(candidate.count("GET"), 2 * kItems) << "nothing is sent";
  const json against_recorded = judge({"--against", "recorded"});
  EXPECT_FALSE(against_recorded.contains("baseline"));
  const Outcome listed = tracerec({"-d", db(), "ls"});
  EXPECT_NE(listed.out.find("(baseline of run 2)"), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find("(recheck of run 2)"), std::string::npos) << listed.out;
}

TEST_F(ReplayEvidence, ARegressionOfTheCandidateIsTheOnlyFinding) {
  record_jobs();
  const Service baseline;
  const Service missing("missing");
  json report = replay(missing, {"--baseline", baseline.address()});
  ASSERT_TRUE(report.is_object()) << outcome_.err;
  EXPECT_EQ(findings(report), std::vector<std::string>{"GET /items/{id} $.name missing"});
  EXPECT_EQ(outcome_.exit_code, 1);
  const Service brief("short");
  report = replay(brief, {"--baseline", baseline.address()});
  ASSERT_TRUE(report.is_object()) << outcome_.err;
  EXPECT_EQ(findings(report),
            (std::vector<std::string>{"GET /items/{id} $.request shape", "GET /jobs/{id} $.request shape"}));
  EXPECT_EQ(outcome_.exit_code, 1);
}

TEST_F(ReplayEvidence, ABaselineThatDiesIsCountedAndFailsTheGate) {
  record_items();
  const Service candidate;
  const Service baseline("die-after=5");
  const json report = replay(candidate, {"--baseline", baseline.address()});
  ASSERT_TRUE(report.is_object()) << outcome_.err;
  EXPECT_EQ(outcome_.exit_code, 1);
  EXPECT_EQ(report["counts"]["compared"], 5);
  EXPECT_EQ(report["counts"]["failed"], 0);
  EXPECT_EQ(report["counts"]["not_compared"]["baseline_failed"], kItems - 5) << report["counts"];
  EXPECT_EQ(report["baseline"]["answered"], 5);
  EXPECT_FALSE(report["baseline"]["failed_by_reason"].empty());
  EXPECT_NE(report["verdict"]["reasons"].dump().find("not_compared.baseline_failed > 0"), std::string::npos);
  EXPECT_NE(outcome_.err.find("nothing was re-sent"), std::string::npos) << outcome_.err;
}

TEST_F(ReplayEvidence, WhatVariesByItselfIsLearnedBySendingItAgain) {
  record_items();
  const Service target;
  json report = replay(target, {"--recheck", "off"});
  ASSERT_TRUE(report.is_object()) << outcome_.err;
  EXPECT_EQ(outcome_.exit_code, 1);
  EXPECT_FALSE(report.contains("rechecked"));
  EXPECT_EQ(target.count("GET"), kItems);
  report = replay(target, {});
  EXPECT_EQ(findings(report), std::vector<std::string>{});
  EXPECT_EQ(outcome_.exit_code, 0) << outcome_.err;
  EXPECT_EQ(report["rechecked"]["exchanges"], kItems);
  EXPECT_EQ(report["rechecked"]["answered"], kItems);
  EXPECT_EQ(target.count("GET"), 4 * kItems);
  EXPECT_EQ(findings(judge()), std::vector<std::string>{}) << "the newest run is not the recheck";
}

// In the second of the two times, which come apart where a number differs; the exit code was that of the gate.
TEST_F(ReplayEvidence, CtrlCWhileReSendingIsSaidAndIsTheExitCode) {
  record_items("", "hang-after=1000");
  const Service target("hang-after=" + std::to_string(2 * kItems));
  Process replaying({TRACEREC_BINARY, "-d", db(), "replay", "--speed", "max", "--target", target.address()});
  ASSERT_TRUE(eventually([&] { return target.count("GET") > 2 * kItems; }));
  replaying.signal(SIGINT);
  EXPECT_EQ(replaying.wait(), 130);
  EXPECT_NE(replaying.err().find("interrupted while re-sending: the run is judged"), std::string::npos)
      << replaying.err();
  EXPECT_NE(replaying.out().find("run 1 of recording 1, "), std::string::npos) << replaying.out();
}

TEST_F(ReplayEvidence, AnotherShapeInANoisyFieldIsStillAFinding) {
  record_items();
  const Service target("short");
  const json report = replay(target, {});
  ASSERT_TRUE(report.is_object()) << outcome_.err;
  EXPECT_EQ(findings(report), std::vector<std::string>{"GET /items/{id} $.request shape"});
  EXPECT_EQ(outcome_.exit_code, 1);
}

TEST_F(ReplayEvidence, WritesAreSentAgainOnlyWhenAsked) {
  record_items("/rolls");
  const Service target;
  json report = replay(target, {});
  ASSERT_TRUE(report.is_object()) << outcome_.err;
  EXPECT_EQ(outcome_.exit_code, 1) << "nothing is known of the POSTs";
  EXPECT_EQ(target.count("POST"), kItems);
  EXPECT_EQ(target.count("GET"), 3 * kItems);
  report = replay(target, {"--recheck", "all"});
  EXPECT_EQ(findings(report), std::vector<std::string>{});
  EXPECT_EQ(outcome_.exit_code, 0);
  EXPECT_EQ(target.count("POST"), kItems + 3 * kItems);
}

}  // namespace
}  // namespace tracerec::e2e
