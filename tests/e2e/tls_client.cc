#include "tls_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "http/parser.h"

namespace tracerec::e2e {

TlsClient::TlsClient(int port)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), context_(SSL_CTX_new(TLS_client_method())) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << port;
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), fd_.get());
  EXPECT_EQ(SSL_connect(ssl_.get()), 1) << port;
}

TlsClient::~TlsClient() {
  SSL_shutdown(ssl_.get());
}

void TlsClient::send(std::string_view bytes) const {
  if (bytes.empty()) return;
  ASSERT_EQ(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
}

std::string TlsClient::read_response() {
  http::ResponseParser parser;
  parser.reset("GET");
  std::string response;
  for (;;) {
    const http::Step step = parser.next(buffer_);
    response += buffer_.substr(0, step.consumed);
    buffer_.erase(0, step.consumed);
    if (step.part == http::Part::kEnd) return response;
    if (step.part == http::Part::kError) {
      ADD_FAILURE() << "not a response: " << parser.error();
      return {};
    }
    if (step.part != http::Part::kNeedMore) continue;
    char bytes[65536];
    const int got = SSL_read(ssl_.get(), bytes, sizeof bytes);
    if (got <= 0) return parser.finish_at_close() ? response : std::string{};
    buffer_.append(bytes, static_cast<std::size_t>(got));
  }
}

}  // namespace tracerec::e2e
