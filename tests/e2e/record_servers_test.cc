// Servers that nobody here wrote, each through the same cases, compared byte for byte with what the client sent and
// received (docs/capture.md: the matrix).
#include <algorithm>
#include <array>
#include <cctype>
#include <csignal>
#include <cstdio>

#include "matrix_servers.h"
#include "testing/self_signed.h"
#include "tls_client.h"

namespace tracerec::e2e {
namespace {

std::string get(const std::string& target, const std::string& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}

class Matrix : public KernelTest, public ::testing::WithParamInterface<Server> {
 protected:
  using Row = std::pair<std::string, std::string>;  // a request and its response

  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (GetParam().tls) {
      ASSERT_TRUE(testing::write_self_signed(key_in(folder()), certificate_in(folder()), "IP:127.0.0.1"));
    }
    server_ = GetParam().start(folder());
    ASSERT_NO_FATAL_FAILURE(wait_for_server());
    connect();
  }

  void wait_for_server() const {
    const auto listens = [this] { return RawClient::can_connect({"127.0.0.1", server_.port}); };
    ASSERT_TRUE(eventually([&] { return listens() || server_.recorded->ended(); }));
    ASSERT_FALSE(server_.recorded->ended()) << "it did not start; scripts/test installs what is missing\n"
                                            << server_.recorded->err();
  }

  [[nodiscard]] std::unique_ptr<RawClient> new_client() const {
    if (GetParam().tls) return std::make_unique<TlsClient>(server_.port);
    return std::make_unique<RawClient>(server_.port);
  }

  void connect() { client_ = new_client(); }

  // Of these the first ones are holes where calls are not hooked from the start (bpf/README.md).
  void attach_to_open() {
    std::vector<std::string> arguments{"--pid", std::to_string(server_.recorded->pid())};
    if (GetParam().splices || GetParam().sends_unnamed) arguments.insert(arguments.end(), {"--hooks", "calls"});
    recorder_ = start_recording(arguments);
  }

  // The connection begins after the recording.
  void attach() {
    client_.reset();
    attach_to_open();
    connect();
  }

  // Sends a request and reads its response; what went over the wire while it was recorded is the witness.
  std::string ask(const std::string& request, const std::string& method = "GET") {
    client_->send(request);
    std::string response = client_->read_response(method);
    EXPECT_FALSE(response.empty());
    if (recorder_) expect_row(request, response);
    if (GetParam().closes) connect();
    return response;
  }

  void expect_row(const std::string& request, const std::string& response) { witness_.emplace_back(request, response); }

  void compare() {
    client_.reset();
    if (GetParam().splices) return compare_spliced();
    stop_recording(*recorder_);
    const auto rows = in_order(stored());
    ASSERT_EQ(rows.size(), witness_.size()) << recorder_->err();
    for (std::size_t i = 0; i < rows.size(); ++i) expect_exact(rows[i], witness_[i]);
    // What a proxy asks its origin is known to be that, however it writes it.
    if (server_.origin) {
      EXPECT_EQ(ledger("skipped.unsynced").bytes, 0U) << recorder_->err();
    }
  }

