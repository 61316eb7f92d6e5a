#include "ui/connections.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <utility>

// How this works. One thread watches all sockets that wait (epoll, edge-triggered: half a head that lies there wakes
// nobody until more comes) and looks at what has come without taking it (MSG_PEEK). A head that is whole goes to the
// serving threads, and the socket comes back after the response. Tests: tests/ui/connections_test.cc.

namespace tracerec::ui {
namespace {

constexpr int kTickMs = 200;  // how late a deadline may be noticed
constexpr std::string_view kEndOfHead = "\r\n\r\n";

enum class Came { kPart, kHead, kEnd };

// What of the next head is there: `bytes` of a whole one.
Came look(int socket, std::vector<char>& buffer, std::size_t& bytes) {
  // NOLINTNEXTLINE(clang-analyzer-unix.BlockInCriticalSection): MSG_DONTWAIT
  const ssize_t got = ::recv(socket, buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Came::kPart : Came::kEnd;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  const std::size_t end = text.find(kEndOfHead);
  bytes = end + kEndOfHead.size();
  if (end != std::string_view::npos) return Came::kHead;
  return text.empty() || text.size() == buffer.size() ? Came::kEnd : Came::kPart;
}

}  // namespace

Connections::Connections(ConnectionLimits limits, Serve serve)
    : limits_(limits),
      serve_(std::move(serve)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_.get();
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event);
  threads_.emplace_back([this] { watch(); });
  for (std::size_t i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { serve_requests(); });
}

Connections::~Connections() {
  stop();
}

void Connections::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  has_request_.notify_all();
  (void)::eventfd_write(wake_.get(), 1);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  waiting_.clear();
  ready_.clear();
}

void Connections::add(UniqueFd socket) {
  Connection connection;
  connection.socket = std::move(socket);
  wait(std::move(connection));
}

void Connections::wait(Connection connection) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (waiting_.size() >= limits_.most_waiting && !waiting_.empty()) {
    waiting_.erase(std::min_element(waiting_.begin(), waiting_.end(), [](const auto& a, const auto& b) {
      return a.second.deadline < b.second.deadline;
    }));
  }
  const int socket = connection.socket.get();
  connection.deadline = Clock::now() + limits_.for_a_head;
  waiting_[socket] = std::move(connection);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.fd = socket;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event) != 0) waiting_.erase(socket);  // no memory for it
}

void Connections::watch() {
  std::array<epoll_event, 64> events{};
  while (true) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), kTickMs);
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    for (int i = 0; i < count; ++i) look_at(events[static_cast<std::size_t>(i)].data.fd);
    end_late_ones();
  }
}

// The event may be of a socket that was closed, and whose number is another one's now: that one is looked at, then.
void Connections::look_at(int socket) {
  const auto at = waiting_.find(socket);
  if (at == waiting_.end()) return;
  std::vector<char> buffer(limits_.most_head_bytes);
  const Came came = look(socket, buffer, at->second.head_bytes);
  if (came == Came::kPart) return;
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
  if (came == Came::kHead) {
    ready_.push_back(std::move(at->second));
    has_request_.notify_one();
  }
  waiting_.erase(at);
}

void Connections::end_late_ones() {
  const Clock::time_point now = Clock::now();
  std::erase_if(waiting_, [&](const auto& one) { return one.second.deadline <= now; });
}

void Connections::serve_requests() {
  while (true) {
    Connection connection;
    {
      std::unique_lock lock(mutex_);
      has_request_.wait(lock, [this] { return stopping_ || !ready_.empty(); });
      if (stopping_) return;
      connection = std::move(ready_.front());
      ready_.pop_front();
    }
    const bool is_last = ++connection.requests >= limits_.most_requests;
    const bool goes_on = serve_(connection.socket.get(), connection.head_bytes, is_last);
    if (goes_on && !is_last) {
      wait(std::move(connection));
    } else {
      (void)::shutdown(connection.socket.get(), SHUT_RDWR);
    }
  }
}

}  // namespace tracerec::ui
