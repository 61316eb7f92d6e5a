// Much of it, and what goes wrong under it: rates, connections, a recorder that cannot keep up, a disk that is full, a
// kill at any moment. What the client counted is what was stored or counted as lost; what is called complete is
// byte-exact.
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <thread>

#include "harness.h"

namespace tracerec::e2e {
namespace {

constexpr std::uint64_t kMemoryLimitBytes = 150'000'000;

class RecordLoad : public KernelTest {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    port_ = free_port();
    Process::Options options;
    options.environment.push_back("PORT=" + std::to_string(port_));
    server_ = std::make_unique<Process>(std::vector<std::string>{MATRIX_GIN_BINARY}, options);
    wait_for_port(port_);
  }

  std::unique_ptr<Process> attach(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"--pid", std::to_string(server_->pid())});
    return start_recording(std::move(more));
  }

  // h2load sends exactly so many requests and says how many were answered.
  [[nodiscard]] std::unique_ptr<Process> start_load(std::size_t requests, std::size_t connections,
                                                    const std::string& target, const std::string& more = {}) const {
    return std::make_unique<Process>(std::vector<std::string>{
        "sh", "-c",
        "ulimit -n 20000; exec h2load --h1 -n " + std::to_string(requests) + " -c " + std::to_string(connections) +
            " " + more + " http://127.0.0.1:" + std::to_string(port_) + target});
  }

  void load(std::size_t requests, std::size_t connections, const std::string& target, const std::string& more = {}) {
    const auto client = start_load(requests, connections, target, more);
    ASSERT_EQ(client->wait(), 0) << client->err();
    EXPECT_NE(client->out().find(std::to_string(requests) + " succeeded"), std::string::npos) << client->out();
  }

  // The most memory that the recorder ever had in use.
  static std::uint64_t peak_bytes(const Process& recorder) {
    std::ifstream status("/proc/" + std::to_string(recorder.pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind("VmHWM:", 0) == 0) return std::stoull(line.substr(6)) * 1024;
    }
    return 0;
  }

  static void expect_little_memory(const Process& recorder) {
    const std::uint64_t peak = peak_bytes(recorder);
    ::testing::Test::RecordProperty("recorder_peak_bytes", std::to_string(peak));
    EXPECT_GT(peak, 0U);
    EXPECT_LT(peak, kMemoryLimitBytes);
  }

  struct Counts {
    std::uint64_t rows = 0, complete = 0;
  };
  [[nodiscard]] Counts counts() const {
    const auto reader = schema::Reader::open(db());
    const auto all = (*reader)->recordings();
    const schema::RecordingSummary& newest = all->back();
    return {newest.exchanges, newest.exchanges - newest.incomplete};
  }

  // Every exchange that is called complete has the body that the server always sends.
  void expect_complete_ones_exact(const std::string& body) const {
    const auto reader = schema::Reader::open(db());
    const auto second = schema::Reader::open(db());
    ASSERT_TRUE(reader && second);
    const auto newest = (*reader)->newest_recording();
    std::size_t wrong = 0;
    ASSERT_TRUE((*reader)->for_each_exchange((*newest)->id, [&](const schema::StoredExchange& row) {
      if (row.complete && (*second)->load_body(row.response_body, SIZE_MAX).value() != body) ++wrong;
      return true;
    }));
    EXPECT_EQ(wrong, 0U);
  }

  int port_ = 0;
  std::unique_ptr<Process> server_;
};

