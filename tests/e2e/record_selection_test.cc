// Which processes and connections are recorded, and how much of them.
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "harness.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

class RecordSelection : public KernelTest {
 protected:
  static void ask(int port, std::size_t size = 10) {
    RawClient client(port);
    client.send(custom_request(size));
    ASSERT_FALSE(client.read_response().empty());
  }

  static std::string pid_of(const GinServer& server) { return std::to_string(server.pid()); }

  [[nodiscard]] std::size_t count() const { return stored().size(); }
};

// A server under a name of its own, as --comm sees it.
class NamedServer {
 public:
  NamedServer(const std::string& folder, const std::string& name) : port_(free_port()) {
    const fs::path program = fs::path(folder) / name;
    std::error_code exists;
    fs::copy_file(GIN_SERVER_BINARY, program, fs::copy_options::skip_existing, exists);
    Process::Options options;
    options.environment.push_back("PORT=" + std::to_string(port_));
    process_ = std::make_unique<Process>(std::vector<std::string>{program}, options);
    wait_for_port(port_);
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }

 private:
  int port_;
  std::unique_ptr<Process> process_;
};

TEST_F(RecordSelection, SeveralProcesses) {
  const GinServer one, two, other;
  const auto recorder = start_recording({"--pid", pid_of(one), "--pid", pid_of(two)});
  for (const GinServer* server : {&one, &two, &other}) ask(server->port());
  stop_recording(*recorder);
  EXPECT_EQ(count(), 2U);
}

TEST_F(RecordSelection, ByNameThoseThatRunAndThoseStartedLater) {
  const NamedServer before(folder(), "shop-with-a-long-name");
  const GinServer other;
  const auto recorder = start_recording({"--comm", "shop-with-a-long-name"});
  ask(before.port());
  const NamedServer later(folder(), "shop-with-a-long-name");
  ask(later.port());
  ask(other.port());
  stop_recording(*recorder);
  EXPECT_EQ(count(), 2U);
}

TEST_F(RecordSelection, ANameThatNobodyHasYetIsWaitedFor) {
  const auto recorder = start_recording({"--comm", "not-there-yet"});
  EXPECT_NE(recorder->err().find("none yet"), std::string::npos) << recorder->err();
  const NamedServer later(folder(), "not-there-yet");
  ask(later.port());
  stop_recording(*recorder);
  EXPECT_EQ(count(), 1U);
}

// As nginx, gunicorn and PostgreSQL do. Threads have names of their own, which are not the process's.
TEST_F(RecordSelection, AProcessThatGivesItselfTheName) {
  const int port = free_port();
  const std::string script = R"(
import ctypes, http.server, sys, threading, time
def rename(name): ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == '/thread':
            t = threading.Thread(target=lambda: rename(b'self-named')); t.start(); t.join()
        if self.path == '/rename': rename(b'self-named')
        self.send_response(200); self.send_header('Content-Length', '0'); self.end_headers()
http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
)";
  const Process server({"python3", "-c", script, std::to_string(port)});
  wait_for_port(port);
  const auto recorder = start_recording({"--comm", "self-named"});
  for (const char* path : {"/thread", "/before", "/rename", "/after"}) {
    RawClient client(port);
    client.send(std::string("GET ") + path + " HTTP/1.0\r\n\r\n");
    ASSERT_FALSE(client.read_to_end().empty());
  }
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 0);
  ASSERT_EQ(count(), 1U);
  EXPECT_TRUE(stored()[0].request.starts_with("GET /after "));
}

// A control group of version 2, made for the test; gone when empty.
class Group {
 public:
  Group() {
    for (const char* root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
      if (!fs::exists(fs::path(root) / "cgroup.procs") || !fs::exists(fs::path(root) / "cgroup.controllers")) continue;
      folder_ = fs::path(root) / ("tracerec-test-" + std::to_string(::getpid()));
      std::error_code error;
      fs::create_directories(folder_ / "inner", error);
      if (error) folder_.clear();
      return;
    }
  }
  ~Group() {
    if (folder_.empty()) return;
    ::rmdir((folder_ / "inner").c_str());
    ::rmdir(folder_.c_str());
  }
  [[nodiscard]] bool made() const { return !folder_.empty(); }
  [[nodiscard]] std::string name() const { return folder_.filename(); }
  [[nodiscard]] fs::path folder() const { return folder_; }
  void add(pid_t pid) const { std::ofstream(folder_ / "inner" / "cgroup.procs") << pid; }

