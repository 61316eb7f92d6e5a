// https targets: who is trusted, and that the replay over TLS is the same replay.
#include <gtest/gtest.h>
#include <httplib.h>

#include <thread>

#include "tests/replay/recorded.h"
#include "tests/testing/self_signed.h"

namespace tracerec::replay::testing {
namespace {

struct TlsTest : ::testing::Test {
  TlsTest() {
    EXPECT_TRUE(tracerec::testing::write_self_signed(key, certificate, "DNS:localhost"));
    server = std::make_unique<httplib::SSLServer>(certificate.c_str(), key.c_str());
    server->set_tcp_nodelay(true);
    server->set_keep_alive_max_count(3);
    server->Get(".*", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.path, "text/plain");
    });
    server->Post(".*", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content(request.body, "text/plain");
    });
    port = server->bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server->listen_after_bind(); });
    while (!server->is_running()) std::this_thread::yield();
    recording.add({{.target = "/one"}, {.at_ns = 1, .method = "POST", .body = std::string(1'000'000, 'u')}});
  }
  ~TlsTest() override {
    server->stop();
    thread.join();
  }

  ReplayOptions options(const std::string& host) const {
    ReplayOptions chosen = options_for(1);
    chosen.target = *Target::parse("https://" + host + ":" + std::to_string(port));
    return chosen;
  }

  std::string error(const ReplayOptions& chosen) {
    const auto summary = recording.replay(chosen);
    return summary ? "" : summary.error().message;
  }

  tracerec::testing::TempDir dir;
  std::string key = dir.file("key.pem");
  std::string certificate = dir.file("certificate.pem");
  std::unique_ptr<httplib::SSLServer> server;
  int port = 0;
  std::thread thread;
  Recording recording;
};

TEST_F(TlsTest, AnUnknownCertificateIsRefusedUnlessToldOtherwise) {
  EXPECT_NE(error(options("localhost")).find("certificate verify failed"), std::string::npos);
  ReplayOptions insecure = options("localhost");
  insecure.insecure = true;
  EXPECT_EQ(error(insecure), "");
  EXPECT_EQ(recording.response_body(1), "/one");
}

TEST_F(TlsTest, ANamedAuthorityIsTrustedForTheNameInTheCertificateOnly) {
  ReplayOptions trusted = options("localhost");
  trusted.cacert = certificate;
  EXPECT_EQ(error(trusted), "");
  EXPECT_EQ(recording.responses(), "1:200 2:200");
  EXPECT_TRUE(recording.response_body(2) == std::string(1'000'000, 'u'));
  ReplayOptions other_name = options("127.0.0.1");
  other_name.cacert = certificate;
  EXPECT_NE(error(other_name).find("certificate verify failed"), std::string::npos);
  trusted.cacert = dir.file("missing.pem");
  EXPECT_NE(error(trusted).find("--cacert"), std::string::npos);
}

TEST_F(TlsTest, AConnectionThatTheServerClosesIsOpenedAgain) {
  recording.add({{.at_ns = 2}, {.at_ns = 3}, {.at_ns = 4}, {.at_ns = 5}});
  ReplayOptions insecure = options("localhost");
  insecure.insecure = true;
  EXPECT_EQ(error(insecure), "");
  EXPECT_EQ(recording.responses(), "1:200 2:200 3:200 4:200 5:200 6:200");
}

TEST_F(TlsTest, PlainHttpToAnHttpsPortFails) {
  ReplayOptions plain = options("localhost");
  plain.target.tls = false;
  EXPECT_EQ(error(plain), "");
  EXPECT_EQ(recording.responses().find("200"), std::string::npos) << recording.responses();
}

TEST_F(TlsTest, ATargetThatAsksForACertificateGetsOne) {
  const std::string client_key = dir.file("client-key.pem"), client_certificate = dir.file("client.pem");
  ASSERT_TRUE(tracerec::testing::write_self_signed(client_key, client_certificate, "DNS:client"));
  httplib::SSLServer strict(certificate.c_str(), key.c_str(), client_certificate.c_str());
  strict.Get(".*",
             [](const httplib::Request&, httplib::Response& response) { response.set_content("in", "text/plain"); });
  strict.Post(".*",
              [](const httplib::Request&, httplib::Response& response) { response.set_content("in", "text/plain"); });
  const int strict_port = strict.bind_to_any_port("127.0.0.1");
  std::thread serving([&] { strict.listen_after_bind(); });
  while (!strict.is_running()) std::this_thread::yield();
  ReplayOptions chosen = options("localhost");
  chosen.target = *Target::parse("https://localhost:" + std::to_string(strict_port));
  chosen.cacert = certificate;
  const auto refused = recording.replay(chosen);
  ASSERT_TRUE(refused);
  ASSERT_FALSE(refused->failures.empty());
  EXPECT_EQ(refused->failures.front().reason, "tls");
  EXPECT_EQ(refused->failures.front().detail, "the server requires a client certificate (--cert FILE)");
  chosen.cert = client_certificate;
  chosen.key = client_key;
  EXPECT_EQ(error(chosen), "");
  EXPECT_EQ(recording.response_body(1), "in");
  chosen.key = key;
  EXPECT_NE(error(chosen).find("--key"), std::string::npos);
  chosen.cert = dir.file("missing.pem");
  EXPECT_NE(error(chosen).find("--cert"), std::string::npos);
  strict.stop();
  serving.join();
}

TEST(UnixTarget, ASocketOfAPath) {
  const tracerec::testing::TempDir dir;
  const std::string path = dir.file("socket");
  httplib::Server server;
  std::string host;
  server.Get(".*", [&host](const httplib::Request& request, httplib::Response& response) {
    host = request.get_header_value("Host");
    response.set_content("unix", "text/plain");
  });
  server.set_address_family(AF_UNIX);
  std::thread serving([&] { server.listen(path, 80); });
  while (!server.is_running()) std::this_thread::yield();
  Recording recording;
  recording.add({{.target = "/one"}, {.at_ns = 1}});
  ReplayOptions chosen = options_for(1);
  chosen.target = *Target::parse("unix:" + path);
  const auto summary = recording.replay(chosen);
  EXPECT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(recording.responses(), "1:200 2:200");
  server.stop();
  serving.join();
  EXPECT_EQ(host, "localhost");
  EXPECT_NE(recording.replay(chosen).error().message.find("cannot reach target unix:"), std::string::npos);
}

}  // namespace
}  // namespace tracerec::replay::testing
