#include "harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <thread>
#include <utility>

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

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

UniqueFd connect_to(const RawClient::Address& to) {
  sockaddr_storage storage{};
  socklen_t length = 0;
  if (auto* v4 = reinterpret_cast<sockaddr_in*>(&storage); ::inet_pton(AF_INET, to.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<std::uint16_t>(to.port));
    length = sizeof *v4;
  } else if (auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
             ::inet_pton(AF_INET6, to.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<std::uint16_t>(to.port));
    length = sizeof *v6;
  } else {
    auto* path = reinterpret_cast<sockaddr_un*>(&storage);
    path->sun_family = AF_UNIX;
    to.host.copy(path->sun_path, sizeof path->sun_path - 1);
    length = sizeof *path;
  }
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0) fd.reset();
  const timeval patience{30, 0};  // a server that says nothing fails the test instead of holding it up
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

UniqueFd connect_to(int port) {
  return connect_to(RawClient::Address{"127.0.0.1", port});
}

bool kernel_is_required() {
  return std::getenv("CI") != nullptr || std::getenv("TRACEREC_REQUIRE_KERNEL") != nullptr;
}

// A program with file capabilities that an ordinary user shall record with, in place of root; none: null.
const char* recorder_of_nobody() {
  return std::getenv("TRACEREC_RECORDER_OF_NOBODY");
}

}  // namespace

bool eventually(const std::function<bool()>& is_so) {
  const auto deadline = steady_clock::now() + kPatience;
  while (steady_clock::now() < deadline) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return is_so();
}

std::uint64_t fs_bytes(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  return error ? 0 : bytes;
}

Process::Process(const std::vector<std::string>& command, const Options& options) : group_(options.group) {
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
  if (group_) ::setpgid(pid_, pid_);  // on both sides: whoever comes first
  if (pid_ != 0) return;
  ::dup2(::open("/dev/null", O_RDONLY), 0);
  ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
  ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
  if (options.unprivileged && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(125);
  ::execvpe(arguments[0], arguments.data(), variables.data());
  ::_exit(127);
}

Process::~Process() {
  if (group_ && pid_ > 0) ::kill(-pid_, SIGKILL);
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

int Process::wait_long() {
  for (int minutes = 0; minutes < 3 && !ended(); ++minutes) (void)eventually([this] { return ended(); });
  return wait();
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

RawClient::RawClient(const Address& address) : fd_(connect_to(address)) {
  EXPECT_TRUE(fd_.valid()) << "cannot connect to " << address.host << " " << address.port;
}

bool RawClient::can_connect(const Address& address) {
  return connect_to(address).valid();
}

void RawClient::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ASSERT_GT(sent, 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

ssize_t RawClient::read_some(char* room, std::size_t bytes) {
  return ::recv(fd_.get(), room, bytes, 0);
}

bool RawClient::receive() {
  char bytes[65536];
  const ssize_t got = read_some(bytes, sizeof bytes);
  if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
  return got > 0;
}

std::string RawClient::read_response(const std::string& method) {
  http::ResponseParser parser;
  parser.reset(method);
  std::string response;
  for (;;) {
    const http::Step step = parser.next(buffer_);
    response += buffer_.substr(0, step.consumed);
    const bool interim = step.part == http::Part::kEnd && parser.facts().status / 100 == 1;
    buffer_.erase(0, step.consumed);
    if (interim) {
      parser.reset(method);
    } else if (step.part == http::Part::kEnd) {
      return response;
    } else if (step.part == http::Part::kError) {
      ADD_FAILURE() << "not a response: " << parser.error();
      return {};
    } else if (step.part == http::Part::kNeedMore && !receive()) {
      return parser.finish_at_close() ? response : std::string{};
    }
  }
}

std::string RawClient::read_interim() {
  while (buffer_.find("\r\n\r\n") == std::string::npos && receive()) {
  }
  const std::size_t end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) return {};
  std::string head = buffer_.substr(0, end + 4);
  buffer_.erase(0, end + 4);
  return head;
}

std::string RawClient::read_to_end() {
  while (receive()) {
  }
  return std::exchange(buffer_, {});
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

std::string letters(std::size_t count) {
  std::string text(count, '\0');
  for (std::size_t i = 0; i < count; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
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
  if (recorder_of_nobody() != nullptr) {
    const std::string nobody = std::to_string(kNobody);
    EXPECT_EQ(::chown(folder_.c_str(), kNobody, kNobody), 0);
    ::setenv("SUDO_UID", nobody.c_str(), 1);  // whose files root may open
    ::setenv("SUDO_GID", nobody.c_str(), 1);
  }
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
  const char* unprivileged = recorder_of_nobody();
  Process::Options options;
  options.unprivileged = unprivileged != nullptr;
  const std::string program = unprivileged != nullptr ? unprivileged : TRACEREC_BINARY;
  arguments.insert(arguments.begin(), {program, "-d", db(), "record"});
  const bool says_which = std::find(arguments.begin(), arguments.end(), "--hooks") != arguments.end();
  if (const char* hooks = std::getenv("TRACEREC_TEST_HOOKS"); hooks != nullptr && !says_which) {
    const std::vector<std::string> words = {"--hooks", hooks};
    arguments.insert(arguments.begin() + 4, words.begin(), words.end());
  }
  auto recorder = std::make_unique<Process>(arguments, options);
  EXPECT_TRUE(recorder->wait_for_stderr("recording pid")) << recorder->err();
  return recorder;
}

void KernelTest::stop_recording(Process& recorder) {
  recorder.signal(SIGINT);
  EXPECT_EQ(recorder.wait(), 0) << recorder.err();
  EXPECT_FALSE(std::regex_search(recorder.err(), std::regex("[1-9][0-9,]* bytes lost"))) << recorder.err();
  EXPECT_EQ(recorder.err().find("unseen."), std::string::npos) << recorder.err();
}

void KernelTest::stop_empty_recording(Process& recorder) {
  recorder.signal(SIGINT);
  EXPECT_EQ(recorder.wait(), 2) << recorder.err();
  EXPECT_NE(recorder.err().find("tracerec: nothing was recorded: "), std::string::npos) << recorder.err();
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

schema::Connection KernelTest::connection(schema::RowId id) const {
  const auto reader = schema::Reader::open(db());
  EXPECT_TRUE(reader.has_value());
  const auto row = (*reader)->connection(id);
  EXPECT_TRUE(row && *row) << "no connection " << id;
  return row && *row ? **row : schema::Connection{};
}

schema::LedgerEntry KernelTest::ledger(const std::string& key) const {
  const auto reader = schema::Reader::open(db());
  EXPECT_TRUE(reader.has_value());
  const auto newest = (*reader)->newest_recording();
  EXPECT_TRUE(newest && *newest);
  for (const schema::LedgerEntry& entry : (*reader)->recording_ledger((*newest)->id).value()) {
    if (entry.key == key) return entry;
  }
  return {key, 0, 0};
}

}  // namespace tracerec::e2e
