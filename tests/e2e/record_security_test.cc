// The recorder beside a process that means it harm, and what the recorder itself may do. docs/security.md lists these
// tests by threat.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The value of a line of /proc/PID/status.
std::string status_of(const fs::path& task, const std::string& name) {
  std::istringstream lines(text_of(task / "status"));
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(name + ":\t", 0) == 0) return line.substr(name.size() + 2);
  }
  return {};
}

std::uint64_t capabilities_of(const fs::path& task, const std::string& set) {
  return std::stoull(status_of(task, set), nullptr, 16);
}

void request_once(int port) {
  RawClient client(port);
  client.send(custom_request(10));
  ASSERT_FALSE(client.read_response().empty());
}

constexpr uid_t kNobody = 65534;

class RecordSecurity : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    ::chmod(folder().c_str(), 01777);  // as /tmp: another user runs the program in it
  }

  // What is in the file of an ordinary user, which root does not read as it is.
  [[nodiscard]] std::vector<Stored> stored_by_nobody() const {
    give_files_to(0);
    std::vector<Stored> all = stored();
    give_files_to(kNobody);
    return all;
  }
  void give_files_to(uid_t user) const {
    for (const char* part : {"", "-wal", "-shm"}) (void)!::chown((db() + part).c_str(), user, user);
  }

  // A copy of the program that an ordinary user may run with these capabilities.
  [[nodiscard]] std::string with_file_capabilities(const std::string& capabilities) const {
    std::string copy = folder() + "/tracerec";
    fs::copy_file(TRACEREC_BINARY, copy, fs::copy_options::overwrite_existing);
    ::chmod(copy.c_str(), 0755);
    EXPECT_EQ(run({"setcap", capabilities, copy}).exit_code, 0) << "setcap (libcap2-bin) is needed";
    return copy;
  }

  static Process::Options as_nobody() {
    Process::Options options;
    options.unprivileged = true;
    return options;
  }

  static Process::Options under_sudo_of_nobody() {
    Process::Options options;
    options.environment = {"SUDO_UID=65534", "SUDO_GID=65534"};
    return options;
  }
};

const std::string kAll = "cap_bpf,cap_perfmon,cap_sys_ptrace,cap_checkpoint_restore,cap_dac_read_search=ep";

// ---- files

TEST_F(RecordSecurity, AFileThatWasForgedWithFuseIsAHoleAndNotTheFileThatItWasMadeToLookLike) {
  std::ofstream(folder() + "/secret") << "SECRET " << letters(5000);
  ::chmod((folder() + "/secret").c_str(), 0600);
  fs::create_directory(folder() + "/mount");
  const int port = free_port();
  const std::string script = std::string(TRACEREC_HOSTILE) + "/forged_file.py";
  const Process server(
      {"unshare", "-m", "python3", script, folder() + "/secret", std::to_string(port), folder() + "/mount"});
  if (!server.wait_for_stderr("ready")) {
    if (std::getenv("CI") != nullptr) FAIL() << server.err();
    GTEST_SKIP() << server.err();
  }
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(client.read_response().find("FFFF"), std::string::npos);
  client.close();
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  ASSERT_EQ(stored().size(), 1U);
  EXPECT_FALSE(stored()[0].row.complete);
  EXPECT_EQ(stored()[0].response.find("SECRET"), std::string::npos);
  EXPECT_GT(ledger("lost.file").bytes, 5000U);
}

// ---- rights

TEST_F(RecordSecurity, ARunningRecorderKeepsTheCapabilitiesThatItStillNeedsInEachThread) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  // DAC_READ_SEARCH, SYS_PTRACE, PERFMON, BPF, CHECKPOINT_RESTORE
  const std::uint64_t allowed = 1ULL << 2 | 1ULL << 19 | 1ULL << 38 | 1ULL << 39 | 1ULL << 40;
  const fs::path process = "/proc/" + std::to_string(recorder->pid());
  std::size_t threads = 0;
  for (const auto& task : fs::directory_iterator(process / "task")) {
    ++threads;
    EXPECT_EQ(capabilities_of(task, "CapPrm") & ~allowed, 0U) << status_of(task, "Name") << status_of(task, "CapPrm");
    EXPECT_EQ(capabilities_of(task, "CapInh"), 0U);
    EXPECT_EQ(status_of(task, "NoNewPrivs"), "1");
  }
  EXPECT_GE(threads, 3U);
  const std::string limits = text_of(process / "limits");
  std::istringstream core(limits.substr(limits.find("Max core file size") + 18));
  std::string soft, hard;
  core >> soft >> hard;
  EXPECT_EQ(soft + " " + hard, "0 0");
  request_once(server.port());
  stop_recording(*recorder);
  EXPECT_EQ(stored().size(), 1U);
}

