// gin, recorded by the real kernel, compared byte for byte with what its clients saw.
#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "harness.h"

namespace tracerec::e2e {
namespace {

const std::vector<std::size_t> kSizes = {0, 1, 100, 4096, 65536, 1'000'000, 10'000'000};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class RecordGin : public KernelTest {
 protected:
  // curl arguments for one request whose head and body go to files named after `tag`.
  std::vector<std::string> curl_request(const GinServer& server, std::size_t size, const std::string& tag) {
    return {"-sS",
            "--raw",
            "-D",
            folder() + "/head-" + tag,
            "-o",
            folder() + "/body-" + tag,
            "--data-binary",
            "{\"size\":" + std::to_string(size) + "}",
            "http://" + server.address() + "/customResponse"};
  }
  std::string curl_saw(const std::string& tag) {
    return read_file(folder() + "/head-" + tag) + read_file(folder() + "/body-" + tag);
  }
};

TEST_F(RecordGin, FreshConnectionsOfEverySize) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    auto command = curl_request(server, kSizes[i], std::to_string(i));
    command.insert(command.begin(), "curl");
    ASSERT_EQ(run(command).exit_code, 0);
  }
  stop_recording(*recorder);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), kSizes.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(rows[i].row.complete) << rows[i].row.notes;
    EXPECT_TRUE(rows[i].response == curl_saw(std::to_string(i))) << "size " << kSizes[i];
    EXPECT_NE(rows[i].request.find("\r\n\r\n{\"size\":" + std::to_string(kSizes[i]) + "}"), std::string::npos);
  }
}

TEST_F(RecordGin, OneKeptConnectionOfEverySize) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  std::vector<std::string> command{"curl"};
  for (std::size_t i = 0; i < kSizes.size(); ++i) {
    if (i > 0) command.push_back("--next");
    const auto request = curl_request(server, kSizes[i], std::to_string(i));
    command.insert(command.end(), request.begin(), request.end());
  }
  ASSERT_EQ(run(command).exit_code, 0);
  stop_recording(*recorder);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), kSizes.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(rows[i].row.complete) << rows[i].row.notes;
    EXPECT_EQ(rows[i].row.connection_id, rows[0].row.connection_id);
    EXPECT_EQ(rows[i].row.seq, static_cast<std::int64_t>(i));
    EXPECT_TRUE(rows[i].response == curl_saw(std::to_string(i))) << "size " << kSizes[i];
  }
}

TEST_F(RecordGin, ConnectionsThatWereOpenBefore) {
  const GinServer server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.send(custom_request(50));
    ASSERT_FALSE(client.read_response().empty());
  }
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  std::vector<std::string> seen;
  for (const std::size_t size : {10U, 100'000U, 0U}) {
    client.send(custom_request(size));
    seen.push_back(client.read_response());
  }
  stop_recording(*recorder);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), seen.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(rows[i].row.complete);
    EXPECT_TRUE(rows[i].response == seen[i]);
  }
  EXPECT_EQ(rows[0].request, custom_request(10));
}

TEST_F(RecordGin, PipelinedRequestsAreAllThere) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(server.port());
  std::string burst;
  for (std::size_t size = 0; size < 20; ++size) burst += custom_request(size);
  client.send(burst);
  std::vector<std::string> seen;
  for (int i = 0; i < 20; ++i) seen.push_back(client.read_response());
  stop_recording(*recorder);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), seen.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].request, custom_request(i));
    EXPECT_EQ(rows[i].response, seen[i]);
  }
}

