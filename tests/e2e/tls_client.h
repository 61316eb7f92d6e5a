// A TLS client that says exactly what it is told.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string_view>

#include "harness.h"

namespace tracerec::e2e {

class TlsClient final : public RawClient {
 public:
  // Connects to the port on this machine. Any certificate will do.
  explicit TlsClient(int port);
  // Goes on with the session of an earlier client, and sends `early` with its handshake (RFC 8446 §2.3).
  TlsClient(int port, const TlsClient& earlier, std::string_view early);
  ~TlsClient() override;

  void send(std::string_view bytes) const override;

 private:
  struct Deleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };

  ssize_t read_some(char* room, std::size_t bytes) override;

  std::unique_ptr<SSL_CTX, Deleter> context_;
  std::unique_ptr<SSL, Deleter> ssl_;
};

}  // namespace tracerec::e2e
