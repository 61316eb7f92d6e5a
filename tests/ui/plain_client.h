// A client that sends exactly what it is given, and no more.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace tracerec::ui {

// A connection to a port of this machine on which `text` was sent; invalid when it cannot be.
inline UniqueFd connect_and_send(int port, std::string_view text) {
  UniqueFd socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (!connected || ::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) < 0) return {};
  return socket;
}

// What comes until the other side ends it.
inline std::string read_to_end(int socket) {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  return text;
}

}  // namespace tracerec::ui