 private:
  fs::path folder_;
};

TEST_F(RecordSelection, ByControlGroupThoseThatRunAndThoseStartedLater) {
  const Group group;
  if (!group.made()) {
    if (std::getenv("CI") != nullptr) FAIL() << "no control groups of version 2 can be made here";
    GTEST_SKIP() << "no control groups of version 2 can be made here";
  }
  {
    const GinServer inside, outside;
    group.add(inside.pid());
    const auto recorder = start_recording({"--cgroup", group.name()});
    ask(inside.port());
    ask(outside.port());
    const int port = free_port();
    const Process later({"sh", "-c",
                         "echo $$ > " + (group.folder() / "cgroup.procs").string() +
                             " && exec env PORT=" + std::to_string(port) + " " + GIN_SERVER_BINARY});
    wait_for_port(port);
    ask(port);
    group.add(outside.pid());
    ask(outside.port());
    stop_recording(*recorder);
    EXPECT_EQ(count(), 3U) << "inside, started there, and moved there";
  }
}

TEST_F(RecordSelection, AControlGroupThatIsNotThereIsNamed) {
  const Outcome outcome = tracerec({"-d", db(), "record", "--cgroup", "no-such-group"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("no-such-group"), std::string::npos) << outcome.err;
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1);
}

// Recorder and server in a pid namespace of their own, where the server has another number than outside.
TEST_F(RecordSelection, InsideAPidNamespace) {
  const int port = free_port();
  Process inside({"unshare", "--pid", "--fork", "--mount-proc", "sh", "-c",
                  "PORT=" + std::to_string(port) + " " + GIN_SERVER_BINARY + " & server=$!; sleep 0.5; exec " +
                      TRACEREC_BINARY + " -d " + db() + " record --pid $server --max-exchanges 2"});
  ASSERT_TRUE(inside.wait_for_stderr("recording pid 2")) << inside.err();
  ask(port);
  ask(port);
  EXPECT_EQ(inside.wait(), 0) << inside.err();
  EXPECT_EQ(count(), 2U);
}

// The same from outside: the number is the recorder's own.
TEST_F(RecordSelection, AServerInAnotherPidNamespace) {
  const int port = free_port();
  const Process inside({"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "env",
                        "PORT=" + std::to_string(port), GIN_SERVER_BINARY});
  wait_for_port(port);
  const auto recorder = start_recording({"--pid", std::to_string(inside.pid())});
  ask(port);
  stop_recording(*recorder);
  EXPECT_EQ(count(), 1U);
}