TEST_F(RecordLoad, AMinuteOfTenThousandRequestsASecond) {
  const auto recorder = attach();
  const std::size_t each = 6000;
  const auto client = start_load(100 * each, 100, "/bytes/1000", "--rps 100");
  EXPECT_EQ(client->wait_long(), 0) << client->err();
  EXPECT_NE(client->out().find("600000 succeeded"), std::string::npos) << client->out();
  expect_little_memory(*recorder);
  stop_recording(*recorder);
  EXPECT_EQ(counts().rows, 600'000U);
  EXPECT_EQ(counts().complete, 600'000U);
  expect_complete_ones_exact(letters(1000));
}

TEST_F(RecordLoad, FiveThousandConnectionsAtATime) {
  const auto recorder = attach();
  load(50'000, 5000, "/bytes/1000");
  expect_little_memory(*recorder);
  stop_recording(*recorder);
  EXPECT_EQ(counts().complete, 50'000U);
}

TEST_F(RecordLoad, TenMegabytesAtFullSpeed) {
  const auto recorder = attach();
  load(100, 4, "/bytes/10000000");
  expect_little_memory(*recorder);
  recorder->signal(SIGINT);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  EXPECT_EQ(counts().rows + ledger("lost.overload").count + ledger("lost.queue_full").count, 100U) << recorder->err();
  expect_complete_ones_exact(letters(10'000'000));
}

// A recorder that stands still for five seconds: whole exchanges are missing, as many as it says.
TEST_F(RecordLoad, AStoppedReaderLosesWholeExchangesAndCountsThem) {
  const auto recorder = attach({"--memory", "16MiB"});
  const auto client = start_load(150'000, 50, "/bytes/1000");
  recorder->signal(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(5));
  recorder->signal(SIGCONT);
  ASSERT_EQ(client->wait(), 0) << client->err();
  recorder->signal(SIGINT);
  ASSERT_EQ(recorder->wait(), 0) << recorder->err();
  EXPECT_GT(ledger("lost.overload").count, 0U) << "the ring was never full: this tests nothing";
  EXPECT_EQ(counts().rows + ledger("lost.overload").count + ledger("lost.queue_full").count, 150'000U)
      << recorder->err();
  EXPECT_EQ(counts().rows, counts().complete) << "pieces of exchanges were lost instead of whole ones";
  expect_complete_ones_exact(letters(1000));
}

TEST_F(RecordLoad, AServerThatIsKilledInTheMiddle) {
  const auto recorder = attach();
  const auto client = start_load(1'000'000, 20, "/bytes/1000");
  ASSERT_TRUE(eventually([&] { return fs_bytes(db() + "-wal") > 1'000'000; }));
  server_->signal(SIGKILL);
  EXPECT_EQ(recorder->wait(), 0) << recorder->err();
  EXPECT_NE(recorder->err().find("the recorded process ended"), std::string::npos);
  EXPECT_GT(counts().complete, 100U);
  expect_complete_ones_exact(letters(1000));
}

TEST_F(RecordLoad, ARecorderThatIsKilledInTheMiddleLeavesAFileThatOpens) {
  const auto recorder = attach();
  const auto client = start_load(100'000, 50, "/bytes/1000");
  ASSERT_TRUE(eventually([&] { return fs_bytes(db() + "-wal") + fs_bytes(db()) > 20'000'000; }));
  recorder->signal(SIGKILL);
  EXPECT_EQ(recorder->wait(), 128 + SIGKILL);
  EXPECT_EQ(client->wait(), 0) << client->err();
  EXPECT_NE(client->out().find("100000 succeeded"), std::string::npos) << "the server was disturbed: " << client->out();
  EXPECT_EQ(run({"sqlite3", db(), "PRAGMA integrity_check"}).out, "ok\n");
  EXPECT_GT(counts().complete, 100U);
  expect_complete_ones_exact(letters(1000));
}

// A tmpfs of a few megabytes.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    ::mkdir(folder_.c_str(), 0700);
    mounted_ = ::mount("none", folder_.c_str(), "tmpfs", 0, "size=12m") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::string folder_;
  bool mounted_ = false;
};

TEST_F(RecordLoad, AFullDiskIsSaidAndTheFileStaysValid) {
  const SmallDisk disk(folder() + "/small");
  ASSERT_TRUE(disk.mounted());
  use_db(folder() + "/small/tracerec.db");
  const auto recorder = attach();
  load(100'000, 20, "/bytes/1000");
  EXPECT_EQ(recorder->wait(), 2) << recorder->err();
  EXPECT_NE(recorder->err().find("full"), std::string::npos) << recorder->err();
  EXPECT_NE(recorder->err().find("lost.write_error"), std::string::npos) << recorder->err();
  EXPECT_GT(counts().complete, 100U);
  EXPECT_EQ(run({"sqlite3", db(), "PRAGMA integrity_check"}).out, "ok\n");
  expect_complete_ones_exact(letters(1000));
}

}  // namespace
}  // namespace tracerec::e2e
