// Real processes, real sockets and the real binary for the end-to-end tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "schema/reader.h"

namespace tracerec::e2e {

// A child process with its output in files. Ended (SIGKILL) and reaped by the destructor.
class Process {
 public:
  struct Options {
    std::vector<std::string> environment;  // added, "NAME=value"
    bool unprivileged = false;             // as user nobody
    bool group = false;                    // its children end with it
  };
  explicit Process(const std::vector<std::string>& command) : Process(command, Options{}) {}
  Process(const std::vector<std::string>& command, const Options& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;

  // Exit code, 128 + signal when a signal ended it. Waits at most a minute, or four.
  int wait();
  int wait_long();

  [[nodiscard]] bool ended() const;

  // False when the process ended, or a minute passed, before `text` stood in its stderr.
  [[nodiscard]] bool wait_for_stderr(std::string_view text) const;

  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  pid_t pid_ = -1;
  bool group_ = false;
  mutable int status_ = 0;
  mutable bool reaped_ = false;
  std::string base_;  // of the output files
};

// Runs a command to its end.
struct Outcome {
  int exit_code;
  std::string out, err;
};
Outcome run(const std::vector<std::string>& command, const Process::Options& options = {});
Outcome tracerec(std::vector<std::string> arguments);

// A TCP client that says exactly what it is told.
class RawClient {
 public:
  struct Address {
    std::string host;  // an IP address, or the path of a Unix socket
    int port;
  };
  explicit RawClient(int port) : RawClient(Address{"127.0.0.1", port}) {}
  explicit RawClient(const std::string& socket_path) : RawClient(Address{socket_path, 0}) {}
  explicit RawClient(const Address& address);
  virtual ~RawClient() = default;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  [[nodiscard]] static bool can_connect(const Address& address);

  virtual void send(std::string_view bytes) const;
  void close() { fd_.reset(); }
  void end_sending() const { ::shutdown(fd_.get(), SHUT_WR); }

  // Reads one response, interim ones before it included, to its end, and returns its bytes; empty at end of file. The
  // method of the request decides whether there is a body.
  std::string read_response(const std::string& method = "GET");

  // The next head and nothing more: an interim response.
  std::string read_interim();

  // Everything until the server closes.
  std::string read_to_end();

 protected:
  [[nodiscard]] int fd() const { return fd_.get(); }

  // The next bytes into this room: as read(2) does.
  virtual ssize_t read_some(char* room, std::size_t bytes);

 private:
  bool receive();

  UniqueFd fd_;
  std::string buffer_;
};

// Looks again every few milliseconds until it is so, or a minute is over.
bool eventually(const std::function<bool()>& is_so);

// The size of a file; 0 when it is not there.
[[nodiscard]] std::uint64_t fs_bytes(const std::string& path);

[[nodiscard]] int free_port();
void wait_for_port(int port);

// The body that the servers of the tests send: letters that repeat with a period of 26.
[[nodiscard]] std::string letters(std::size_t count);

// "POST /customResponse" of the gin server for a size.
[[nodiscard]] std::string custom_request(std::size_t size);

// The gin server on a free port.
class GinServer {
 public:
  explicit GinServer(std::vector<std::string> faults = {});
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  void stop() { process_.reset(); }

 private:
  int port_;
  std::unique_ptr<Process> process_;
};

// A folder of its own per test, and what every kernel test needs. Where the machine cannot record, the test is skipped
// with the reason, but fails when CI or TRACEREC_REQUIRE_KERNEL is set: no green that checked nothing.
class KernelTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Starts `tracerec record` with these arguments and waits until it records.
  std::unique_ptr<Process> start_recording(std::vector<std::string> arguments);

  // Ctrl-C; checks exit code 0 and that nothing was lost.
  static void stop_recording(Process& recorder);

  // The same of a recording without exchanges: exit code 2, and it says so.
  static void stop_empty_recording(Process& recorder);

  struct Stored {
    schema::StoredExchange row;
    std::string request, response;  // whole wire bytes
  };
  // All exchanges of the newest recording.
  [[nodiscard]] std::vector<Stored> stored() const;
  [[nodiscard]] schema::Connection connection(schema::RowId id) const;
  // An entry of the newest recording's ledger; zeros when it is not there.
  [[nodiscard]] schema::LedgerEntry ledger(const std::string& key) const;
  [[nodiscard]] std::string db() const { return db_.empty() ? folder_ + "/tracerec.db" : db_; }
  void use_db(std::string path) { db_ = std::move(path); }
  [[nodiscard]] std::string folder() const { return folder_; }

 private:
  std::string folder_;
  std::string db_;
};

}  // namespace tracerec::e2e
