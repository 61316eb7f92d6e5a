// A TLS client that says exactly what it is told.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace tracerec::e2e {

class TlsClient {
 public:
  // Connects to the port on this machine. Any certificate will do.
  explicit TlsClient(int port);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  void send(std::string_view bytes) const;

  // Reads one response to a GET or POST and returns its bytes; empty when the connection ends before it is whole.
  std::string read_response();

 private:
  struct Deleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  UniqueFd fd_;
  std::unique_ptr<SSL_CTX, Deleter> context_;
  std::unique_ptr<SSL, Deleter> ssl_;
  std::string buffer_;
};

}  // namespace tracerec::e2e
