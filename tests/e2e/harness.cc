#include "harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "http/parser.h"

extern char** environ;

namespace tracerec::e2e {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);
constexpr uid_t kNobody = 65534;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Looks again every few milliseconds until it is so, or patience ends.
bool eventually(const std::function<bool()>& is_so) {
  const auto deadline = steady_clock::now() + kPatience;
  while (steady_clock::now() < deadline) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return is_so();
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UniqueFd connect_to(int port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.reset();
  return fd;
}

bool kernel_is_required() {
  return std::getenv("CI") != nullptr || std::getenv("TRACEREC_REQUIRE_KERNEL") != nullptr;
}

}  // namespace

Process::Process(const std::vector<std::string>& command, const Options& options) {
  std::string pattern = ::testing::TempDir() + "tracerec-process-XXXXXX";
  base_ = ::mkdtemp(pattern.data());
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> environment = options.environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  std::vector<char*> variables;
  for (std::string& entry : environment) variables.push_back(entry.data());
  variables.push_back(nullptr);
  const std::string out = base_ + "/out", err = base_ + "/err";
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
  ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
  if (options.unprivileged && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(125);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  ::_exit(127);
}

Process::~Process() {
  if (!ended()) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove_all(base_, ignored);
}

void Process::signal(int number) const {
  ::kill(pid_, number);
}

bool Process::ended() const {
  if (!reaped_ && ::waitpid(pid_, &status_, WNOHANG) == pid_) reaped_ = true;
  return reaped_;
}

int Process::wait() {
  if (!eventually([this] { return ended(); })) return -1;
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

bool Process::wait_for_stderr(std::string_view text) const {
  const auto found = [&] { return err().find(text) != std::string::npos; };
  return eventually([&] { return found() || ended(); }) && found();
}

std::string Process::out() const {
  return read_file(base_ + "/out");
}
std::string Process::err() const {
  return read_file(base_ + "/err");
}

Outcome run(const std::vector<std::string>& command, const Process::Options& options) {
  Process process(command, options);
  const int code = process.wait();
  return {code, process.out(), process.err()};
}

Outcome tracerec(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), TRACEREC_BINARY);
  return run(arguments);
}

RawClient::RawClient(int port) : fd_(connect_to(port)) {
  EXPECT_TRUE(fd_.valid()) << "cannot connect to " << port;
}

void RawClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(sent, 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string RawClient::read_response() {
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
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (got <= 0) return parser.finish_at_close() ? response : std::string{};
    buffer_.append(bytes, static_cast<std::size_t>(got));
  }
}

int free_port() {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

void wait_for_port(int port) {
  ASSERT_TRUE(eventually([port] { return connect_to(port).valid(); })) << "nothing listens on " << port;
}

std::string custom_request(std::size_t size) {
  const std::string body = "{\"size\":" + std::to_string(size) + "}";
  return "POST /customResponse HTTP/1.1\r\nHost: gin\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

GinServer::GinServer(std::vector<std::string> faults) : port_(free_port()) {
  faults.insert(faults.begin(), GIN_SERVER_BINARY);
  Process::Options options;
  options.environment.push_back("PORT=" + std::to_string(port_));
  process_ = std::make_unique<Process>(faults, options);
  wait_for_port(port_);
}

void KernelTest::SetUp() {
  std::string pattern = ::testing::TempDir() + "tracerec-e2e-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  std::string reason;
  if (std::string(GIN_SERVER_BINARY).empty()) reason = "the example server was not built: install golang-go and gin";
  static const Outcome doctor = tracerec({"doctor"});
  if (doctor.exit_code != 0) reason = "this machine cannot record:\n" + doctor.out;
  if (reason.empty()) return;
  if (kernel_is_required()) FAIL() << reason;
  GTEST_SKIP() << reason;
}

void KernelTest::TearDown() {
  std::error_code ignored;
  if (!HasFailure()) fs::remove_all(folder_, ignored);
}

std::unique_ptr<Process> KernelTest::start_recording(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {TRACEREC_BINARY, "-d", db(), "record"});
  auto recorder = std::make_unique<Process>(arguments);
  EXPECT_TRUE(recorder->wait_for_stderr("recording pid")) << recorder->err();
  return recorder;
}

void KernelTest::stop_recording(Process& recorder) {
  recorder.signal(SIGINT);
  EXPECT_EQ(recorder.wait(), 0) << recorder.err();
  EXPECT_NE(recorder.err().find(", 0 bytes lost"), std::string::npos) << recorder.err();
}

std::vector<KernelTest::Stored> KernelTest::stored() const {
  std::vector<Stored> all;
  auto opened = schema::Reader::open(db());
  auto second = schema::Reader::open(db());
  if (!opened || !second) {
    ADD_FAILURE() << opened.error().message;
    return all;
  }
  schema::Reader& bodies = **second;
  const auto newest = (*opened)->newest_recording();
  if (!newest || !newest->has_value()) {
    ADD_FAILURE() << "no recording in " << db();
    return all;
  }
  const auto walked = (*opened)->for_each_exchange((*newest)->id, [&](const schema::StoredExchange& row) {
    const auto request = bodies.load_body(row.request_body, SIZE_MAX);
    const auto response = bodies.load_body(row.response_body, SIZE_MAX);
    EXPECT_TRUE(request && response);
    all.push_back({row, row.request_head + request.value(), row.interim + row.response_head + response.value()});
    return true;
  });
  EXPECT_TRUE(walked.has_value());
  return all;
}

}  // namespace tracerec::e2e