TEST_F(RecordSecurity, WithoutTlsItKeepsNoRightToProbeLibraries) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid()), "--tls", "off"});
  const std::uint64_t kept = capabilities_of("/proc/" + std::to_string(recorder->pid()), "CapPrm");
  EXPECT_EQ(kept & (1ULL << 38 | 1ULL << 40), 0U);
  request_once(server.port());
  stop_recording(*recorder);
}

TEST_F(RecordSecurity, UnderSudoTheCommandRunsAsWhoCalledIt) {
  const std::string script = "echo $(id -u) $(id -g) $(id -G) $HOME $(grep NoNewPrivs /proc/self/status) > " +
                             folder() + "/who; ulimit -c > " + folder() + "/core";
  const Outcome outcome =
      run({"sh", "-c",
           std::string("ulimit -c 7; exec ") + TRACEREC_BINARY + " -d " + db() + " record -- sh -c '" + script + "'"},
          under_sudo_of_nobody());
  EXPECT_NE(outcome.err.find("nothing was recorded"), std::string::npos) << outcome.err;
  EXPECT_EQ(text_of(folder() + "/who"), "65534 65534 65534 /nonexistent NoNewPrivs: 0\n");
  EXPECT_EQ(text_of(folder() + "/core"), "7\n");
}

TEST_F(RecordSecurity, UnderSudoTheCommandRunsAsRootWhenThatIsSaid) {
  const Outcome outcome =
      run({TRACEREC_BINARY, "-d", db(), "record", "--as-root", "--", "sh", "-c", "id -u > " + folder() + "/who"},
          under_sudo_of_nobody());
  EXPECT_NE(outcome.err.find("nothing was recorded"), std::string::npos) << outcome.err;
  EXPECT_EQ(text_of(folder() + "/who"), "0\n");
}

// The command ran as root.
TEST_F(RecordSecurity, WithoutTheGroupOfSudoTheCommandRunsAsItsUserAllTheSame) {
  for (const std::string group : {"", "SUDO_GID=", "SUDO_GID=staff", "SUDO_GID=-1"}) {
    Process::Options options;
    options.environment = {"SUDO_UID=65534", group.empty() ? "UNUSED=" : group};
    const std::string script = "echo $(id -u) $(id -g) $(id -G) $HOME > " + folder() + "/who";
    const Outcome outcome = run({TRACEREC_BINARY, "-d", db(), "record", "--", "sh", "-c", script}, options);
    EXPECT_NE(outcome.err.find("nothing was recorded"), std::string::npos) << outcome.err;
    EXPECT_EQ(text_of(folder() + "/who"), "65534 65534 65534 /nonexistent\n") << group;
  }
}

TEST_F(RecordSecurity, WhoCannotBeFoundRunsNoCommandAndOneWithoutEntryHasNothingOfRoot) {
  const std::string script = "echo $(id -u) $(id -g) $(id -G) $HOME \"$USER\" > " + folder() + "/who";
  for (const std::string user : {"SUDO_UID=4242424", "SUDO_UID=", "SUDO_UID=x", "SUDO_UID=-1", "SUDO_USER=nobody"}) {
    Process::Options options;
    options.environment = {user};
    const Outcome outcome = run({TRACEREC_BINARY, "-d", db(), "record", "--", "sh", "-c", script}, options);
    EXPECT_EQ(outcome.exit_code, 2) << user << outcome.err;
    EXPECT_NE(outcome.err.find("--as-root"), std::string::npos) << outcome.err;
    EXPECT_FALSE(fs::exists(folder() + "/who")) << user;
  }
  const std::string open = folder() + "/open";
  fs::create_directory(open);
  ::chmod(folder().c_str(), 0755);
  ::chmod(open.c_str(), 0777);
  Process::Options options;
  options.environment = {"SUDO_UID=4242424", "SUDO_GID=4242425"};
  const std::string there = "cd " + open + "; echo $(id -u) $(id -g) $(id -G) $HOME \"$USER\" > who";
  const Outcome outcome = run({TRACEREC_BINARY, "-d", db(), "record", "--", "sh", "-c", there}, options);
  EXPECT_EQ(text_of(open + "/who"), "4242424 4242425 4242425 / \n") << outcome.err;
}

