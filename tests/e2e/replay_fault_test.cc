// What goes wrong with a target, on the real binary: each ends in the right row of the ledger, a clear line and the
// right exit code, and what was stored is consistent.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness.h"
#include "testing/self_signed.h"

namespace tracerec::e2e {
namespace {

using nlohmann::json;

class ReplayFault : public KernelTest {
 protected:
  using Words = std::vector<std::string>;

  static Words target(int port, const std::string& fault, const Words& more = {}) {
    Words command = {"python3", std::string(TRACEREC_SOURCE_DIR) + "/tests/e2e/servers/target.py", std::to_string(port),
                     fault};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  // Requests of one connection after the other.
  void record(int connections, int requests_each) {
    const int port = free_port();
    const Process production(target(port, "ok"));
    wait_for_port(port);
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    for (int i = 0; i < connections; ++i) {
      RawClient client(port);
      for (int k = 0; k < requests_each; ++k) {
        client.send("GET /" + std::to_string(k) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        ASSERT_EQ(client.read_response().substr(9, 3), "200");
      }
    }
    stop_recording(*recorder);
  }

  Outcome replay(const std::string& where, const Words& more = {}) {
    Words words = {"-d", db(), "replay", "--report", "json", "--target", where};
    if (std::find(more.begin(), more.end(), "--speed") == more.end()) words.insert(words.end(), {"--speed", "max"});
    words.insert(words.end(), more.begin(), more.end());
    return tracerec(words);
  }

  static std::uint64_t row(const Outcome& outcome, const std::string& key) {
    const json ledger = json::parse(outcome.out).at("ledger");
    return ledger.contains(key) ? ledger.at(key).at("count").get<std::uint64_t>() : 0;
  }

  [[nodiscard]] std::size_t runs() const { return schema::Reader::open(db()).value()->runs()->size(); }

  // One line, exit code 2, nothing stored.
  void expect_refused(const Outcome& outcome, const std::string& message) {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_NE(outcome.err.find(message), std::string::npos) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(runs(), 0U);
  }

  struct Certificate {
    std::string key, file;
  };
  Certificate certificate(const std::string& name, const std::string& subject) {
    Certificate made{folder() + "/" + name + "-key.pem", folder() + "/" + name + ".pem"};
    EXPECT_TRUE(testing::write_self_signed(made.key, made.file, subject));
    return made;
  }
};

TEST_F(ReplayFault, TargetsThatCannotBeReachedAreRefusedInOneLine) {
  record(1, 2);
  expect_refused(replay("no-such-host.invalid:80"), "no-such-host.invalid");
  expect_refused(replay("127.0.0.1:" + std::to_string(free_port())), "refused");
  expect_refused(replay("unix:" + folder() + "/nothing"), "cannot reach target unix:");
}

TEST_F(ReplayFault, AWrongCertificateIsRefusedInOneLine) {
  record(1, 2);
  const Certificate right = certificate("right", "DNS:localhost");
  const Certificate wrong = certificate("wrong", "DNS:elsewhere");
  const int port = free_port();
  const Process staging(target(port, "ok", {"--tls", wrong.file, wrong.key}));
  wait_for_port(port);
  const std::string where = "https://localhost:" + std::to_string(port);
  expect_refused(replay(where), "certificate");                            // nobody vouches for it
  expect_refused(replay(where, {"--cacert", right.file}), "certificate");  // somebody else does
  expect_refused(replay(where, {"--cacert", wrong.file}), "certificate");  // another name
  const Outcome insecure = replay(where, {"--insecure"});
  EXPECT_EQ(insecure.exit_code, 0) << insecure.err;
}

TEST_F(ReplayFault, ACertificateThatBecomesWrongInTheMiddleIsAFailureOfItsOwn) {
  record(8, 1);
  const Certificate right = certificate("right", "DNS:localhost");
  const Certificate wrong = certificate("wrong", "DNS:elsewhere");
  const int port = free_port();
  // Some connections before that are those of wait_for_port and of the probe.
  const Process staging(target(port, "ok", {"--tls", right.file, right.key, "--later", "5", wrong.file, wrong.key}));
  wait_for_port(port);
  const Outcome outcome = replay("https://localhost:" + std::to_string(port), {"--cacert", right.file});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_GT(row(outcome, "answered"), 0U) << outcome.err;
  EXPECT_GT(row(outcome, "failed.tls"), 0U) << outcome.err;
  EXPECT_EQ(row(outcome, "answered") + row(outcome, "failed.tls"), 8U) << outcome.err;
}

TEST_F(ReplayFault, EachFaultHasItsRowAndItsExitCode) {
  record(2, 3);
  struct {
    const char* fault;
    const char* key;
    std::uint64_t count;
    int exit_code;
  } const cases[] = {{"ok", "answered", 6, 0},
                     {"close", "answered", 6, 0},
                     {"reset", "failed.connection_closed", 6, 1},
                     {"garbage", "failed.bad_response", 6, 1},
                     {"stall", "failed.timeout", 6, 1},
                     {"half", "failed.timeout", 3, 1}};
  for (const auto& one : cases) {
    const int port = free_port();
    const Process staging(target(port, one.fault));
    wait_for_port(port);
    const Outcome outcome = replay("127.0.0.1:" + std::to_string(port), {"--timeout", "300ms", "--connections", "1"});
    EXPECT_EQ(outcome.exit_code, one.exit_code) << one.fault << ": " << outcome.err;
    EXPECT_EQ(row(outcome, one.key), one.count) << one.fault << ": " << outcome.err;
    EXPECT_EQ(row(outcome, "sent"), 6U) << one.fault;
  }
}

// It filled the disk: 3 GB in 12 s.
TEST_F(ReplayFault, ABodyWithoutEndIsCut) {
  record(2, 3);
  const int port = free_port();
  const Process staging(target(port, "endless"));
  wait_for_port(port);
  const auto before = std::filesystem::file_size(db());
  const Outcome outcome = replay("127.0.0.1:" + std::to_string(port), {"--max-response", "1MiB"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_EQ(row(outcome, "failed.too_long"), 6U) << outcome.err;
  EXPECT_NE(outcome.err.find("more than 1.0 MiB"), std::string::npos) << outcome.err;
  const auto grown = std::filesystem::file_size(db()) - before;
  EXPECT_GT(grown, std::uintmax_t{6} << 20) << "what came is kept";
  EXPECT_LT(grown, std::uintmax_t{8} << 20);
}

TEST_F(ReplayFault, WhenEveryResponseIsLongTheRunIsGivenUpAtTheSizeOfTheFile) {
  record(2, 40);
  const int port = free_port();
  const Process staging(target(port, "endless", {"--delay", "0.02"}));
  wait_for_port(port);
  const std::string where = "127.0.0.1:" + std::to_string(port);
  const Outcome outcome = replay(where, {"--max-response", "4MiB", "--max-size", "20MiB", "--connections", "1",
                                         "--speed", "max", "--fail-if", "match_rate < 0"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(outcome.err.find("the trace file has --max-size 20.0 MiB"), std::string::npos) << outcome.err;
  EXPECT_GT(row(outcome, "skipped.max_size"), 0U) << outcome.err;
  EXPECT_EQ(row(outcome, "planned"), row(outcome, "sent") + row(outcome, "skipped.max_size"));
  EXPECT_NE(json::parse(outcome.out).at("verdict").at("reasons").at(0).get<std::string>().find("--max-size"),
            std::string::npos);
}

TEST_F(ReplayFault, ATargetThatGoesAway) {
  record(2, 3);
  const int port = free_port();
  const Process staging(target(port, "gone"));
  wait_for_port(port);
  const Outcome outcome = replay("127.0.0.1:" + std::to_string(port), {"--connections", "1"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_EQ(row(outcome, "answered"), 3U) << outcome.err;
  EXPECT_EQ(row(outcome, "failed.connection_closed"), 1U) << outcome.err;
  EXPECT_EQ(row(outcome, "failed.refused"), 2U) << outcome.err;
}

// 600 requests at 5,000 a second, 10 ms each: 6 s of work for an eighth of a second.
TEST_F(ReplayFault, ATargetThatDoesNotKeepUpIsGivenUpAndTheGateFails) {
  record(1, 600);
  const int port = free_port();
  const Process staging(target(port, "ok", {"--delay", "0.01"}));
  wait_for_port(port);
  const std::string where = "127.0.0.1:" + std::to_string(port);
  const Words overload = {"--speed", "10", "--max-lateness", "200ms", "--fail-if", "match_rate < 0.5"};
  const Outcome outcome = replay(where, overload);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_NE(outcome.err.find("the target does not keep up: every request of the last"), std::string::npos)
      << outcome.err;
  EXPECT_GT(row(outcome, "skipped.overload"), 0U);
  EXPECT_EQ(row(outcome, "planned"), row(outcome, "sent") + row(outcome, "skipped.overload"));
  EXPECT_NE(json::parse(outcome.out).at("verdict").at("reasons").at(0).get<std::string>().find("did not keep up"),
            std::string::npos);
  EXPECT_EQ(tracerec({"-d", db(), "diff", "--fail-if", "match_rate < 0.5"}).exit_code, 1);  // judged again, too
  const Outcome patient = replay(where, {"--speed", "10", "--max-lateness", "off"});
  EXPECT_EQ(patient.exit_code, 0) << patient.err;
  EXPECT_EQ(row(patient, "answered"), 600U);
}

// A target that responds when four requests of a connection are there gets four only from who does not wait.
TEST_F(ReplayFault, ARecordedPipelineIsSentAsOne) {
  {
    const GinServer production;
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    std::string four;
    for (int i = 0; i < 4; ++i) four += custom_request(5);
    for (int round = 0; round < 3; ++round) {
      RawClient client(production.port());  // a new one: later on Go reads the first byte of a request by itself
      client.send(four);
      for (int i = 0; i < 4; ++i) ASSERT_FALSE(client.read_response("POST").empty());
    }
    stop_recording(*recorder);
  }
  ASSERT_EQ(stored().size(), 12U);
  const int port = free_port();
  const Process staging(target(port, "four"));
  wait_for_port(port);
  for (const char* speed : {"1", "max"}) {
    const Outcome outcome = replay("127.0.0.1:" + std::to_string(port), {"--speed", speed, "--timeout", "20s"});
    EXPECT_EQ(row(outcome, "answered"), 12U) << outcome.err;
  }
  const GinServer good;
  const Outcome outcome = replay(good.address());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
}

TEST_F(ReplayFault, WithoutAPipelineInTheRecordingNoneIsSent) {
  record(1, 4);
  const int port = free_port();
  const Process staging(target(port, "four"));
  wait_for_port(port);
  const Outcome outcome = replay("127.0.0.1:" + std::to_string(port), {"--timeout", "300ms"});
  EXPECT_EQ(row(outcome, "failed.timeout"), 4U) << outcome.err;
}

// 20 ms for what took a fraction of one in the run before.
TEST_F(ReplayFault, ASlowdownIsProvenAgainstAnotherRunOnly) {
  record(1, 60);
  for (const char* delay : {"0", "0.02"}) {
    const int port = free_port();
    const Process staging(target(port, "ok", {"--delay", delay}));
    wait_for_port(port);
    const Outcome outcome = replay("127.0.0.1:" + std::to_string(port));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_FALSE(json::parse(outcome.out).at("latency").at("proves").get<bool>());
  }
  const Words judge = {"-d", db(), "diff", "--fail-if", "slowdowns > 0", "--report", "json"};
  const Outcome alone = tracerec(judge);
  EXPECT_EQ(alone.exit_code, 2);
  EXPECT_NE(alone.err.find("add --against RUN"), std::string::npos) << alone.err;
  const Outcome before = replay("127.0.0.1:1", {"--fail-if", "slowdowns > 0"});  // said before anything is sent
  EXPECT_EQ(before.exit_code, 2);
  EXPECT_NE(before.err.find("add --against RUN"), std::string::npos) << before.err;
  Words against = judge;
  against.insert(against.end(), {"--run", "2", "--against", "1"});
  const Outcome slower = tracerec(against);
  EXPECT_EQ(slower.exit_code, 1) << slower.out << slower.err;
  const json latency = json::parse(slower.out).at("latency");
  EXPECT_EQ(latency.at("compared_with"), "run 1");
  EXPECT_EQ(latency.at("slowdowns"), 1);
  EXPECT_EQ(latency.at("endpoints").at(0).at("change"), "slower");
  Words other_way = judge;
  other_way.insert(other_way.end(), {"--run", "1", "--against", "2"});
  EXPECT_EQ(tracerec(other_way).exit_code, 0);
}

}  // namespace
}  // namespace tracerec::e2e
