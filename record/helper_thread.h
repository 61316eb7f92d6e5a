// Work that somebody else can delay, done on a thread of its own with a limit to the waiting.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace tracerec::record {

// Looking for a file may wait for whoever serves the file system it is on (FUSE, a network), and the thread that drains
// the ring must not. One job at a time; one caller's thread at a time.
class HelperThread {
 public:
  HelperThread();
  // Does not wait for a job that was given up: its thread stays until that job or the process ends.
  ~HelperThread();
  HelperThread(const HelperThread&) = delete;
  HelperThread& operator=(const HelperThread&) = delete;

  // True: the job was done. False: it was not within `patience`, or an earlier one still runs, or there can be no
  // thread. A job that was given up goes on alone, so that it must own all that it uses.
  [[nodiscard]] bool run(std::function<void()> job, std::chrono::milliseconds patience);

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the thread; none before the first job
};

}  // namespace tracerec::record
