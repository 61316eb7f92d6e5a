// What the HTTP library reads a request from and writes its response to: a connected socket.
#pragma once

#include <httplib.h>

#include <cstddef>
#include <string>

namespace tracerec::ui {

// Borrows a blocking socket whose timeouts (SO_RCVTIMEO, SO_SNDTIMEO) bound each read and write. The first
// `head_bytes`, which have come, are read at once, and no byte beyond the request is taken. One thread.
class RequestStream final : public httplib::Stream {
 public:
  RequestStream(int socket, std::size_t head_bytes);

  [[nodiscard]] bool is_readable() const override { return true; }
  [[nodiscard]] bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;  // all of it, or -1
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  [[nodiscard]] socket_t socket() const override { return socket_; }

  // More than the head was asked for.
  [[nodiscard]] bool has_read_body() const { return has_read_body_; }

 private:
  int socket_;
  std::string head_;
  std::size_t taken_ = 0;  // of the head
  bool has_read_body_ = false;
};

}  // namespace tracerec::ui