TEST_F(RecordSecurity, TheCommandOfAnotherUserIsEndedWithTheRecording) {
  const Process recorder({TRACEREC_BINARY, "-d", db(), "record", "--", "sleep", "600"}, under_sudo_of_nobody());
  ASSERT_TRUE(recorder.wait_for_stderr("recording pid"));
  const std::string line = recorder.err().substr(recorder.err().find("recording pid") + 14);
  const std::string child = line.substr(0, line.find(' '));
  recorder.signal(SIGINT);
  EXPECT_TRUE(eventually([&] { return !fs::exists("/proc/" + child); }));
}

// ---- whose processes

TEST_F(RecordSecurity, ANameIsNotEnoughForAProcessOfAnotherUser) {
  const std::string program = folder() + "/shop";
  fs::copy_file(GIN_SERVER_BINARY, program);
  ::chmod(program.c_str(), 0755);
  const int of_root = free_port(), of_nobody = free_port(), later = free_port();
  const auto start = [&](int port, bool unprivileged) {
    Process::Options options;
    options.environment.push_back("PORT=" + std::to_string(port));
    options.unprivileged = unprivileged;
    auto process = std::make_unique<Process>(std::vector<std::string>{program}, options);
    wait_for_port(port);
    return process;
  };
  const auto one = start(of_root, false), other = start(of_nobody, true);
  for (const bool all : {false, true}) {
    std::vector<std::string> arguments = {TRACEREC_BINARY, "-d", db(), "record", "--comm", "shop"};
    if (all) arguments.emplace_back("--all-users");
    Process recorder(arguments, under_sudo_of_nobody());
    ASSERT_TRUE(recorder.wait_for_stderr("recording pid")) << recorder.err();
    EXPECT_EQ(recorder.err().find("left out: 1 process of the name shop") != std::string::npos, !all) << recorder.err();
    const auto started_later = start(later, false);
    for (const int port : {of_root, of_nobody, later}) request_once(port);
    stop_recording(recorder);
    EXPECT_EQ(stored_by_nobody().size(), all ? 3U : 1U);
  }
}

// ---- an ordinary user with file capabilities

TEST_F(RecordSecurity, AnOrdinaryUserRecordsWithFileCapabilities) {
  const std::string copy = with_file_capabilities(kAll);
  const GinServer server;
  Process recorder({copy, "-d", db(), "record", "--pid", std::to_string(server.pid())}, as_nobody());
  ASSERT_TRUE(recorder.wait_for_stderr("recording pid")) << recorder.err();
  request_once(server.port());
  stop_recording(recorder);
  const Outcome doctor = run({copy, "doctor", "--pid", std::to_string(server.pid())}, as_nobody());
  EXPECT_NE(doctor.out.find("can be read inside TLS: crypto/tls"), std::string::npos) << doctor.out;
  EXPECT_EQ(recorder.err().find("cannot"), std::string::npos) << recorder.err();
  struct stat file {};
  ASSERT_EQ(::stat(db().c_str(), &file), 0);
  EXPECT_EQ(file.st_uid, kNobody);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  const std::vector<Stored> all = stored_by_nobody();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].row.complete);
}

// CAP_DAC_READ_SEARCH is for what the recorded process has, not for what the caller names.
TEST_F(RecordSecurity, FileCapabilitiesOpenNoFileForTheCaller) {
  const std::string copy = with_file_capabilities(kAll);
  const std::string secret = folder() + "/secret";
  std::ofstream(secret) << "A: root's own\n";
  ::chmod(secret.c_str(), 0600);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"replay", "--target", "127.0.0.1:1", "--set-header", "@" + secret},
        std::vector<std::string>{"-d", secret, "ls"},
        std::vector<std::string>{"scrub", secret, "-o", folder() + "/out"},
        std::vector<std::string>{"record", "--pid", "1", "--redact", secret}}) {
    std::vector<std::string> command = {copy};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const Outcome outcome = run(command, as_nobody());
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.err.find("Permission denied"), std::string::npos) << outcome.err;
  }
}

