#include "tls_client.h"

#include <gtest/gtest.h>

namespace tracerec::e2e {

TlsClient::TlsClient(int port)
    : RawClient(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
  SSL_set_fd(ssl_.get(), fd());
  EXPECT_EQ(SSL_connect(ssl_.get()), 1) << port;
}

TlsClient::~TlsClient() {
  SSL_shutdown(ssl_.get());
}

void TlsClient::send(std::string_view bytes) const {
  if (bytes.empty()) return;
  ASSERT_EQ(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
}

ssize_t TlsClient::read_some(char* room, std::size_t bytes) {
  return SSL_read(ssl_.get(), room, static_cast<int>(bytes));
}

}  // namespace tracerec::e2e
