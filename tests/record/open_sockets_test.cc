#include "record/open_sockets.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <string_view>

namespace tracerec::record {
namespace {

tcp_info moved(std::uint32_t sent_ms_ago, std::uint32_t received_ms_ago) {
  tcp_info info{};
  info.tcpi_bytes_sent = info.tcpi_bytes_received = 100;
  info.tcpi_last_data_sent = sent_ms_ago;
  info.tcpi_last_data_recv = received_ms_ago;
  return info;
}

TEST(LastMovedBytes, AreThoseOfTheSideThatSpokeLast) {
  EXPECT_EQ(last_moved(moved(10, 20), 0), LastMoved::kSent);
  EXPECT_EQ(last_moved(moved(20, 10), 0), LastMoved::kReceived);
}

// A request and its response within one tick of the kernel, or a response and the next upload.
TEST(LastMovedBytes, InTheSameTickAreAtRestWhenItIsLongAgo) {
  EXPECT_EQ(last_moved(moved(249, 249), 0), LastMoved::kUnknown);
  EXPECT_EQ(last_moved(moved(250, 250), 0), LastMoved::kEither);
}

TEST(LastMovedBytes, AreReceivedOnesWhenSomeAreUnread) {
  EXPECT_EQ(last_moved(moved(10, 20), 1), LastMoved::kReceived);
}

// A new socket has the time of its beginning for both.
TEST(LastMovedBytes, AreKnownOfASideThatNeverSpoke) {
  tcp_info info = moved(0, 0);
  info.tcpi_bytes_sent = 0;
  EXPECT_EQ(last_moved(info, 0), LastMoved::kReceived);
  info.tcpi_bytes_received = 0;
  EXPECT_EQ(last_moved(info, 0), LastMoved::kNothing);
  info.tcpi_bytes_sent = 1;
  EXPECT_EQ(last_moved(info, 0), LastMoved::kSent);
}

// Not under user emulation (qemu 7.2 has no such protocol).
bool has_sock_diag() {
  return UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG)).valid();
}

