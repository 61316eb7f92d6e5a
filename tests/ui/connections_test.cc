#include "ui/connections.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <future>
#include <string>
#include <string_view>
#include <utility>

#include "tests/ui/plain_client.h"

namespace tracerec::ui {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::string_view kHead = "GET / HTTP/1.1\r\n\r\n";

// Both ends of a connection.
std::pair<UniqueFd, UniqueFd> connected() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void say(const UniqueFd& client, std::string_view text) {
  EXPECT_EQ(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

// Answers with the head that came, and goes on.
bool echo(int socket, std::size_t head_bytes, bool is_last) {
  std::string head(head_bytes, ' ');
  EXPECT_EQ(::recv(socket, head.data(), head.size(), 0), static_cast<ssize_t>(head_bytes));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_EQ(::send(socket, head.data(), head.size(), MSG_NOSIGNAL), static_cast<ssize_t>(head.size()));
  return !is_last;
}

std::string answer_on(const UniqueFd& client) {
  std::string text(kHead.size(), ' ');
  const ssize_t got = ::recv(client.get(), text.data(), text.size(), MSG_WAITALL);
  return text.substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
}

TEST(Connections, HalfSentHeadsTakeNoThread) {
  Connections connections({.threads = 1, .for_a_head = hours(1)}, echo);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 64; ++i) {
    auto [client, server] = connected();
    say(client, kHead.substr(0, kHead.size() - 1));
    connections.add(std::move(server));
    clients.push_back(std::move(client));
  }
  auto [owner, server] = connected();
  connections.add(std::move(server));
  say(owner, kHead);
  EXPECT_EQ(answer_on(owner), kHead);
  say(clients.front(), kHead.substr(kHead.size() - 1));
  EXPECT_EQ(answer_on(clients.front()), kHead) << "its end came later";
}

TEST(Connections, RequestsInOneWriteAreServedOneByOne) {
  Connections connections({.threads = 4, .for_a_head = hours(1)}, echo);
  auto [client, server] = connected();
  connections.add(std::move(server));
  say(client, std::string(kHead) + std::string(kHead));
  EXPECT_EQ(answer_on(client), kHead);
  EXPECT_EQ(answer_on(client), kHead);
}

TEST(Connections, AHeadThatDoesNotEndInTimeIsLetGo) {
  Connections connections({.threads = 1, .for_a_head = milliseconds(1)}, echo);
  auto [client, server] = connected();
  say(client, "GET / HT");
  connections.add(std::move(server));
  EXPECT_EQ(read_to_end(client.get()), "");
}

TEST(Connections, AHeadWithoutAnEndIsLetGo) {
  Connections connections({.threads = 1, .most_head_bytes = 100, .for_a_head = hours(1)}, echo);
  auto [client, server] = connected();
  connections.add(std::move(server));
  say(client, std::string(1000, 'a'));
  EXPECT_EQ(read_to_end(client.get()), "");
}

TEST(Connections, TheOneThatWaitsLongestGoesWhenThereAreTooMany) {
  Connections connections({.threads = 1, .most_waiting = 2, .for_a_head = hours(1)}, echo);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 3; ++i) {
    auto [client, server] = connected();
    connections.add(std::move(server));
    clients.push_back(std::move(client));
  }
  EXPECT_EQ(read_to_end(clients[0].get()), "");
  say(clients[2], kHead);
  EXPECT_EQ(answer_on(clients[2]), kHead);
}

TEST(Connections, OneThatHadAllItsRequestsEnds) {
  Connections connections({.threads = 1, .most_requests = 2, .for_a_head = hours(1)}, echo);
  auto [client, server] = connected();
  connections.add(std::move(server));
  say(client, std::string(kHead) + std::string(kHead) + std::string(kHead));
  EXPECT_EQ(answer_on(client), kHead);
  EXPECT_EQ(answer_on(client), kHead);
  EXPECT_EQ(answer_on(client), "");
}

TEST(Connections, AStopEndsThoseThatWait) {
  Connections connections({.threads = 1, .for_a_head = hours(1)}, echo);
  auto [client, server] = connected();
  connections.add(std::move(server));
  connections.stop();
  EXPECT_EQ(read_to_end(client.get()), "");
  auto [late_client, late_server] = connected();
  connections.add(std::move(late_server));
  EXPECT_EQ(read_to_end(late_client.get()), "");
}

}  // namespace
}  // namespace tracerec::ui
