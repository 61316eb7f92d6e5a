// The server through a real socket: who may ask, and what every response says.
#include "ui/server.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <thread>

#include "tests/evaluate/stored_run.h"
#include "tests/ui/plain_client.h"

namespace tracerec::ui {
namespace {

using evaluate::testing::StoredRun;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    auto opened =
        Server::open({{"127.0.0.1", 0}, "secret", {stored_.path(), folder_.file("r.json"), {}, false, "test"}});
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    server_ = std::move(*opened);
    thread_ = std::thread([this] { server_->serve(stop_); });
    client_ = std::make_unique<httplib::Client>("127.0.0.1", server_->listen().port);
  }
  ~ServerTest() override {
    client_.reset();
    stop_ = true;
    thread_.join();
  }

  [[nodiscard]] std::string host() const { return authority_of(server_->listen()); }

  httplib::Headers with(httplib::Headers headers = {}) const {
    headers.emplace("Authorization", "Bearer secret");
    return headers;
  }

  int status(const std::string& path, const httplib::Headers& headers) {
    const auto result = client_->Get(path, headers);
    return result ? result->status : -1;
  }

  int post_status(const httplib::Headers& headers, const std::string& type, const std::string& body = "{}") {
    const auto result = client_->Post("/api/v1/rules", headers, body, type);
    return result ? result->status : -1;
  }

  testing::TempDir folder_;
  StoredRun stored_{{{.target = "/a"}}};
  std::atomic<bool> stop_{false};
  std::unique_ptr<Server> server_;
  std::thread thread_;
  std::unique_ptr<httplib::Client> client_;
};

