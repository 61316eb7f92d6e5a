// What is wrong gets one line that says what, where and what to do; exit code 2; and nothing is damaged.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

class BadInput : public KernelTest {
 protected:
  // Exit code 2, and stderr is one line that starts with "tracerec: " and holds `part`.
  static void expect_refusal(const Outcome& outcome, const std::string& part) {
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(outcome.err.rfind("tracerec: ", 0), 0U) << outcome.err;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
  }
};

TEST_F(BadInput, NoSuchPid) {
  expect_refusal(tracerec({"-d", db(), "record", "--pid", "99999999"}), "no process has pid 99999999");
  EXPECT_FALSE(fs::exists(db()));
}

TEST_F(BadInput, WhatIsNoProcessIsRefusedByRecordAndDoctor) {
  const pid_t zombie = ::fork();
  if (zombie == 0) ::_exit(0);
  ASSERT_TRUE(eventually([&] {
    siginfo_t ended{};
    return ::waitid(P_PID, static_cast<id_t>(zombie), &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           ended.si_pid == zombie;
  }));
  // A number that is some process's in its lower 32 bits; one that kill(2) takes for everybody; pid 2 is kthreadd.
  const std::vector<std::string> pids = {std::to_string((std::int64_t{1} << 32) + ::getpid()), "9223372036854775807",
                                         std::to_string(zombie), "2"};
  for (const std::string& pid : pids) {
    const Outcome recorded = tracerec({"-d", db(), "record", "--pid", pid, "--for", "1s"});
    EXPECT_EQ(recorded.exit_code, 2) << pid << recorded.err;
    EXPECT_NE(recorded.err.find("pid " + pid), std::string::npos) << recorded.err;
    const Outcome doctor = tracerec({"doctor", "--pid", pid});
    EXPECT_EQ(doctor.exit_code, 2) << doctor.out;
    EXPECT_NE(doctor.out.find("FAIL process " + pid), std::string::npos) << doctor.out;
  }
  ::waitpid(zombie, nullptr, 0);
}

TEST_F(BadInput, FewOpenFilesAreSaidByRecordAndDoctor) {
  for (const char* count : {"20", "30", "40", "100"}) {
    const std::string limit = std::string("ulimit -n ") + count + "; exec " + TRACEREC_BINARY + " ";
    const Outcome doctor = run({"sh", "-c", limit + "doctor"});
    EXPECT_EQ(doctor.exit_code, 2) << count << doctor.out;
    EXPECT_NE(doctor.out.find("ulimit -n"), std::string::npos) << doctor.out;
    const Outcome recorded =
        run({"sh", "-c", limit + "-d " + db() + " record --for 1s --pid " + std::to_string(::getpid())});
    EXPECT_EQ(recorded.exit_code, 2) << recorded.err;
    EXPECT_NE(recorded.err.find("ulimit -n"), std::string::npos) << recorded.err;
  }
}

// Whatever the command, and whether the output is shorter or longer than its buffer.
TEST_F(BadInput, OutputThatCannotBeWrittenIsNoSuccess) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(server.port());
  client.send(custom_request(10));
  client.read_response("POST");
  stop_recording(*recorder);
  const std::string to_server = " --allow-recorded-target --fail-if failed --target " + server.address();
  for (const std::string command :
       {"--version", "--help", "ls --help", "doctor", "ls", "ls --json", "ls --recording 0", "ls --recording 0 --json",
        "show 1", "show 1 --as http", "show 1 --as json", "show 1 --as curl", "export jsonl", "export curl",
        "replay --speed max", "diff --fail-if failed", "diff --fail-if failed --report json"}) {
    const std::string more = command.starts_with("replay") ? to_server : "";
    const std::string line = std::string(TRACEREC_BINARY) + " -d " + db() + " " + command + more;
    for (const std::string closed : {" >/dev/full", " >&-"}) {
      const Outcome done = run({"sh", "-c", line + closed});
      EXPECT_EQ(done.exit_code, 2) << command << closed << done.err;
      EXPECT_NE(done.err.find("tracerec: cannot write "), std::string::npos) << command << closed << done.err;
    }
  }
}

// What a command prints must not end up in the trace file because that got the number of standard output.
TEST_F(BadInput, ClosedDescriptorsAreNotTakenByFiles) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(server.port());
  client.send(custom_request(10));
  client.read_response("POST");
  stop_recording(*recorder);
  const std::vector<std::string> commands = {
      "ls",
      "show 1",
      "export curl",
      "replay --allow-recorded-target --fail-if failed --target " + server.address(),
      "diff --fail-if failed",
      "diff --fail-if failed --report json",
      "record --outgoing -- curl -s -o /dev/null http://" + server.address()};
  for (const std::string& command : commands) {
    for (const std::string closed : {">&-", "<&-", "<&- >&-", "<&- >&- 2>&-"}) {
      const Outcome done =
          run({"sh", "-c", std::string(TRACEREC_BINARY) + " -d " + db() + " " + command + " " + closed});
      const bool is_output_closed = closed.find(">&-") != std::string::npos && command.rfind("record", 0) != 0;
      EXPECT_EQ(done.exit_code, is_output_closed ? 2 : 0) << command << closed << done.err;
      EXPECT_EQ(tracerec({"-d", db(), "ls"}).exit_code, 0) << command << closed;
    }
  }
}