// A connection over the loopback, and what the kernel says of its two ends.
class Diagnosis : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!has_sock_diag()) GTEST_SKIP() << "no sock_diag";
    const bool v6 = GetParam() == AF_INET6;
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_addr = IN6ADDR_LOOPBACK_INIT;
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* address = v6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
    socklen_t length = v6 ? sizeof six : sizeof four;
    listener_.reset(::socket(GetParam(), SOCK_STREAM, 0));
    client_.reset(::socket(GetParam(), SOCK_STREAM, 0));
    if (::bind(listener_.get(), address, length) != 0) GTEST_SKIP() << "no such address here";
    ASSERT_EQ(::listen(listener_.get(), 1), 0);
    ASSERT_EQ(::getsockname(listener_.get(), address, &length), 0);
    ASSERT_EQ(::connect(client_.get(), address, length), 0);
    server_.reset(::accept(listener_.get(), nullptr, nullptr));
  }

  static void move(const UniqueFd& from, const UniqueFd& to, std::string_view bytes) {
    char room[100];
    ASSERT_EQ(::send(from.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    ASSERT_EQ(::recv(to.get(), room, sizeof room, 0), static_cast<ssize_t>(bytes.size()));
  }

  // The kernel keeps times in ticks, and so does this clock.
  static void pass_a_tick() {
    const auto tick = [] {
      timespec now{};
      ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
      return now.tv_sec * 1'000'000'000 + now.tv_nsec;
    };
    for (int ticks = 0; ticks < 2; ++ticks) {
      for (const auto before = tick(); tick() == before;) ::sched_yield();
    }
  }

  OpenSocket known(const UniqueFd& socket) const {
    struct stat found {};
    EXPECT_EQ(::fstat(socket.get(), &found), 0);
    tr_event first{};
    first.family = static_cast<std::uint16_t>(GetParam());
    first.inode = found.st_ino;
    first.time_ns = INT64_MAX;
    return SocketDiagnosis::open({::getpid()}).read(SystemClock(), {}).before(first);
  }

  UniqueFd listener_, client_, server_;
};
INSTANTIATE_TEST_SUITE_P(Families, Diagnosis, ::testing::Values(AF_INET, AF_INET6));

TEST_P(Diagnosis, FollowsAConnection) {
  EXPECT_EQ(known(server_).last, LastMoved::kNothing);
  EXPECT_TRUE(known(server_).accepted);
  EXPECT_FALSE(known(client_).accepted);
  move(client_, server_, "request");
  EXPECT_EQ(known(server_).last, LastMoved::kReceived);
  EXPECT_EQ(known(client_).last, LastMoved::kSent);
  pass_a_tick();
  move(server_, client_, "response");
  EXPECT_EQ(known(server_).last, LastMoved::kSent);
  EXPECT_EQ(known(client_).last, LastMoved::kReceived);
  pass_a_tick();
  ASSERT_EQ(::send(client_.get(), "x", 1, 0), 1);
  EXPECT_EQ(known(server_).last, LastMoved::kReceived);
}

TEST(OpenSocketsOfNobody, AProcessThatIsNotThereLeavesTheListIncomplete) {
  if (!has_sock_diag()) GTEST_SKIP() << "no sock_diag";
  tr_event first{};
  first.family = AF_INET;
  first.inode = 1;  // of no socket
  first.time_ns = INT64_MAX;
  EXPECT_EQ(SocketDiagnosis::open({::getpid()}).read(SystemClock(), {}).before(first).last, LastMoved::kNothing);
  EXPECT_EQ(SocketDiagnosis::open({::getpid(), -1}).read(SystemClock(), {}).before(first).last, LastMoved::kUnknown);
}

// It was made in another network namespace, and handed over.
TEST(OpenSocketsOfNobody, ASocketThatItsProcessHasAlreadyDidNotComeLater) {
  OpenSockets sockets(1, true);
  sockets.add_process(10, {5});
  tr_event first{};
  first.family = AF_INET;
  first.time_ns = 2;
  for (const auto& [inode, last] : {std::pair{5U, LastMoved::kUnknown}, {6U, LastMoved::kNothing}}) {
    first.inode = inode;
    EXPECT_EQ(sockets.before(first).last, last) << inode;
  }
}

// The socket of a TLS session is not always known (Node, asyncio).
TEST(OpenSocketsOfNobody, ATlsSessionIsAtRestWhenAllAcceptedSocketsOfItsProcessAre) {
  OpenSockets sockets(1, true);
  sockets.add(1, {LastMoved::kSent, true});
  sockets.add(2, {LastMoved::kReceived, false});
  sockets.add(3, {LastMoved::kReceived, true});
  sockets.add_process(10, {1, 2, 99});
  sockets.add_process(11, {1, 3});
  tr_event first{};
  first.flags = TR_TLS;
  first.time_ns = 2;
  for (const auto& [tgid, last] : {std::pair{10U, LastMoved::kEither}, {11U, LastMoved::kUnknown}}) {
    first.tgid = tgid;
    EXPECT_EQ(sockets.before(first).last, last) << tgid;
  }
}

// The kernel lists them only by what their processes have open.
TEST(OpenSocketsOfNobody, AUnixSocketThatNoProcessHadIsNew) {
  tr_event first{};
  first.family = AF_UNIX;
  first.inode = 7;
  first.time_ns = 2000;
  OpenSockets sockets(1000, true);
  sockets.add_process(1, {5, 6});
  EXPECT_EQ(sockets.before(first).last, LastMoved::kNothing);
  first.inode = 5;
  EXPECT_EQ(sockets.before(first).last, LastMoved::kUnknown);
  first.inode = 7;
  sockets.add_unknown_process();
  EXPECT_EQ(sockets.before(first).last, LastMoved::kUnknown);
}

}  // namespace
}  // namespace tracerec::record
