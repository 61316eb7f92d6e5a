// What is said of a TLS handshake that fails: which of the things that can be wrong it is.
#include "replay/tls_failure.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <string>
#include <thread>

#include "replay/one_request.h"
#include "tests/replay/tls_server.h"
#include "tests/testing/raw_server.h"

namespace tracerec::replay::testing {
namespace {

std::string failure(const std::string& target, const TlsOptions& tls = {}) {
  const Target parsed = *Target::parse(target);
  const auto response = request_once(parsed, tls, {"GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
                                     {std::chrono::seconds(5), 0}, nullptr);
  return response ? "" : response.error().message;
}

struct TlsFailure : ::testing::Test {
  TlsOptions trusting(const TlsServer& server) const { return {.cacert = server.certificate_file()}; }
};

TEST_F(TlsFailure, AnExpiredCertificate) {
  TlsServer server({.expired = true});
  EXPECT_NE(failure(server.url("localhost"), trusting(server)).find("has expired"), std::string::npos);
}

TEST_F(TlsFailure, ACertificateForAnotherHost) {
  TlsServer server({});
  const std::string message = failure(server.url("127.0.0.1"), trusting(server));
  EXPECT_NE(message.find("it is for another host than 127.0.0.1"), std::string::npos) << message;
}

TEST_F(TlsFailure, AnUnknownAuthority) {
  TlsServer server({});
  const std::string message = failure(server.url("localhost"));
  EXPECT_NE(message.find("self-signed; --cacert FILE"), std::string::npos) << message;
}

TEST_F(TlsFailure, APortWithoutTls) {
  const tracerec::testing::RawServer plain([](tracerec::testing::RawConnection& connection) {
    if (!connection.read_more()) return;
    connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_close();
  });
  const std::string message = failure("https://localhost:" + std::to_string(plain.port()));
  EXPECT_NE(message.find("does not speak TLS"), std::string::npos) << message;
  const tracerec::testing::RawServer closing([](tracerec::testing::RawConnection&) {});
  const std::string closed = failure("https://localhost:" + std::to_string(closing.port()));
  EXPECT_NE(closed.find("closed during the TLS handshake"), std::string::npos) << closed;
}

TEST_F(TlsFailure, AnOldVersion) {
  TlsServer server({.only_tls_1_1 = true});
  const std::string message = failure(server.url("localhost"), trusting(server));
  EXPECT_NE(message.find("no TLS version that both allow"), std::string::npos) << message;
}

// Under TLS 1.3 the alert comes after the handshake, in the place of a response.
TEST_F(TlsFailure, ARequiredClientCertificate) {
  TlsServer server({.requires_certificate = true});
  const std::string message = failure(server.url("localhost"), trusting(server));
  EXPECT_NE(message.find("the server requires a client certificate (--cert FILE)"), std::string::npos) << message;
}

// The address is looked for among those of the certificate, and is no server name (RFC 6066 §3).
TEST_F(TlsFailure, AnAddressIsCheckedAsOneAndIsNoServerName) {
  TlsServer server({.names = "IP:::1,IP:127.0.0.1"});
  EXPECT_EQ(failure(server.url("127.0.0.1"), trusting(server)), "");
  EXPECT_EQ(server.server_name(), "");
  TlsServer six({.names = "IP:::1", .ipv6 = true});
  EXPECT_EQ(failure(six.url("[::1]"), trusting(six)), "");
  EXPECT_EQ(six.server_name(), "");
  TlsServer named({.names = "DNS:localhost"});
  EXPECT_EQ(failure(named.url("localhost"), trusting(named)), "");
  EXPECT_EQ(named.server_name(), "localhost");
}

}  // namespace
}  // namespace tracerec::replay::testing
