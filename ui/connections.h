// Connections to the viewer. One whose next request has not come whole waits here and takes no thread, so that clients
// that connect and say nothing, or half of it, hold up nobody else.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace tracerec::ui {

struct ConnectionLimits {
  std::size_t threads = 16;                     // two tabs of a browser, which opens six connections to each host
  std::size_t most_waiting = 512;               // then the one that has waited longest goes
  std::size_t most_requests = 1000;             // of one connection
  std::size_t most_head_bytes = 32 << 10;       // a longer one ends its connection
  std::chrono::milliseconds for_a_head{5'000};  // from the connection, or the response before, to the head's last byte
};

// Every member may be called by any thread.
class Connections {
 public:
  // Serves one request of a connected stream socket: its head of `head_bytes` can be read. Called by several threads at
  // once. Gives whether the connection goes on; `is_last`: it will not.
  using Serve = std::function<bool(int socket, std::size_t head_bytes, bool is_last)>;

  Connections(ConnectionLimits limits, Serve serve);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  void add(UniqueFd socket);

  // Ends all that wait; what is being served is served. Further ones are closed. May be called twice.
  void stop();

 private:
  using Clock = std::chrono::steady_clock;

  struct Connection {
    UniqueFd socket;
    std::size_t requests = 0;    // that were served
    std::size_t head_bytes = 0;  // of the next one, when it is there
    Clock::time_point deadline{};
  };

  void wait(Connection connection);
  void watch();
  void look_at(int socket);
  void end_late_ones();
  void serve_requests();

  const ConnectionLimits limits_;
  const Serve serve_;
  UniqueFd epoll_, wake_;
  std::mutex mutex_;
  std::condition_variable has_request_;
  bool stopping_ = false;
  std::map<int, Connection> waiting_;  // by socket
  std::deque<Connection> ready_;
  std::vector<std::thread> threads_;
};

}  // namespace tracerec::ui
