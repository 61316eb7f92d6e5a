// A server that remembers, recorded with 50 clients at once and replayed against a fresh one, which makes other ids,
// sessions, tokens and cursors: every request must be answered as it was.
#include <nlohmann/json.hpp>

#include "harness.h"

namespace tracerec::e2e {
namespace {

using nlohmann::json;

constexpr const char* kServer = TRACEREC_SOURCE_DIR "/tests/e2e/servers/stateful.py";
constexpr const char* kClients = TRACEREC_SOURCE_DIR "/tests/e2e/servers/stateful_clients.py";

// Where the tokens of the server stand in bodies; what is replaced there stays equal to what is replaced in headers.
// The form field csrf is not replaced: it comes from an HTML page, which is not searched, so that its source would be
// lost.
constexpr const char* kRules = R"({"redaction": {"json": ["$..token", "$..csrf"]}})";

class Stateful : public Process {
 public:
  // Its numbers count from `first`.
  explicit Stateful(int port, int first = 1)
      : Process({"python3", kServer, std::to_string(port), std::to_string(first - 1)}) {
    wait_for_port(port);
  }
};

class ReplayStateful : public KernelTest {
 protected:
  void record(const std::vector<std::string>& options) {
    const int port = free_port();
    const Stateful server(port);
    std::vector<std::string> arguments{"--pid", std::to_string(server.pid())};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const auto recorder = start_recording(arguments);
    const Outcome clients = run({"python3", kClients, std::to_string(port), "50"});
    ASSERT_EQ(clients.exit_code, 0) << clients.out << clients.err;
    stop_recording(*recorder);
  }

  json replay(std::vector<std::string> options) {
    const int port = free_port();
    const Stateful server(port, 501);
    std::vector<std::string> arguments{"-d",       db(),  "replay", "--target", "127.0.0.1:" + std::to_string(port),
                                       "--report", "json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = tracerec(arguments);
    exit_code_ = outcome.exit_code;
    return json::parse(outcome.out, nullptr, false);
  }

  static std::uint64_t count(const json& report, const std::string& key) {
    return report.at("ledger").contains(key) ? report["ledger"][key].at("count").get<std::uint64_t>() : 0;
  }

  void expect_as_recorded(const std::vector<std::string>& options) {
    const json report = replay(options);
    ASSERT_TRUE(report.is_object());
    EXPECT_EQ(count(report, "answered"), 1200u) << report["ledger"];
    EXPECT_EQ(count(report, "failed.unresolved"), 0u) << report["unresolved"];
    EXPECT_EQ(count(report, "order.violations"), 0u);
    EXPECT_GT(count(report, "values.replaced"), 1000u);
    EXPECT_EQ(report["counts"]["status_changes"], 0);
    EXPECT_TRUE(report["findings"].empty()) << report["findings"].dump(1);
    EXPECT_EQ(exit_code_, 0) << "what the server made is mapped, not reported";
  }

  std::string write_rules() const {
    const std::string path = folder() + "/rules.json";
    FILE* file = std::fopen(path.c_str(), "w");
    std::fputs(kRules, file);
    std::fclose(file);
    return path;
  }

  int exit_code_ = -1;
};

TEST_F(ReplayStateful, WithTheSecretsThatWereRecorded) {
  record({"--keep-secrets"});
  expect_as_recorded({"--speed", "max"});
  expect_as_recorded({"--speed", "1"});
}

// A login that answers a token and a CSRF token in JSON, which later requests have in headers.
TEST_F(ReplayStateful, WithoutAnyOption) {
  record({});
  expect_as_recorded({"--speed", "max"});
}

TEST_F(ReplayStateful, WithPseudonyms) {
  record({"--redact", write_rules()});
  expect_as_recorded({"--speed", "max"});
  expect_as_recorded({"--speed", "10"});
}

// Two fresh servers, each with ids of its own, and a recording of a third.
TEST_F(ReplayStateful, BesideABaseline) {
  record({"--keep-secrets"});
  for (const char* speed : {"max", "5"}) {
    const int port = free_port();
    const Stateful baseline(port, 7001);
    const json report = replay({"--speed", speed, "--baseline", "127.0.0.1:" + std::to_string(port)});
    ASSERT_TRUE(report.is_object());
    EXPECT_EQ(count(report, "answered"), 1200u) << report["ledger"];
    EXPECT_EQ(report["baseline"]["answered"], 1200) << report["baseline"];
    EXPECT_TRUE(report["baseline"]["failed_by_reason"].empty()) << report["baseline"];
    EXPECT_EQ(report["counts"]["compared"], 1200);
    EXPECT_EQ(count(report, "order.violations"), 0u);
    EXPECT_TRUE(report["findings"].empty()) << report["findings"].dump(1);
    EXPECT_EQ(exit_code_, 0);
  }
}

TEST_F(ReplayStateful, WithoutCorrelationItFails) {
  record({"--keep-secrets"});
  const json report = replay({"--speed", "max", "--correlate", "off"});
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(exit_code_, 1);
  EXPECT_GT(report["counts"]["status_changes"].get<int>(), 500);
}

TEST_F(ReplayStateful, AllConnectionsOneAfterTheOther) {
  record({"--keep-secrets"});
  expect_as_recorded({"--speed", "max", "--connections", "1"});
}

TEST_F(ReplayStateful, AFailedLoginIsOneLineAndNotHundreds) {
  record({"--keep-secrets"});
  const json report = replay({"--speed", "max", "--exclude", "POST /login"});
  ASSERT_TRUE(report.is_object());
  EXPECT_EQ(exit_code_, 1);
  EXPECT_EQ(count(report, "failed.unresolved"), 1150u);
  std::uint64_t folded = 0;
  for (const json& root : report["unresolved"]) {
    EXPECT_EQ(root["outcome"], "was not sent");
    folded += root["exchanges"].get<std::uint64_t>();
  }
  EXPECT_EQ(folded, 1150u);
}

TEST_F(ReplayStateful, ShowTellsWhereAValueCameFrom) {
  record({"--keep-secrets"});
  (void)replay({"--speed", "max"});
  for (const Stored& one : stored()) {
    if (one.row.method != "PUT" || one.row.target.rfind("/orders/", 0) != 0) continue;
    const Outcome shown = tracerec({"-d", db(), "show", std::to_string(one.row.id)});
    EXPECT_NE(shown.out.find("cookie sid` → exchange " + std::to_string(one.row.id) + " cookie sid"),
              std::string::npos);
    EXPECT_NE(shown.out.find("→ exchange " + std::to_string(one.row.id) + " path segment 2"), std::string::npos)
        << shown.out;
    return;
  }
  FAIL() << "no such exchange";
}

}  // namespace
}  // namespace tracerec::e2e
