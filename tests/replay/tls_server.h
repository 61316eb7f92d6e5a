// A TLS server that can be wrong in the ways that servers are.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "tests/testing/self_signed.h"
#include "tests/testing/temp_dir.h"

namespace tracerec::replay::testing {

struct TlsServerOptions {
  std::string names = "DNS:localhost";
  bool expired = false;
  bool only_tls_1_1 = false;
  bool requires_certificate = false;
  bool ipv6 = false;
};

// Responds 204 to one request on each connection, one after the other.
class TlsServer {
 public:
  explicit TlsServer(const TlsServerOptions& options)
      : listener_(::socket(options.ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    make_certificate(options);
    listen(options.ipv6);
    context_.reset(SSL_CTX_new(TLS_server_method()));
    if (options.only_tls_1_1) {
      SSL_CTX_set_security_level(context_.get(), 0);
      SSL_CTX_set_min_proto_version(context_.get(), TLS1_1_VERSION);
      SSL_CTX_set_max_proto_version(context_.get(), TLS1_1_VERSION);
    }
    if (options.requires_certificate)
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    EXPECT_EQ(SSL_CTX_use_certificate_file(context_.get(), certificate_file().c_str(), SSL_FILETYPE_PEM), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), folder_.file("key").c_str(), SSL_FILETYPE_PEM), 1);
    thread_ = std::thread([this] { serve(); });
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  ~TlsServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  [[nodiscard]] std::string certificate_file() const { return folder_.file("certificate"); }
  [[nodiscard]] std::string url(const std::string& host) const {
    return "https://" + host + ":" + std::to_string(port_);
  }

  // What the last client asked for (RFC 6066 §3).
  [[nodiscard]] std::string server_name() const {
    const std::lock_guard guard(mutex_);
    return server_name_;
  }

 private:
  void make_certificate(const TlsServerOptions& options) const {
    const std::string key_file = folder_.file("key"), file = certificate_file();
    EXPECT_TRUE(tracerec::testing::write_self_signed(key_file, file, options.names));
    if (!options.expired) return;
    using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
    const File key_in(std::fopen(key_file.c_str(), "r"), std::fclose);
    const File in(std::fopen(file.c_str(), "r"), std::fclose);
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
        PEM_read_PrivateKey(key_in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> certificate(PEM_read_X509(in.get(), nullptr, nullptr, nullptr),
                                                             X509_free);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -30);
    EXPECT_NE(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
    const File out(std::fopen(file.c_str(), "w"), std::fclose);
    EXPECT_EQ(PEM_write_X509(out.get(), certificate.get()), 1);
  }

  void listen(bool ipv6) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    auto* const address = ipv6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
    socklen_t size = ipv6 ? sizeof six : sizeof four;
    EXPECT_EQ(::bind(listener_.get(), address, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    EXPECT_EQ(::getsockname(listener_.get(), address, &size), 0);
    port_ = ntohs(ipv6 ? six.sin6_port : four.sin_port);
  }

  void serve() {
    while (true) {
      const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client.valid()) return;
      const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context_.get()), SSL_free);
      SSL_set_fd(ssl.get(), client.get());
      if (SSL_accept(ssl.get()) == 1) respond(ssl.get());
    }
  }

  void respond(SSL* ssl) {
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    {
      const std::lock_guard guard(mutex_);
      server_name_ = name == nullptr ? "" : name;
    }
    char request[4096];
    constexpr std::string_view kResponse = "HTTP/1.1 204 No Content\r\n\r\n";
    if (SSL_read(ssl, request, sizeof request) > 0)
      SSL_write(ssl, kResponse.data(), static_cast<int>(kResponse.size()));
    SSL_shutdown(ssl);
  }

  tracerec::testing::TempDir folder_;
  UniqueFd listener_;
  int port_ = 0;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_{nullptr, SSL_CTX_free};
  std::thread thread_;
  mutable std::mutex mutex_;
  std::string server_name_;
};

}  // namespace tracerec::replay::testing