// A terminal that is closed: the recording ends as after Ctrl-C.
TEST_F(RecordSecurity, AHangUpEndsTheRecordingWhole) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  request_once(server.port());
  recorder->signal(SIGHUP);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  EXPECT_NE(recorder->err().find("recorded 1 exchanges"), std::string::npos) << recorder->err();
}

TEST_F(RecordSecurity, DoctorNamesTheCapabilityThatIsMissing) {
  const Outcome one = run({with_file_capabilities("cap_bpf=ep"), "doctor"}, as_nobody());
  EXPECT_EQ(one.exit_code, 2);
  EXPECT_NE(one.out.find("CAP_PERFMON is missing"), std::string::npos) << one.out;
  const Outcome few = run({with_file_capabilities("cap_bpf,cap_perfmon=ep"), "doctor"}, as_nobody());
  EXPECT_EQ(few.exit_code, 0) << few.out;
  EXPECT_NE(few.out.find("note without CAP_SYS_PTRACE and CAP_CHECKPOINT_RESTORE"), std::string::npos) << few.out;
  const Outcome all = run({with_file_capabilities(kAll), "doctor"}, as_nobody());
  EXPECT_EQ(all.exit_code, 0) << all.out;
  EXPECT_EQ(all.out.find("note without"), std::string::npos) << all.out;
}

// ---- limits of the machine

TEST_F(RecordSecurity, TheLimitOfProcessesIsSaidInOneLine) {
  const std::string copy = with_file_capabilities(kAll);
  const GinServer server;
  const Outcome outcome =
      run({"prlimit", "--nproc=0", copy, "-d", db(), "record", "--for", "1s", "--pid", std::to_string(server.pid())},
          as_nobody());
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_NE(outcome.err.find("raise the limit of processes"), std::string::npos) << outcome.err;
}

TEST_F(RecordSecurity, TheLimitOfProcessesIsSaidByOtherCommandsToo) {
  const std::string copy = with_file_capabilities(kAll);
  const GinServer server;
  Process recorder({copy, "-d", db(), "record", "--pid", std::to_string(server.pid())}, as_nobody());
  ASSERT_TRUE(recorder.wait_for_stderr("recording pid")) << recorder.err();
  request_once(server.port());
  stop_recording(recorder);
  const Outcome replayed =
      run({"prlimit", "--nproc=0", copy, "-d", db(), "replay", "--allow-recorded-target", "--target", server.address()},
          as_nobody());
  EXPECT_EQ(replayed.exit_code, 2) << replayed.err;
  EXPECT_NE(replayed.err.find("tracerec: cannot start a thread"), std::string::npos) << replayed.err;
}

// A group of 60 MB killed a recorder that took 64 MiB by default.
TEST_F(RecordSecurity, AGroupWithLittleMemoryDoesNotEndTheRecorder) {
  const std::string group = "/sys/fs/cgroup/memory/tracerec-test-" + std::to_string(::getpid());
  std::error_code error;
  if (!fs::exists("/sys/fs/cgroup/memory/memory.limit_in_bytes") || !fs::create_directory(group, error)) {
    GTEST_SKIP() << "no control group of version 1 for memory here";
  }
  std::ofstream(group + "/memory.limit_in_bytes") << "60000000";
  {
    const GinServer server;
    Process recorder({"sh", "-c",
                      "echo $$ > " + group + "/cgroup.procs; exec " + TRACEREC_BINARY + " -d " + db() +
                          " record --pid " + std::to_string(server.pid())});
    ASSERT_TRUE(recorder.wait_for_stderr("recording pid")) << recorder.err();
    EXPECT_NE(recorder.err().find("the control group allows"), std::string::npos) << recorder.err();
    RawClient client(server.port());
    for (int i = 0; i < 200; ++i) {
      client.send(custom_request(1'000'000));
      ASSERT_FALSE(client.read_response().empty());
    }
    recorder.signal(SIGINT);
    EXPECT_EQ(recorder.wait(), 0) << recorder.err();
  }
  EXPECT_TRUE(eventually([&] { return fs::remove(group, error); }));
}

}  // namespace
}  // namespace tracerec::e2e