TEST_F(ServerTest, PagesNeedNoTokenAndHaveNoData) {
  const auto page = client_->Get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_NE(page->body.find("<main"), std::string::npos);
  EXPECT_EQ(client_->Get("/main.js")->get_header_value("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(status("/../main.js", {}), 404);
  EXPECT_EQ(status("/page/main.js", {}), 404);
}

TEST_F(ServerTest, EveryResponseForbidsWhatThePageDoesNotNeed) {
  for (const char* path : {"/", "/api/v1/overview", "/none", "/api/v1/none"}) {
    const auto result = client_->Get(path, with());
    ASSERT_TRUE(result);
    for (const auto& [name, value] : security_headers()) EXPECT_EQ(result->get_header_value(name), value) << path;
  }
}

TEST_F(ServerTest, TheApiNeedsTheToken) {
  EXPECT_EQ(status("/api/v1/overview", with()), 200);
  EXPECT_EQ(status("/api/v1/overview", {}), 401);
  EXPECT_EQ(status("/api/v1/overview", {{"Authorization", "Bearer other"}}), 401);
  EXPECT_EQ(status("/api/v1/overview?token=secret", {}), 401);
}

TEST_F(ServerTest, ANameOfAnotherSiteIsRefused) {
  EXPECT_EQ(status("/api/v1/overview", with({{"Host", "evil.invalid"}})), 421);
  EXPECT_EQ(status("/", with({{"Host", "evil.invalid"}})), 421);
  EXPECT_EQ(status("/api/v1/overview", with({{"Host", "localhost:1"}})), 200);
}

TEST_F(ServerTest, AnotherSitesPageMayChangeNothing) {
  EXPECT_EQ(post_status(with({{"Origin", "http://evil.invalid"}}), "application/json"), 403);
  EXPECT_EQ(post_status(with({{"Origin", "null"}}), "application/json"), 403);
  EXPECT_EQ(post_status(with({{"Origin", "http://" + host()}}), "application/json"),
            400);  // the body lacks what it needs
  for (const char* simple : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data"})
    EXPECT_EQ(post_status(with(), simple), 415) << simple;
}

TEST_F(ServerTest, ABodyHasABound) {
  EXPECT_EQ(post_status(with(), "application/json", std::string(std::size_t{300} << 10, ' ')), 413);
}

TEST_F(ServerTest, OtherMethodsAreRefused) {
  EXPECT_EQ(client_->Delete("/api/v1/rules", with(), "{}", "application/json")->status, 405);
  EXPECT_EQ(client_->Post("/api/v1/overview", with(), "{}", "application/json")->status, 405);
  EXPECT_EQ(client_->Options("/", with())->status, 405);
}

TEST_F(ServerTest, HeadIsAnsweredAsGetWithoutABody) {
  for (const char* path : {"/", "/main.js", "/api/v1/overview"}) {
    const auto head = client_->Head(path, with());
    const auto get = client_->Get(path, with());
    ASSERT_TRUE(head && get);
    EXPECT_EQ(head->status, 200) << path;
    EXPECT_TRUE(head->body.empty());
    EXPECT_EQ(head->get_header_value("Content-Length"), get->get_header_value("Content-Length"));
  }
  EXPECT_EQ(client_->Head("/api/v1/overview")->status, 401);
}

// Another user of the machine can connect, and say half of what a request is.
TEST_F(ServerTest, HalfSentHeadsDoNotHoldUpTheOwner) {
  std::vector<UniqueFd> others;
  for (int i = 0; i < 64; ++i)
    others.push_back(connect_and_send(server_->listen().port, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "));
  EXPECT_EQ(status("/api/v1/overview", with()), 200);
  EXPECT_EQ(status("/", {}), 200);
}

TEST_F(ServerTest, RequestsThatComeTogetherAreAllAnswered) {
  const std::string one = "GET /icon.svg HTTP/1.1\r\nHost: " + host() + "\r\n";
  const UniqueFd socket =
      connect_and_send(server_->listen().port, one + "\r\n" + one + "\r\n" + one + "Connection: close\r\n\r\n");
  const std::string text = read_to_end(socket.get());
  std::size_t responses = 0;
  for (std::size_t at = 0; (at = text.find("HTTP/1.1 200", at)) != std::string::npos; ++at) ++responses;
  EXPECT_EQ(responses, 3U) << text;
}

TEST_F(ServerTest, LongAddressesAreRefused) {
  EXPECT_EQ(status("/api/v1/" + std::string(5000, 'a'), with()), 404);
  const int too_long = status("/" + std::string(100'000, 'a'), with());
  EXPECT_TRUE(too_long == 414 || too_long == -1) << too_long;
}

TEST_F(ServerTest, ASecondOneOnThePortIsAnError) {
  const auto second = Server::open({server_->listen(), "secret", {stored_.path(), "r", {}, false, "test"}});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("the port is taken"), std::string::npos) << second.error().message;
}

// The body of a request that has none to read is not the next request, whoever wrote it.
TEST_F(ServerTest, ABodyThatNobodyReadsEndsTheConnection) {
  const std::string hidden = "GET /api/v1/overview HTTP/1.1\r\nHost: " + host() + "\r\n\r\n";
  const std::string start = "GET / HTTP/1.1\r\nHost: " + host() + "\r\n";
  for (const std::string& framing :
       {"Content-Length: " + std::to_string(hidden.size()), std::string("Transfer-Encoding: chunked"),
        std::string("Content-Length: abc"), std::string("Content-Length: -1"),
        std::string("Content-Length: 0\r\nContent-Length: 5"), std::string("Content-Length: 99999999999999999999")}) {
    const UniqueFd socket = connect_and_send(server_->listen().port, start + framing + "\r\n\r\n" + hidden);
    ASSERT_TRUE(socket.valid());
    const std::string said = read_to_end(socket.get());
    EXPECT_TRUE(said.starts_with("HTTP/1.1 ")) << framing << said.substr(0, 200);
    EXPECT_EQ(said.find("HTTP/1.1 ", 5), std::string::npos) << framing << ": a second response";
  }
}

// Each range of a header would be a copy of the file.
TEST_F(ServerTest, RangesAreNotServed) {
  std::string ranges = "bytes=0-";
  for (int i = 0; i < 500; ++i) ranges += ",0-";
  const auto whole = client_->Get("/");
  const auto ranged = client_->Get("/", {{"Range", ranges}});
  ASSERT_TRUE(whole && ranged);
  EXPECT_EQ(ranged->status, 200);
  EXPECT_EQ(ranged->body, whole->body);
}

TEST(ServerOpen, AStopThatComesBeforeItServesIsOne) {
  const StoredRun stored({{.target = "/a"}});
  const ServerOptions options{{"127.0.0.1", 0}, "secret", {stored.path(), "r", {}, false, "test"}};
  const auto server = Server::open(options);
  ASSERT_TRUE(server);
  const std::atomic<bool> stop{true};
  (*server)->serve(stop);
}

TEST(ServerOpen, AnAddressOfAnotherMachineIsAnError) {
  const auto server = Server::open({{"192.0.2.1", 8600}, "secret", {}});
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("192.0.2.1:8600"), std::string::npos) << server.error().message;
}

}  // namespace
}  // namespace tracerec::ui