  // As the client noted them, which by itself cannot know of several connections which the server saw first.
  [[nodiscard]] std::vector<Stored> in_order(std::vector<Stored> rows) const {
    if (several_)
      std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.request < b.request; });
    return rows;
  }

  // One request of each, all under way before the first response is read.
  void ask_of_all(const std::array<std::unique_ptr<RawClient>, 4>& clients, int round, int each) {
    several_ = true;
    std::vector<std::string> requests;
    for (const auto& client : clients) {
      const std::string number = std::to_string(round) + std::to_string(each) + std::to_string(requests.size());
      requests.push_back(get("/bytes/100", "X-Number: " + number + "\r\n"));
      client->send(requests.back());
    }
    for (std::size_t i = 0; i < clients.size(); ++i) expect_row(requests[i], clients[i]->read_response());
  }

  static void expect_exact(const Stored& stored, const Row& witness) {
    EXPECT_TRUE(stored.row.complete) << stored.row.notes;
    EXPECT_TRUE(stored.request == witness.first) << stored.request.substr(0, 1000);
    EXPECT_TRUE(stored.response == witness.second)
        << stored.response.size() << " bytes instead of " << witness.second.size();
  }

  // What went from socket to socket is missing, and said to be: by the exchange, by the ledger, by the closing lines.
  void compare_spliced() {
    recorder_->signal(SIGINT);
    EXPECT_EQ(recorder_->wait(), 0) << recorder_->err();
    const auto rows = in_order(stored());
    ASSERT_EQ(rows.size(), witness_.size()) << recorder_->err();
    std::size_t missing = 0, incomplete = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t lacks = missing_bytes(rows[i], witness_[i]);
      EXPECT_EQ(rows[i].row.complete, lacks == 0) << rows[i].row.notes;
      if (rows[i].row.complete) {
        expect_exact(rows[i], witness_[i]);
        continue;
      }
      ++incomplete;
      missing += lacks;
      expect_spliced(rows[i], witness_[i]);
    }
    EXPECT_EQ(ledger("lost.splice").bytes, missing) << recorder_->err();
    const std::string said = std::to_string(incomplete) + (incomplete == 1 ? " exchange is" : " exchanges are") +
                             " incomplete because splice(2)";
    EXPECT_EQ(recorder_->err().find(said) != std::string::npos, incomplete > 0) << recorder_->err();
  }

  static std::size_t missing_bytes(const Stored& stored, const Row& witness) {
    return witness.first.size() + witness.second.size() - stored.request.size() - stored.response.size();
  }

  static void expect_spliced(const Stored& stored, const Row& witness) {
    EXPECT_NE(stored.row.notes.find("splice"), std::string::npos) << stored.row.notes;
    EXPECT_EQ(witness.first.find(stored.row.request_head), 0U) << stored.row.request_head;
    EXPECT_EQ(witness.second.find(stored.row.interim + stored.row.response_head), 0U) << stored.row.response_head;
    EXPECT_EQ(stored.row.request_head.size() + stored.row.request_body.wire_bytes, witness.first.size());
    EXPECT_EQ(stored.row.interim.size() + stored.row.response_head.size() + stored.row.response_body.wire_bytes,
              witness.second.size());
  }

  Started server_;
  std::unique_ptr<RawClient> client_;
  std::unique_ptr<Process> recorder_;
  std::vector<Row> witness_;
  bool several_ = false;
};

TEST_P(Matrix, Small) {
  attach();
  for (int i = 0; i < 5; ++i) EXPECT_NE(ask(get("/bytes/100")).find(letters(100)), std::string::npos);
  compare();
}

// On a busy machine the recorder may get a processor only when all of it has passed: one such response fits the ring,
// two do not, nor does one that comes from the origin at that moment.
TEST_P(Matrix, TenMegabytes) {
  ask(get("/bytes/10000000"));  // from here on a cache has it
  attach();
  EXPECT_GT(ask(get("/bytes/10000000")).size(), kLarge);
  EXPECT_TRUE(eventually([this] { return !stored().empty(); })) << recorder_->err();
  ask(get("/bytes/100"));
  compare();
  EXPECT_EQ(ledger("lost.splice").bytes > 0, GetParam().splices);
}

TEST_P(Matrix, KeptAliveSinceBeforeTheRecording) {
  ask(get("/bytes/100"));
  ask(get("/bytes/10000000"));
  attach_to_open();
  for (int i = 0; i < 3; ++i) ask(get("/bytes/100"));
  if (GetParam().waits_inside) witness_.erase(witness_.begin());
  compare();
}

TEST_P(Matrix, NotModified) {
  if (GetParam().no_revalidation != nullptr) GTEST_SKIP() << GetParam().no_revalidation;
  attach();
  const std::string first = ask(get("/cached"));
  const std::size_t tag = first.find('"', std::min({first.find("ETag"), first.find("Etag"), first.find("etag")}));
  ASSERT_NE(tag, std::string::npos) << first;
  const std::string value = first.substr(tag, first.find('"', tag + 1) + 1 - tag);
  EXPECT_EQ(ask(get("/cached", "If-None-Match: " + value + "\r\n")).substr(9, 3), "304");
  ask(get("/cached"));
  compare();
}

