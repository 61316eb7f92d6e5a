// Work that takes longer than a request: one after the other, in a thread of its own, with progress.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/error.h"
#include "evaluate/evaluate.h"

namespace tracerec::ui {

// What is shown of a job while it runs.
struct Progress {
  evaluate::Watch watch;  // compared: how far it is
  std::atomic<std::uint64_t> total{0};
};

// What a job comes to; the one who asks knows its type.
using Outcome = Result<std::shared_ptr<const void>>;

struct Job {
  std::string key;
  std::function<Outcome(Progress&)> work;
  Progress progress;
  std::optional<Outcome> outcome;  // guarded by the mutex of Jobs
};

// Results are kept for the last kKept keys. Any thread.
class Jobs {
 public:
  Jobs();
  ~Jobs();  // stops what runs and waits for it
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  struct State {
    std::optional<Outcome> outcome;  // nothing: it waits or runs
    std::uint64_t done = 0;
    std::uint64_t total = 0;
  };
  // That of the job with this key, which begins when there is none. A job that failed begins anew with the next call.
  // Error: too many wait.
  [[nodiscard]] Result<State> ask(const std::string& key, const std::function<Outcome(Progress&)>& work);

  // The outcome of `key`, when it is there. Starts nothing.
  [[nodiscard]] std::optional<Outcome> find(const std::string& key);

  // Puts what is known already in the place of a job.
  void keep(const std::string& key, std::shared_ptr<const void> value);

  static constexpr std::size_t kKept = 12;

 private:
  using List = std::list<std::shared_ptr<Job>>;
  void work_on();
  [[nodiscard]] List::iterator at(const std::string& key);
  void drop_oldest();

  std::mutex mutex_;
  std::condition_variable changed_;
  List jobs_;  // the one that was asked for last comes first
  std::shared_ptr<Job> running_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace tracerec::ui
