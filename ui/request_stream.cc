#include "ui/request_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace tracerec::ui {
namespace {

ssize_t receive(int socket, char* into, std::size_t size) {
  ssize_t got = -1;
  do {
    got = ::recv(socket, into, size, 0);
  } while (got < 0 && errno == EINTR);
  return got;
}

}  // namespace

RequestStream::RequestStream(int socket, std::size_t head_bytes) : socket_(socket), head_(head_bytes, '\0') {
  const ssize_t got = receive(socket, head_.data(), head_.size());
  head_.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
}

ssize_t RequestStream::read(char* into, std::size_t size) {
  if (taken_ == head_.size()) {
    has_read_body_ = true;
    return receive(socket_, into, size);
  }
  const std::size_t length = std::min(size, head_.size() - taken_);
  head_.copy(into, length, taken_);
  taken_ += length;
  return static_cast<ssize_t>(length);
}

ssize_t RequestStream::write(const char* from, std::size_t size) {
  std::size_t written = 0;
  while (written < size) {
    const ssize_t now = ::send(socket_, from + written, size - written, MSG_NOSIGNAL);
    if (now < 0 && errno == EINTR) continue;
    if (now <= 0) return -1;
    written += static_cast<std::size_t>(now);
  }
  return static_cast<ssize_t>(size);
}

// The library copies them into its request, where nothing of ours looks.
void RequestStream::get_remote_ip_and_port(std::string&, int&) const {}
void RequestStream::get_local_ip_and_port(std::string&, int&) const {}

}  // namespace tracerec::ui
