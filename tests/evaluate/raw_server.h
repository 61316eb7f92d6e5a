// A server that keeps each request as it came, byte for byte.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace tracerec::evaluate::testing {

struct RawRequest {
  std::string head;  // to the empty line
  std::string body;  // as on the wire
};

class RawServer {
 public:
  RawServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }

  [[nodiscard]] std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }

  // Runs `send`, which makes one request, and gives what came; an empty head when nothing came.
  template <class Send>
  RawRequest receive(const Send& send) {
    RawRequest request;
    std::thread serving([&] { request = serve_one(); });
    send();
    ::shutdown(listener_.get(), SHUT_RD);  // wakes an accept that waits for a request which never came
    serving.join();
    ::listen(listener_.get(), 16);
    return request;
  }

 private:
  RawRequest serve_one() const {
    const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
    if (!client.valid()) return {};
    std::string bytes;
    std::size_t end = std::string::npos;
    while ((end = bytes.find("\r\n\r\n")) == std::string::npos && read_more(client.get(), bytes)) continue;
    RawRequest request{bytes.substr(0, end + 4), bytes.substr(end + 4)};
    while (!is_whole(request) && read_more(client.get(), request.body)) continue;
    constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::send(client.get(), kResponse.data(), kResponse.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(kResponse.size()));
    return request;
  }

  static bool read_more(int fd, std::string& bytes) {
    char buffer[16384];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got > 0) bytes.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

  static bool is_whole(const RawRequest& request) {
    if (request.head.find("ransfer-") != std::string::npos) return request.body.ends_with("0\r\n\r\n");
    const std::size_t length = request.head.find("ontent-Length: ");
    return length == std::string::npos || request.body.size() >= std::stoul(request.head.substr(length + 15));
  }

  UniqueFd listener_;
  int port_ = 0;
};

}  // namespace tracerec::evaluate::testing