// Rare, but legal, and a server accepts it: what the client sent is stored as it was.
TEST_F(RecordGin, UnusualHeads) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  const std::string body = "{\"size\":3}";
  const std::string length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const std::string target = " /customResponse HTTP/1.1\r\nHost: a\r\n";
  std::string many;
  for (int i = 0; i < 500; ++i) many += "X-Field-" + std::to_string(i) + ": " + std::string(100, 'v') + "\r\n";
  const std::vector<std::string> requests = {
      "POST http://some.example/customResponse?a=b HTTP/1.1\r\nHost: some.example\r\n" + length + "\r\n" + body,
      "POST" + target + "X-Folded: one\r\n two\r\n\tthree\r\n" + length + "\r\n" + body,
      "POST" + target + many + length + "\r\n" + body,
      "POST" + target + "X-Long: " + std::string(500'000, 'x') + "\r\n" + length + "\r\n" + body,
      "POST" + target +
          "Transfer-Encoding: chunked\r\n\r\n4;name=\"value\"\r\n{\"si\r\n6\r\nze\":3}\r\n0\r\nX-Trailer: t\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  };
  RawClient client(server.port());
  std::vector<std::string> seen;
  for (const std::string& request : requests) {
    client.send(request);
    seen.push_back(client.read_response());
    EXPECT_FALSE(seen.back().empty());
  }
  stop_recording(*recorder);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), requests.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(rows[i].row.complete) << rows[i].row.notes;
    EXPECT_EQ(rows[i].request, requests[i]);
    EXPECT_EQ(rows[i].response, seen[i]);
  }
}

// The server responds with 400 and closes. Garbage is not an exchange, and is kept.
TEST_F(RecordGin, WhatTheServerRefuses) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  const std::string bad = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n";
  RawClient refused(server.port());
  refused.send(bad);
  EXPECT_EQ(refused.read_to_end().substr(0, 12), "HTTP/1.1 400");
  RawClient garbage(server.port());
  garbage.send("\x01\x02 no protocol \xff at all\r\n\r\n");
  EXPECT_EQ(garbage.read_to_end().substr(0, 12), "HTTP/1.1 400");
  RawClient good(server.port());
  good.send(custom_request(10));
  EXPECT_FALSE(good.read_response().empty());
  stop_recording(*recorder);
  const auto rows = stored();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].row.target, "/customResponse");
  EXPECT_GT(ledger("stored.opaque").bytes, bad.size());
}

TEST_F(RecordGin, TwoThousandRequestsOverFiftyConnections) {
  constexpr std::size_t kConnections = 50, kEach = 40, kThreads = 5;
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  std::vector<std::multiset<std::string>> seen(kThreads);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::vector<std::unique_ptr<RawClient>> clients;
      for (std::size_t c = 0; c < kConnections / kThreads; ++c)
        clients.push_back(std::make_unique<RawClient>(server.port()));
      for (std::size_t i = 0; i < kEach; ++i) {
        for (auto& client : clients) client->send(custom_request(i * 97));
        for (auto& client : clients) seen[t].insert(client->read_response());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  stop_recording(*recorder);
  std::multiset<std::string> all, recorded;
  for (auto& part : seen) all.merge(part);
  std::set<schema::RowId> connections;
  for (const auto& one : stored()) {
    EXPECT_TRUE(one.row.complete);
    recorded.insert(one.response);
    connections.insert(one.row.connection_id);
  }
  EXPECT_EQ(recorded.size(), kConnections * kEach);
  EXPECT_EQ(connections.size(), kConnections);
  EXPECT_TRUE(recorded == all);
}

TEST_F(RecordGin, ShowPrintsTheExactWireBytes) {
  const GinServer server;
  const auto recorder = start_recording({"--pid", std::to_string(server.pid())});
  RawClient client(server.port());
  client.send(custom_request(5000));
  const std::string response = client.read_response();
  stop_recording(*recorder);
  EXPECT_EQ(tracerec({"-d", db(), "show", "1", "--as", "http"}).out, custom_request(5000) + response);
  const Outcome curl = tracerec({"-d", db(), "show", "1", "--as", "curl"});
  EXPECT_EQ(curl.exit_code, 0);
  EXPECT_NE(curl.out.find("--data-binary"), std::string::npos);
  const Outcome jsonl = tracerec({"-d", db(), "export", "jsonl"});
  EXPECT_NE(jsonl.out.find("\"body\":\"{\\\"size\\\":5000}\",\"body_encoding\":\"utf8\""), std::string::npos)
      << jsonl.out;
  EXPECT_NE(tracerec({"-d", db(), "ls"}).out.find("gin-server"), std::string::npos);
}

}  // namespace
}  // namespace tracerec::e2e
