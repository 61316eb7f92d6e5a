#include "record/helper_thread.h"

#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "record/privileges.h"

namespace tracerec::record {

struct HelperThread::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::function<void()> job;  // none: idle
  bool ending = false;

  void work() {
    restrict_to_files();
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return ending || job; });
      if (!job) return;
      lock.unlock();
      job();
      lock.lock();
      job = nullptr;
      changed.notify_all();
    }
  }
};

HelperThread::HelperThread() = default;

HelperThread::~HelperThread() {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  state_->ending = true;
  state_->changed.notify_all();
}

bool HelperThread::run(std::function<void()> job, std::chrono::milliseconds patience) {
  if (!state_) {
    auto state = std::make_shared<State>();
    try {
      std::thread([state] { state->work(); }).detach();
    } catch (const std::system_error&) {
      return false;
    }
    state_ = std::move(state);
  }
  std::unique_lock lock(state_->mutex);
  if (state_->job) return false;
  state_->job = std::move(job);
  state_->changed.notify_all();
  return state_->changed.wait_for(lock, patience, [this] { return !state_->job; });
}

}  // namespace tracerec::record