TEST_P(Matrix, Head) {
  attach();
  EXPECT_EQ(ask("HEAD /bytes/100 HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD").find("abc"), std::string::npos);
  ask(get("/bytes/100"));
  compare();
}

TEST_P(Matrix, Chunked) {
  attach();
  std::string response = ask(get("/chunked/100000", "Accept-Encoding: gzip\r\n"));
  std::transform(response.begin(), response.end(), response.begin(), [](unsigned char c) { return std::tolower(c); });
  if (GetParam().chunks) {
    EXPECT_NE(response.find("transfer-encoding: chunked"), std::string::npos) << response.substr(0, 300);
  }
  ask(get("/bytes/100"));
  compare();
}

TEST_P(Matrix, UploadThatWaitsToBeAskedFor) {
  if (GetParam().no_upload != nullptr) GTEST_SKIP() << GetParam().no_upload;
  if (GetParam().no_continue != nullptr) GTEST_SKIP() << GetParam().no_continue;
  attach();
  const std::string head = "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\nExpect: 100-continue\r\n\r\n";
  client_->send(head);
  const std::string interim = client_->read_interim();
  EXPECT_EQ(interim.substr(0, 12), "HTTP/1.1 100");
  client_->send(letters(300'000));
  const std::string response = client_->read_response();
  EXPECT_NE(response.find("300000"), std::string::npos);
  expect_row(head + letters(300'000), interim + response);
  ask(get("/bytes/100"));
  compare();
}

TEST_P(Matrix, Upload) {
  if (GetParam().no_upload != nullptr) GTEST_SKIP() << GetParam().no_upload;
  attach();
  const std::string post = "POST /upload HTTP/1.1\r\nHost: a\r\n";
  const std::string sized = post + "Content-Length: 300000\r\n\r\n" + letters(300'000);
  for (int i = 0; i < 2; ++i) EXPECT_NE(ask(sized).find("300000"), std::string::npos);
  const std::string chunked =
      post + "Transfer-Encoding: chunked\r\n\r\n186a0\r\n" + letters(100'000) + "\r\n5\r\nabcde\r\n0\r\n\r\n";
  if (GetParam().no_chunked_upload != nullptr) {
    std::printf("not sent in chunks: %s\n", GetParam().no_chunked_upload);
  } else {
    EXPECT_NE(ask(chunked).find("100005"), std::string::npos);
  }
  ask(get("/bytes/100"));
  compare();
}

TEST_P(Matrix, Pipelined) {
  if (GetParam().no_pipelining != nullptr) GTEST_SKIP() << GetParam().no_pipelining;
  attach();
  std::vector<std::string> requests;
  std::string burst;
  for (int i = 0; i < 8; ++i) {
    requests.push_back(get(i % 3 == 0 ? "/cached" : "/bytes/100", "X-Number: " + std::to_string(i) + "\r\n"));
    burst += requests.back();
  }
  client_->send(burst);
  for (const std::string& request : requests) expect_row(request, client_->read_response());
  compare();
}

// Their requests lie between each other's; which is stored first is not said.
TEST_P(Matrix, FourConnectionsAtATime) {
  if (GetParam().tls) GTEST_SKIP() << "the same server without TLS goes through it";
  attach();
  for (int round = 0; round < 3; ++round) {
    std::array<std::unique_ptr<RawClient>, 4> clients;
    for (auto& client : clients) client = new_client();
    for (int each = 0; each < 3 && (each == 0 || !GetParam().closes); ++each) ask_of_all(clients, round, each);
  }
  std::sort(witness_.begin(), witness_.end());
  compare();
}

INSTANTIATE_TEST_SUITE_P(Of, Matrix, ::testing::ValuesIn(application_servers()),
                         [](const auto& one) { return std::string(one.param.name); });
INSTANTIATE_TEST_SUITE_P(Packaged, Matrix, ::testing::ValuesIn(packaged_servers()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace tracerec::e2e
