// A TCP server that does what it is told, byte for byte: for the faults that no proper server shows.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace tracerec::testing {

// One accepted connection, in the hands of the server's handler.
class RawConnection {
 public:
  RawConnection(int fd, std::function<bool()> stopping) : fd_(fd), stopping_(std::move(stopping)) {}

  // The next request with a Content-Length or none: head and body. Nothing when the client closed.
  [[nodiscard]] std::optional<std::string> read_request() {
    while (true) {
      const std::size_t end = buffer_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t size = end + 4 + content_length(buffer_.substr(0, end));
        if (buffer_.size() >= size) {
          std::string request = buffer_.substr(0, size);
          buffer_.erase(0, size);
          return request;
        }
      }
      if (!read_more()) return std::nullopt;
    }
  }

  // Reads until the client closes, and sends nothing.
  void swallow() {
    while (read_more()) buffer_.clear();
  }

  // Waits until the client closes, and reads nothing.
  void wait_for_close() {
    pollfd poll_fd{fd_.get(), POLLRDHUP, 0};
    while (::poll(&poll_fd, 1, 20) == 0) {
      if (stopping_()) return;
    }
  }

  [[nodiscard]] bool read_more() {
    char bytes[65536];
    pollfd poll_fd{fd_.get(), POLLIN, 0};
    while (::poll(&poll_fd, 1, 20) == 0) {
      if (stopping_()) return false;
    }
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  bool write(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t n = ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }

  // Closes with a reset instead of an orderly end.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_.reset();
  }

  [[nodiscard]] const std::string& buffered() const { return buffer_; }

 private:
  static std::size_t content_length(const std::string& head) {
    const std::size_t at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  }

  UniqueFd fd_;
  std::function<bool()> stopping_;
  std::string buffer_;
};

// Listens on a free port of the loopback. Each connection gets a thread that runs the handler; the connection closes
// when the handler returns.
class RawServer {
 public:
  using Handler = std::function<void(RawConnection&)>;

  explicit RawServer(Handler handler) : handler_(std::move(handler)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_.get(), 128);
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept_all() {
    while (true) {
      const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      ++connections_;
      threads_.emplace_back([this, fd] {
        RawConnection connection(fd, [this] { return stopping_.load(); });
        handler_(connection);
      });
    }
  }

  Handler handler_;
  UniqueFd listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::thread acceptor_;
  std::vector<std::thread> threads_;
};

}  // namespace tracerec::testing
