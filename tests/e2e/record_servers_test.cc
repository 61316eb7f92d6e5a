// Servers that nobody here wrote, each through the same cases, compared byte for byte with what the client sent and
// received (docs/capture.md: the matrix).
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

#include "harness.h"
#include "testing/self_signed.h"
#include "tls_client.h"

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;

const std::string kServers = TRACEREC_SOURCE_DIR "/tests/e2e/servers/";
constexpr std::size_t kLarge = 10'000'000;

std::string get(const std::string& target, const std::string& more = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + more + "\r\n";
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::string key_in(const std::string& folder) {
  return folder + "/key.pem";
}
std::string certificate_in(const std::string& folder) {
  return folder + "/certificate.pem";
}

// A running server, and what has to go on beside it.
struct Started {
  int port = 0;
  std::vector<std::unique_ptr<Process>> processes;  // the recorded one first
};

std::unique_ptr<Process> start_node(int port) {
  return std::make_unique<Process>(std::vector<std::string>{"node", kServers + "app.mjs", std::to_string(port)});
}

Started gin(const std::string&) {
  Started started{free_port(), {}};
  Process::Options options;
  options.environment.push_back("PORT=" + std::to_string(started.port));
  started.processes.push_back(std::make_unique<Process>(std::vector<std::string>{MATRIX_GIN_BINARY}, options));
  return started;
}

Started gin_tls(const std::string& folder) {
  Started started{free_port(), {}};
  Process::Options options;
  options.environment = {"PORT=" + std::to_string(started.port), "TLS_CERT=" + certificate_in(folder),
                         "TLS_KEY=" + key_in(folder)};
  started.processes.push_back(std::make_unique<Process>(std::vector<std::string>{MATRIX_GIN_BINARY}, options));
  return started;
}

Started node_tls(const std::string& folder) {
  Started started{free_port(), {}};
  started.processes.push_back(std::make_unique<Process>(std::vector<std::string>{
      "node", kServers + "app.mjs", std::to_string(started.port), certificate_in(folder), key_in(folder)}));
  return started;
}

Started node(const std::string&) {
  Started started{free_port(), {}};
  started.processes.push_back(start_node(started.port));
  return started;
}

Started gunicorn(const std::string&) {
  Started started{free_port(), {}};
  started.processes.push_back(std::make_unique<Process>(
      std::vector<std::string>{"gunicorn", "--chdir", kServers, "-b", "127.0.0.1:" + std::to_string(started.port), "-w",
                               "2", "-k", "gthread", "--threads", "2", "--keep-alive", "60", "app_wsgi:app"}));
  return started;
}

Started uvicorn(const std::string&) {
  Started started{free_port(), {}};
  started.processes.push_back(std::make_unique<Process>(
      std::vector<std::string>{"uvicorn", "--app-dir", kServers, "--port", std::to_string(started.port),
                               "--timeout-keep-alive", "60", "app_asgi:app"}));
  return started;
}

Started gunicorn_tls(const std::string& folder) {
  Started started{free_port(), {}};
  started.processes.push_back(std::make_unique<Process>(
      std::vector<std::string>{"gunicorn", "--chdir", kServers, "-b", "127.0.0.1:" + std::to_string(started.port), "-w",
                               "2", "-k", "gthread", "--threads", "2", "--keep-alive", "60", "--certfile",
                               certificate_in(folder), "--keyfile", key_in(folder), "app_wsgi:app"}));
  return started;
}

Started uvicorn_tls(const std::string& folder) {
  Started started{free_port(), {}};
  started.processes.push_back(std::make_unique<Process>(std::vector<std::string>{
      "uvicorn", "--app-dir", kServers, "--port", std::to_string(started.port), "--timeout-keep-alive", "60",
      "--ssl-certfile", certificate_in(folder), "--ssl-keyfile", key_in(folder), "app_asgi:app"}));
  return started;
}

Started java(const std::string&) {
  Started started{free_port(), {}};
  started.processes.push_back(std::make_unique<Process>(
      std::vector<std::string>{"java", "-Xmx256m", kServers + "App.java", std::to_string(started.port)}));
  return started;
}

void write_files(const std::string& folder) {
  const auto hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (const auto& [name, count] : std::vector<std::pair<std::string, std::size_t>>{
           {"bytes/100", 100}, {"bytes/10000000", kLarge}, {"chunked/100000", 100'000}, {"cached", 6}}) {
    const fs::path path = fs::path(folder) / "files" / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << letters(count);
    fs::last_write_time(path, hour_ago);
  }
}

std::unique_ptr<Process> start_nginx(const std::string& folder, int port, const std::string& locations,
                                     bool tls = false) {
  std::ifstream file(kServers + "nginx.conf.in");
  std::string conf{std::istreambuf_iterator<char>(file), {}};
  replace_all(conf, "@FOLDER@", folder);
  replace_all(conf, "@PORT@", std::to_string(port) + (tls ? " ssl" : ""));
  replace_all(conf, "@WORKERS@", "2");
  replace_all(conf, "@LOCATIONS@", locations);
  std::ofstream(folder + "/nginx.conf") << conf;
  return std::make_unique<Process>(
      std::vector<std::string>{"nginx", "-p", folder, "-c", folder + "/nginx.conf", "-g", "daemon off; user root;"});
}

Started nginx_files(const std::string& folder) {
  Started started{free_port(), {}};
  write_files(folder);
  started.processes.push_back(start_nginx(folder, started.port, ""));
  return started;
}

Started nginx_tls(const std::string& folder) {
  Started started{free_port(), {}};
  write_files(folder);
  started.processes.push_back(
      start_nginx(folder, started.port,
                  "ssl_certificate " + certificate_in(folder) + "; ssl_certificate_key " + key_in(folder) + ";", true));
  return started;
}

Started nginx_proxy(const std::string& folder) {
  Started started{free_port(), {}};
  const int backend = free_port();
  started.processes.push_back(
      start_nginx(folder, started.port,
                  "location / { proxy_pass http://127.0.0.1:" + std::to_string(backend) +
                      "; proxy_http_version 1.1; proxy_set_header Connection \"\"; client_max_body_size 20m; }"));
  started.processes.push_back(start_node(backend));
  wait_for_port(backend);
  return started;
}

struct Server {
  const char* name;
  Started (*start)(const std::string& folder);
  bool uploads = true;    // it takes a body, and says 100 Continue
  bool pipelines = true;  // it responds to requests that it has not been asked one by one
  bool tls = false;
  bool waits_inside = false;  // inside its TLS library, for the next request, which was begun before it is recorded
};

void PrintTo(const Server& server, std::ostream* out) {  // NOLINT(readability-identifier-naming): GoogleTest's name
  *out << server.name;
}

constexpr Server kAll[] = {{"gin", gin},
                           {"node", node},
                           {"gunicorn", gunicorn, true, false},
                           {"uvicorn", uvicorn},
                           {"java", java},
                           {"nginx_files", nginx_files, false},
                           {"nginx_proxy", nginx_proxy},
                           {"gin_tls", gin_tls, true, true, true, true},
                           {"node_tls", node_tls, true, true, true},
                           {"gunicorn_tls", gunicorn_tls, true, false, true},
                           {"uvicorn_tls", uvicorn_tls, true, true, true},
                           {"nginx_tls", nginx_tls, false, true, true}};

class Matrix : public KernelTest, public ::testing::WithParamInterface<Server> {
 protected:
  void SetUp() override {
    KernelTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    if (GetParam().tls) {
      ASSERT_TRUE(testing::write_self_signed(key_in(folder()), certificate_in(folder()), "IP:127.0.0.1"));
    }
    server_ = GetParam().start(folder());
    wait_for_port(server_.port);
    connect();
  }

  void connect() {
    if (GetParam().tls) {
      client_ = std::make_unique<TlsClient>(server_.port);
    } else {
      client_ = std::make_unique<RawClient>(server_.port);
    }
  }

  void attach_to_open() { recorder_ = start_recording({"--pid", std::to_string(server_.processes.front()->pid())}); }

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
    return response;
  }

  void expect_row(const std::string& request, const std::string& response) { witness_.emplace_back(request, response); }

  void compare() {
    client_.reset();
    stop_recording(*recorder_);
    const auto rows = stored();
    ASSERT_EQ(rows.size(), witness_.size()) << recorder_->err();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_TRUE(rows[i].row.complete) << rows[i].row.notes;
      EXPECT_TRUE(rows[i].request == witness_[i].first) << rows[i].request;
      EXPECT_TRUE(rows[i].response == witness_[i].second)
          << rows[i].response.size() << " bytes instead of " << witness_[i].second.size();
    }
  }

  Started server_;
  std::unique_ptr<RawClient> client_;
  std::unique_ptr<Process> recorder_;
  std::vector<std::pair<std::string, std::string>> witness_;
};

TEST_P(Matrix, Small) {
  attach();
  for (int i = 0; i < 5; ++i) EXPECT_NE(ask(get("/bytes/100")).find(letters(100)), std::string::npos);
  compare();
}

TEST_P(Matrix, TenMegabytes) {
  attach();
  for (int i = 0; i < 2; ++i) EXPECT_GT(ask(get("/bytes/10000000")).size(), kLarge);
  compare();
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
  EXPECT_NE(response.find("transfer-encoding: chunked"), std::string::npos) << response.substr(0, 300);
  ask(get("/bytes/100"));
  compare();
}

TEST_P(Matrix, UploadThatWaitsToBeAskedFor) {
  if (!GetParam().uploads) GTEST_SKIP() << "it takes no uploads";
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

TEST_P(Matrix, Pipelined) {
  if (!GetParam().pipelines) GTEST_SKIP() << "it does not respond to pipelined requests";
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

INSTANTIATE_TEST_SUITE_P(Of, Matrix, ::testing::ValuesIn(kAll),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace tracerec::e2e