TEST_F(BadInput, NothingToRecord) {
  expect_refusal(tracerec({"-d", db(), "record"}), "--pid PID");
}

TEST_F(BadInput, UnknownOptionAndSubcommand) {
  expect_refusal(tracerec({"record", "--pdi", "1"}), "--pdi");
  expect_refusal(tracerec({"rekord"}), "rekord");
  expect_refusal(tracerec({}), "subcommand");
  expect_refusal(tracerec({"recrod"}), "there is no command 'recrod' (did you mean record?)");
  expect_refusal(tracerec({"recrod", "--pid", "5"}), "there is no command 'recrod' (did you mean record?)");
  expect_refusal(tracerec({"--pid", "5", "record"}), "'--pid' belongs behind the command: tracerec record --pid");
  expect_refusal(tracerec({"-d", "", "ls"}), "--db: names no file");
  expect_refusal(tracerec({"record", "--pid", "1", "--", "true"}), "say one of them only: --pid PID");
  expect_refusal(tracerec({"record", "--pid", "1", "--memory", "100GiB"}), "at most 4GiB");
  expect_refusal(tracerec({"record", "--pid", "1", "--sample", "0"}), "--sample must be above 0");
  expect_refusal(tracerec({"ls", "--jsno"}), "there is no option '--jsno' (did you mean --json?); see tracerec ls");
  expect_refusal(tracerec({"replay", "--targt=x"}), "there is no option '--targt=x' (did you mean --target?)");
  expect_refusal(tracerec({"diff", "--repot", "text"}), "there is no option '--repot' (did you mean --report?)");
  expect_refusal(tracerec({"ls", "foo"}), "ls takes no 'foo'");
}

TEST_F(BadInput, NonsenseValues) {
  const GinServer server;
  const std::string pid = std::to_string(server.pid());
  expect_refusal(tracerec({"-d", db(), "record", "--pid", pid, "--for", "soon"}), "soon");
  expect_refusal(tracerec({"-d", db(), "record", "--pid", pid, "--include", "GET"}), "'GET'");
  EXPECT_FALSE(fs::exists(db()));
}

TEST_F(BadInput, WithoutPrivilege) {
  const std::string copy = folder() + "/tracerec";
  fs::copy_file(TRACEREC_BINARY, copy);
  ::chmod(copy.c_str(), 0755);
  ::chmod(folder().c_str(), 0777);
  Process::Options unprivileged;
  unprivileged.unprivileged = true;
  const GinServer server;
  expect_refusal(run({copy, "-d", db(), "record", "--pid", std::to_string(server.pid())}, unprivileged), "root");
  EXPECT_FALSE(fs::exists(db()));
  const Outcome doctor = run({copy, "doctor"}, unprivileged);
  EXPECT_EQ(doctor.exit_code, 2);
  EXPECT_NE(doctor.out.find("FAIL"), std::string::npos);
}

TEST_F(BadInput, AFileThatIsNoDatabase) {
  std::ofstream(db()) << "dear diary, today I was not a database\n" << std::string(10'000, 'x');
  const GinServer server;
  const auto before = fs::file_size(db());
  expect_refusal(tracerec({"-d", db(), "record", "--pid", std::to_string(server.pid())}), db());
  expect_refusal(tracerec({"-d", db(), "ls"}), db());
  EXPECT_EQ(fs::file_size(db()), before);
}

TEST_F(BadInput, AMissingFile) {
  expect_refusal(tracerec({"-d", db(), "ls"}), db());
  expect_refusal(tracerec({"-d", db(), "replay", "--target", "127.0.0.1:1"}), db());
  EXPECT_FALSE(fs::exists(db()));
}

TEST_F(BadInput, ASecondRecorderOnTheSameFile) {
  const GinServer server;
  const std::string pid = std::to_string(server.pid());
  const auto recorder = start_recording({"--pid", pid});
  expect_refusal(tracerec({"-d", db(), "record", "--pid", pid}), "is writing");
  stop_empty_recording(*recorder);
}

TEST_F(BadInput, AnExchangeThatIsNotThere) {
  const GinServer server;
  stop_empty_recording(*start_recording({"--pid", std::to_string(server.pid())}));
  expect_refusal(tracerec({"-d", db(), "show", "4711"}), "4711");
  expect_refusal(tracerec({"-d", db(), "ls", "--recording", "4711"}), "4711");
}

TEST_F(BadInput, ATargetThatRefuses) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(server.port());
  client.send(custom_request(1));
  client.read_response();
  stop_recording(*recorder);
  expect_refusal(tracerec({"-d", db(), "replay", "--target", "127.0.0.1:" + std::to_string(free_port())}), "127.0.0.1");
}

}  // namespace
}  // namespace tracerec::e2e
