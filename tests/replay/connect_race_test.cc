// Targets with several addresses: a silent or refusing one keeps nobody from those that answer (RFC 8305).
#include "replay/connect_race.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "base/unique_fd.h"
#include "replay/asio_transport.h"

namespace tracerec::replay::testing {
namespace {

namespace asio = boost::asio;

// Listens on 127.0.0.`last`, and never accepts by itself.
class Listener {
 public:
  explicit Listener(int last, int backlog = 64) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(0x7f000000U + static_cast<unsigned>(last));
    socklen_t size = sizeof address_;
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address_), size), 0);
    EXPECT_EQ(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address_), &size), 0);
    EXPECT_TRUE(backlog < 0 || ::listen(fd_.get(), backlog) == 0);
  }

  // With a full queue the kernel answers no further SYN: an address that is silent.
  void fill() {
    for (int i = 0; i < 8; ++i) {
      UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      (void)::connect(client.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
      waiting_.push_back(std::move(client));
    }
  }

  // Connections that were made to it, and not taken yet.
  int accept_all() const {
    int count = 0;
    while (UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)).valid()) ++count;
    return count;
  }
  void start_listening() const {
    EXPECT_EQ(::listen(fd_.get(), 64), 0);
    make_nonblocking();
  }
  void make_nonblocking() const { EXPECT_EQ(::fcntl(fd_.get(), F_SETFL, O_NONBLOCK), 0); }

  [[nodiscard]] Endpoint endpoint() const {
    return {asio::ip::make_address_v4(ntohl(address_.sin_addr.s_addr)), ntohs(address_.sin_port)};
  }

 private:
  UniqueFd fd_;
  sockaddr_in address_{};
  std::vector<UniqueFd> waiting_;
};

struct ConnectRaceTest : ::testing::Test {
  std::string connect(Transport& transport) {
    ConnectFailure failure{"not run", ""};
    asio::co_spawn(
        io,
        [&]() -> Task<void> {
          const auto stream = transport.make_stream();
          stream->set_deadline(steady_now() + std::chrono::seconds(5));
          failure = co_await stream->connect();
        },
        [](const std::exception_ptr&) {});
    io.run();
    io.restart();
    return failure.reason;
  }

  std::unique_ptr<Transport> transport_to(const std::vector<Endpoint>& endpoints) {
    return std::move(*make_asio_transport(io, *Target::parse("name:1"), endpoints, {}));
  }

  asio::io_context io;
};

TEST_F(ConnectRaceTest, ASilentFirstAddressDoesNotMakeTheTargetUnreachable) {
  Listener silent(2, 0), good(3);
  silent.fill();
  good.make_nonblocking();
  const auto transport = transport_to({silent.endpoint(), good.endpoint()});
  EXPECT_EQ(connect(*transport), "");
  EXPECT_EQ(good.accept_all(), 1);
}

TEST_F(ConnectRaceTest, TheWinnerIsRemembered) {
  Listener first(2, -1), good(3);  // the first one refuses
  good.make_nonblocking();
  const auto transport = transport_to({first.endpoint(), good.endpoint()});
  EXPECT_EQ(connect(*transport), "");
  EXPECT_EQ(good.accept_all(), 1);
  first.start_listening();  // it would accept from now on, and nobody asks it
  EXPECT_EQ(connect(*transport), "");
  EXPECT_EQ(good.accept_all(), 1);
  EXPECT_EQ(first.accept_all(), 0);
}

TEST_F(ConnectRaceTest, WhenTheWinnerIsGoneTheOthersAreTried) {
  auto first = std::make_unique<Listener>(2);
  Listener second(3);
  first->make_nonblocking();
  second.make_nonblocking();
  const auto transport = transport_to({first->endpoint(), second.endpoint()});
  EXPECT_EQ(connect(*transport), "");
  EXPECT_EQ(first->accept_all(), 1);
  first.reset();
  EXPECT_EQ(connect(*transport), "");
  EXPECT_EQ(second.accept_all(), 1);
}

TEST_F(ConnectRaceTest, WhenAllRefuseItIsRefused) {
  const Listener one(2, -1), two(3, -1);
  EXPECT_EQ(connect(*transport_to({one.endpoint(), two.endpoint()})), "refused");
}

TEST_F(ConnectRaceTest, WhenAllAreSilentTheDeadlineEndsIt) {
  Listener one(2, 0), two(3, 0);
  one.fill();
  two.fill();
  const auto transport = transport_to({one.endpoint(), two.endpoint()});
  ConnectFailure failure;
  asio::co_spawn(
      io,
      [&]() -> Task<void> {
        const auto stream = transport->make_stream();
        stream->set_deadline(steady_now() + std::chrono::milliseconds(400));
        failure = co_await stream->connect();
      },
      [](const std::exception_ptr&) {});
  io.run();
  EXPECT_EQ(failure.reason, "timeout");
}

TEST(AlternateFamilies, TheFirstFamilyComesFirstAndThenInTurns) {
  const auto at = [](const char* address) { return AnyEndpoint(Endpoint(asio::ip::make_address(address), 1)); };
  const std::vector<AnyEndpoint> mixed =
      alternate_families({at("::1"), at("::2"), at("::3"), at("127.0.0.1"), at("127.0.0.2")});
  EXPECT_EQ(mixed, (std::vector<AnyEndpoint>{at("::1"), at("127.0.0.1"), at("::2"), at("127.0.0.2"), at("::3")}));
  EXPECT_TRUE(alternate_families({}).empty());
}

}  // namespace
}  // namespace tracerec::replay::testing
