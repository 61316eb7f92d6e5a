// Many connections at once, recorded and replayed by the real binary.
#include <sys/resource.h>

#include <atomic>
#include <fstream>
#include <iostream>
#include <sstream>
#include <thread>

#include "harness.h"

namespace tracerec::e2e {
namespace {

constexpr std::size_t kConnections = 5'000;

class ReplayLoad : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max = std::max<rlim_t>(limit.rlim_max, 20'000);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) GTEST_SKIP() << "20,000 descriptors are not allowed";
  }

  static std::unique_ptr<Process> server(int port) {
    Process::Options options;
    options.environment.push_back("PORT=" + std::to_string(port));
    auto started = std::make_unique<Process>(std::vector<std::string>{MATRIX_GIN_BINARY}, options);
    wait_for_port(port);
    return started;
  }

  // All are open before the first is closed, and each asks twice.
  static void ask_twice_on_all(int port) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (std::size_t i = 0; i < kConnections; ++i) clients.push_back(std::make_unique<RawClient>(port));
    for (int round = 0; round < 2; ++round) {
      if (round == 1) std::this_thread::sleep_for(std::chrono::seconds(1));  // a pause to record, and to look at
      for (const auto& client : clients) client->send("GET /bytes/100 HTTP/1.1\r\nHost: a\r\n\r\n");
      for (const auto& client : clients) ASSERT_EQ(client->read_response().substr(9, 3), "200");
    }
  }

  static std::uint64_t peak_mb(pid_t pid) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("VmHWM:", 0) == 0) return std::stoull(line.substr(6)) / 1024;
    }
    return 0;
  }

  // Established connections that the server at this port has, as the kernel lists them.
  static std::size_t open_at(int port) {
    char wanted[16];
    std::snprintf(wanted, sizeof wanted, "0100007F:%04X", static_cast<unsigned>(port));
    std::size_t count = 0;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
      std::ifstream file(table);
      for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string number, local, remote, state;
        words >> number >> local >> remote >> state;
        count += state == "01" && local.find(wanted) != std::string::npos;
      }
    }
    return count;
  }

  struct Seen {
    std::size_t connections = 0;
    std::uint64_t peak_mb = 0;
    double seconds = 0;
  };

  // Replays and looks on until it is over.
  Seen replay(int port, const std::string& speed) {
    const auto start = std::chrono::steady_clock::now();
    Process replayer({TRACEREC_BINARY, "-d", db(), "replay", "--speed", speed, "--target",
                      "127.0.0.1:" + std::to_string(port), "--fail-if", "failed > 0", "--fail-if", "findings > 0"});
    Seen seen;
    std::atomic<bool> over{false};
    std::thread looking([&] {
      while (!over) {
        seen.connections = std::max(seen.connections, open_at(port));
        seen.peak_mb = std::max(seen.peak_mb, peak_mb(replayer.pid()));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    EXPECT_EQ(replayer.wait_long(), 0) << replayer.err();
    over = true;
    looking.join();
    EXPECT_NE(replayer.err().find("10,000 sent, 10,000 answered, 0 failed, 0 skipped"), std::string::npos)
        << replayer.err();
    seen.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return seen;
  }
};

TEST_F(ReplayLoad, FiveThousandRecordedConnectionsAtOnce) {
  const int port = free_port();
  std::uint64_t recorder_mb = 0;
  {
    const auto production = server(port);
    const auto recorder = start_recording({"--pid", std::to_string(production->pid())});
    ask_twice_on_all(port);
    recorder_mb = peak_mb(recorder->pid());
    stop_recording(*recorder);
  }
  EXPECT_EQ(ledger("stored.exchange").count, 2 * kConnections);
  const int staging_port = free_port();
  const auto staging = server(staging_port);
  for (const char* speed : {"1", "max"}) {
    const Seen seen = replay(staging_port, speed);
    std::cout << "5,000 connections at --speed " << speed << ": " << seen.connections << " open at once, replayer "
              << seen.peak_mb << " MB, " << seen.seconds << " s with judging; recorder " << recorder_mb << " MB\n";
    EXPECT_LT(seen.peak_mb, 300U);
    // At full speed the first may be done before the last is opened.
    if (std::string(speed) == "1") {
      EXPECT_GE(seen.connections, kConnections);
    }
  }
}

}  // namespace
}  // namespace tracerec::e2e
