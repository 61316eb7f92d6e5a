// Which processes are recorded, and what ends a recording.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

class RecordProcess : public KernelTest {};

void request_once(int port, std::size_t size) {
  RawClient client(port);
  client.send(custom_request(size));
  ASSERT_FALSE(client.read_response().empty());
}

TEST_F(RecordProcess, TheEndOfTheProcessEndsTheRecording) {
  GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  request_once(server.port(), 10);
  server.stop();
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  EXPECT_NE(recorder->err().find("the recorded process ended"), std::string::npos);
  EXPECT_EQ(stored().size(), 1U);
}

TEST_F(RecordProcess, ACommandIsRecordedFromItsFirstInstruction) {
  const int port = free_port();
  const auto recorder = start_recording({"--", "env", "PORT=" + std::to_string(port), GIN_SERVER_BINARY});
  wait_for_port(port);
  request_once(port, 10);
  stop_recording(*recorder);
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_TRUE(stored()[0].row.complete);
}

TEST_F(RecordProcess, ACommandGetsTheLimitOfOpenFilesThatItsStarterHad) {
  const std::string file = folder() + "/limit";
  const Outcome recorded = run({"sh", "-c",
                                std::string("ulimit -S -n 300; exec ") + TRACEREC_BINARY + " -d " + db() +
                                    " record -- sh -c 'ulimit -n > " + file + "'"});
  EXPECT_NE(recorded.err.find("nothing was recorded"), std::string::npos) << recorded.err;
  std::string limit;
  std::ifstream(file) >> limit;
  EXPECT_EQ(limit, "300");
}

TEST_F(RecordProcess, AProcessThatBecomesAnotherProgramIsStillRecorded) {
  const int port = free_port();
  Process::Options options;
  options.environment.push_back("PORT=" + std::to_string(port));
  ASSERT_EQ(::mkfifo((folder() + "/go").c_str(), 0600), 0);
  const Process shell({"sh", "-c", "read go < " + folder() + "/go; exec " + GIN_SERVER_BINARY}, options);
  const auto recorder = start_recording({"--pid", std::to_string(shell.pid())});
  std::ofstream(folder() + "/go") << "go\n";
  wait_for_port(port);
  request_once(port, 10);
  stop_recording(*recorder);
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_TRUE(stored()[0].row.complete);
}

// The recorder waited for it without a word.
TEST_F(RecordProcess, ACommandThatIgnoresSigtermIsKilled) {
  const Outcome outcome =
      tracerec({"-d", db(), "record", "--for", "1s", "--", "python3", "-c",
                "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(50)"});
  EXPECT_NE(outcome.err.find("nothing was recorded"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("did not end within 5 s of SIGTERM and is killed"), std::string::npos) << outcome.err;
}

TEST_F(RecordProcess, AFileThatIsDeletedMeanwhileIsNoSuccess) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  for (const char* part : {"", "-wal", "-shm"}) ::unlink((db() + part).c_str());
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 2);
  EXPECT_NE(recorder->err().find("was deleted while it was written"), std::string::npos) << recorder->err();
}

TEST_F(RecordProcess, ANameThatIsNotUtf8IsTaken) {
  const Outcome outcome = tracerec({"-d", db(), "record", "--comm", "a\xff", "--for", "200ms"});
  EXPECT_EQ(outcome.err.find("internal error"), std::string::npos) << outcome.err;
}

TEST_F(RecordProcess, ACommandThatCannotStartIsNamed) {
  const Outcome outcome = tracerec({"-d", db(), "record", "--", "/no/such/command"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("cannot start /no/such/command"), std::string::npos) << outcome.err;
}

TEST_F(RecordProcess, OtherPortsAreLeftOut) {
  const GinServer server;
  const auto recorder =
      start_recording({"--pid", std::to_string(server.pid()), "--port", std::to_string(server.port() + 1)});
  request_once(server.port(), 10);
  stop_empty_recording(*recorder);
  EXPECT_TRUE(stored().empty());
}

TEST_F(RecordProcess, StopsAfterSoManyExchanges) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid()), "--max-exchanges", "3"});
  for (int i = 0; i < 5; ++i) request_once(server.port(), 10);
  EXPECT_EQ(recorder->wait(), 0);
  EXPECT_EQ(stored().size(), 3U);
}

TEST_F(RecordProcess, StopsAfterSomeTime) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid()), "--for", "200ms"});
  EXPECT_EQ(recorder->wait(), 2) << "nothing was recorded";
  EXPECT_NE(recorder->err().find("recorded 0 exchanges"), std::string::npos) << recorder->err();
}

TEST_F(RecordProcess, ExcludedEndpointsAreNotStored) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid()), "--exclude", "POST /customResponse"});
  request_once(server.port(), 10);
  RawClient client(server.port());
  client.send("GET /other HTTP/1.1\r\nHost: gin\r\n\r\n");
  ASSERT_FALSE(client.read_response().empty());
  stop_recording(*recorder);
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_EQ(stored()[0].row.target, "/other");
  EXPECT_EQ(stored()[0].row.status, 404);
}

// A kill -9 of the recorder: the file opens, and every exchange in it is whole.
TEST_F(RecordProcess, AKilledRecorderLeavesAFileThatOpens) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(server.port());
  std::vector<std::string> seen;
  for (int i = 0; i < 3000; ++i) {
    client.send(custom_request(static_cast<std::size_t>(i)));
    seen.push_back(client.read_response());
    if (i == 2500) recorder->signal(SIGKILL);
  }
  EXPECT_EQ(recorder->wait(), 128 + SIGKILL);
  const auto rows = stored();
  ASSERT_LE(rows.size(), seen.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(rows[i].row.complete);
    EXPECT_TRUE(rows[i].response == seen[i]);
  }
  const auto again = start_recording({"--pid", std::to_string(server.pid())});
  request_once(server.port(), 7);
  stop_recording(*again);
  EXPECT_EQ(stored().size(), 1U);
}

}  // namespace
}  // namespace tracerec::e2e