TEST_F(RecordSelection, AWorkerThatIsForkedLaterIsRecorded) {
  const int port = free_port();
  const Process master({"gunicorn", "--chdir", TRACEREC_SOURCE_DIR "/tests/e2e/servers", "-b",
                        "127.0.0.1:" + std::to_string(port), "-w", "1", "app_wsgi:app"});
  wait_for_port(port);
  const auto recorder = start_recording({"--pid", std::to_string(master.pid())});
  const std::string worker = run({"pgrep", "-P", std::to_string(master.pid())}).out;
  ::kill(std::stoi(worker), SIGKILL);
  ASSERT_TRUE(eventually([&] {
    const std::string next = run({"pgrep", "-P", std::to_string(master.pid())}).out;
    return !next.empty() && next != worker;
  }));
  RawClient client(port);
  client.send("GET /bytes/100 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(client.read_response().empty());
  stop_recording(*recorder);
  ASSERT_EQ(count(), 1U);
  EXPECT_TRUE(stored()[0].row.complete);
}

// nginx asks a backend: with --outgoing both sides of it are there, each in its role.
TEST_F(RecordSelection, OutgoingCallsAreMarkedAndNotReplayed) {
  const GinServer backend;
  const int port = free_port();
  std::ofstream(folder() + "/nginx.conf")
      << "pid " << folder() << "/pid; error_log " << folder() << "/error.log; events {} http { access_log off; "
      << "client_body_temp_path " << folder() << "/b; proxy_temp_path " << folder() << "/p; fastcgi_temp_path "
      << folder() << "/f; uwsgi_temp_path " << folder() << "/u; scgi_temp_path " << folder() << "/s; server { listen "
      << "127.0.0.1:" << port << "; location / { proxy_pass http://" << backend.address() << "; } } }";
  const Process nginx({"nginx", "-p", folder(), "-c", folder() + "/nginx.conf", "-g", "daemon off; user root;"});
  wait_for_port(port);
  const auto recorder =
      start_recording({"--pid", std::to_string(nginx.pid()), "--outgoing", "--port", std::to_string(port)});
  ask(port, 50'000);
  stop_recording(*recorder);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 2U);
  std::size_t clients = 0;
  for (const Stored& one : rows) {
    EXPECT_TRUE(one.row.complete) << one.row.notes;
    const bool client = connection(one.row.connection_id).role == schema::Role::kClient;
    EXPECT_EQ(client, one.row.notes.find("outgoing") != std::string::npos);
    if (client) ++clients;
  }
  EXPECT_EQ(clients, 1U);
  const GinServer staging;
  const Outcome replayed = tracerec({"-d", db(), "replay", "--target", staging.address(), "--report", "json"});
  EXPECT_NE(replayed.out.find("outgoing"), std::string::npos) << replayed.out << replayed.err;
}

TEST_F(RecordSelection, ASampleTakesWholeConnections) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", pid_of(server), "--sample", "0.5"});
  for (int i = 0; i < 60; ++i) {
    RawClient client(server.port());
    for (int k = 0; k < 3; ++k) {
      client.send(custom_request(5));
      ASSERT_FALSE(client.read_response().empty());
    }
  }
  stop_recording(*recorder);
  const std::size_t rows = count();
  EXPECT_EQ(rows % 3, 0U);
  EXPECT_GT(rows, 3U * 10U);
  EXPECT_LT(rows, 3U * 50U);
}

TEST_F(RecordSelection, ALongBodyIsCutAndSaysSo) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", pid_of(server), "--max-body", "100KiB"});
  ask(server.port(), 50);
  ask(server.port(), 1'000'000);
  stop_recording(*recorder);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_TRUE(rows[0].row.complete);
  EXPECT_FALSE(rows[1].row.complete);
  EXPECT_GT(rows[1].row.response_body.wire_bytes, 1'000'000U);
  EXPECT_EQ(rows[1].row.response_body.captured_bytes, 102'400U);
  EXPECT_EQ(ledger("skipped.max_body").bytes,
            rows[1].row.response_body.wire_bytes - rows[1].row.response_body.captured_bytes);
}

TEST_F(RecordSelection, StopsAtASizeOfTheFile) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", pid_of(server), "--max-size", "3MiB"});
  RawClient client(server.port());
  for (int i = 0; i < 100 && recorder->err().find("--max-size") == std::string::npos; ++i) {
    client.send(custom_request(1'000'000));
    ASSERT_FALSE(client.read_response().empty());
  }
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  EXPECT_NE(recorder->err().find("--max-size 3MiB is reached"), std::string::npos) << recorder->err();
  EXPECT_GT(count(), 0U);
}

TEST_F(RecordSelection, WrongLimitsAreRefusedInOneLine) {
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"--max-body", "much"}, {"--memory", "1MiB"}, {"--max-size", "-5"}, {"--comm", ""}}) {
    std::vector<std::string> command{"-d", db(), "record", "--pid", std::to_string(::getpid())};
    command.insert(command.end(), wrong.begin(), wrong.end());
    const Outcome outcome = tracerec(command);
    EXPECT_EQ(outcome.exit_code, 2) << wrong[0];
    EXPECT_NE(outcome.err.find(wrong[0]), std::string::npos) << outcome.err;
  }
}

TEST_F(RecordSelection, SocketsThroughIoUringAreSaidToBeUnseen) {
  const int port = free_port();
  const Process server({IO_URING_SERVER_BINARY, std::to_string(port)});
  wait_for_port(port);
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(port);
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(client.read_response().empty());
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 2) << "nothing was recorded";
  EXPECT_NE(recorder->err().find("pid " + std::to_string(server.pid()) + " uses sockets through io_uring"),
            std::string::npos)
      << recorder->err();
}

}  // namespace
}  // namespace tracerec::e2e
