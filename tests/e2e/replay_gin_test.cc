// The main job: a live server is recorded, replayed to a good and a bad staging server, and the regression is named.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness.h"

namespace tracerec::e2e {
namespace {

using nlohmann::json;

class ReplayGin : public KernelTest {
 protected:
  // Records three responses of each size on each of two connections.
  void record_sample() {
    const GinServer production;
    const auto recorder = start_recording({"--pid", std::to_string(production.pid())});
    for (int connection = 0; connection < 2; ++connection) {
      RawClient client(production.port());
      for (const std::size_t size : {5U, 100U, 5000U, 200'000U, 0U}) {
        for (int i = 0; i < 3; ++i) {
          client.send(custom_request(size));
          ASSERT_FALSE(client.read_response().empty());
        }
      }
      client.send(custom_request(20'000'000));  // answered with 400
      ASSERT_FALSE(client.read_response().empty());
    }
    recorded_address_ = production.address();
    stop_recording(*recorder);
  }

  Outcome replay(const GinServer& staging, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"-d",      db(),  "replay",   "--target", staging.address(),
                                       "--speed", "max", "--report", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return tracerec(arguments);
  }

  std::string recorded_address_;
};

const json* find_finding(const json& report, const std::string& location, const std::string& kind) {
  for (const json& finding : report.at("findings")) {
    if (finding.at("location") == location && finding.at("kind") == kind) return &finding;
  }
  return nullptr;
}

TEST_F(ReplayGin, AGoodStagingServerPasses) {
  record_sample();
  const GinServer staging;
  const Outcome outcome = replay(staging);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
  const json report = json::parse(outcome.out);
  EXPECT_TRUE(report.at("findings").empty()) << outcome.out;
  EXPECT_NE(outcome.err.find("32 sent, 32 answered, 0 failed, 0 skipped"), std::string::npos) << outcome.err;
}

TEST_F(ReplayGin, ABadDeployIsNamedWithCounts) {
  record_sample();
  const GinServer staging({"-rename-above", "50000", "-error-every", "10"});
  const Outcome outcome = replay(staging, {"--connections", "1"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.out << outcome.err;
  const json report = json::parse(outcome.out);
  const json* missing = find_finding(report, "$.answer", "missing");
  const json* added = find_finding(report, "$.response", "added");
  const json* status = find_finding(report, "status", "status");
  ASSERT_TRUE(missing && added && status) << outcome.out;
  EXPECT_EQ(missing->at("endpoint"), "POST /customResponse");
  EXPECT_EQ(status->at("exchanges").get<int>(), 3) << outcome.out;
  // 30 requests are served on one connection after the other; the 10th, 20th and 30th get a 500. The long ones are the
  // 10th to 12th and the 25th to 27th, so five of them get the renamed field.
  EXPECT_EQ(added->at("exchanges").get<int>(), 5) << outcome.out;
}

TEST_F(ReplayGin, ARunCanBeJudgedAgain) {
  record_sample();
  const GinServer staging({"-rename-above", "50000"});
  EXPECT_EQ(replay(staging).exit_code, 1);
  const std::string xml = folder() + "/report.xml";
  EXPECT_EQ(tracerec({"-d", db(), "diff", "--report", "junit=" + xml}).exit_code, 1);
  EXPECT_EQ(run({"grep", "-q", "<failure", xml}).exit_code, 0);
  EXPECT_EQ(tracerec({"-d", db(), "diff", "--fail-if", "findings.high > 100"}).exit_code, 0);
  EXPECT_EQ(tracerec({"-d", db(), "diff", "--fail-if", "nonsense > 1"}).exit_code, 2);
  EXPECT_EQ(tracerec({"-d", db(), "diff", "--run", "99"}).exit_code, 2);
}

TEST_F(ReplayGin, TheRecordedAddressIsRefused) {
  record_sample();
  const Outcome outcome = tracerec({"-d", db(), "replay", "--target", recorded_address_});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("--allow-recorded-target"), std::string::npos) << outcome.err;
}

TEST_F(ReplayGin, RequestsGoOutByteForByteExceptHost) {
  record_sample();
  const GinServer staging;
  const std::string first_db = db();
  const std::string second_db = folder() + "/second.db";
  Process recorder({TRACEREC_BINARY, "-d", second_db, "record", "--pid", std::to_string(staging.pid())});
  ASSERT_TRUE(recorder.wait_for_stderr("recording pid"));
  EXPECT_EQ(replay(staging, {"--connections", "1"}).exit_code, 0);
  stop_recording(recorder);
  auto reader = schema::Reader::open(second_db);
  ASSERT_TRUE(reader.has_value());
  std::size_t compared = 0;
  const auto rows = stored();
  ASSERT_TRUE((*reader)
                  ->for_each_exchange(1,
                                      [&](const schema::StoredExchange& sent) {
                                        std::string expected = rows.at(compared++).row.request_head;
                                        const std::string host = "Host: gin\r\n";
                                        expected.replace(expected.find(host), host.size(),
                                                         "Host: " + staging.address() + "\r\n");
                                        EXPECT_EQ(sent.request_head, expected);
                                        return true;
                                      })
                  .has_value());
  EXPECT_EQ(compared, rows.size());
}

TEST_F(ReplayGin, DryRunSendsNothing) {
  record_sample();
  const Outcome outcome = tracerec({"-d", db(), "replay", "--target", "127.0.0.1:1", "--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NE(outcome.err.find("would send 32 of 32"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace tracerec::e2e
