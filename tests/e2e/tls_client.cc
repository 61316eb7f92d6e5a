#include "tls_client.h"

#include <gtest/gtest.h>

namespace tracerec::e2e {

TlsClient::TlsClient(int port)
    : RawClient(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
  SSL_set_fd(ssl_.get(), fd());
  EXPECT_EQ(SSL_connect(ssl_.get()), 1) << port;
}

TlsClient::TlsClient(int port, const TlsClient& earlier, std::string_view early)
    : RawClient(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
  std::size_t sent = 0;
  SSL_set_fd(ssl_.get(), fd());
  const std::unique_ptr<SSL_SESSION, Deleter> session(SSL_get1_session(earlier.ssl_.get()));
  EXPECT_EQ(SSL_set_session(ssl_.get(), session.get()), 1);
  EXPECT_EQ(SSL_write_early_data(ssl_.get(), early.data(), early.size(), &sent), 1);
  EXPECT_EQ(sent, early.size());
  EXPECT_EQ(SSL_connect(ssl_.get()), 1) << port;
  EXPECT_EQ(SSL_get_early_data_status(ssl_.get()), SSL_EARLY_DATA_ACCEPTED);
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
