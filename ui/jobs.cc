#include "ui/jobs.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace tracerec::ui {
namespace {

Outcome run(Job& job) {
  try {
    return job.work(job.progress);
  } catch (const std::exception& unexpected) {
    return Error{std::string("it ended early: ") + unexpected.what()};  // out of memory
  }
}

}  // namespace

Jobs::Jobs() : thread_([this] { work_on(); }) {}

Jobs::~Jobs() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (running_) running_->progress.watch.stop = true;
  }
  changed_.notify_all();
  thread_.join();
}

Jobs::List::iterator Jobs::at(const std::string& key) {
  return std::find_if(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job->key == key; });
}

// Of those that are done.
void Jobs::drop_oldest() {
  while (jobs_.size() > kKept) {
    const auto oldest = std::find_if(jobs_.rbegin(), jobs_.rend(), [](const auto& job) { return job->outcome; });
    if (oldest == jobs_.rend()) return;
    jobs_.erase(std::next(oldest).base());
  }
}

Result<Jobs::State> Jobs::ask(const std::string& key, const std::function<Outcome(Progress&)>& work) {
  const std::lock_guard lock(mutex_);
  auto found = at(key);
  if (found == jobs_.end()) {
    drop_oldest();
    if (jobs_.size() > kKept) return Error{"too many evaluations wait: ask again when some are done"};
    jobs_.push_front(std::make_shared<Job>());
    found = jobs_.begin();
    (*found)->key = key;
    (*found)->work = work;
    changed_.notify_all();
  }
  const std::shared_ptr<Job> job = *found;
  jobs_.splice(jobs_.begin(), jobs_, found);
  if (job->outcome && !*job->outcome) jobs_.pop_front();
  return State{job->outcome, job->progress.watch.compared, job->progress.total};
}

std::optional<Outcome> Jobs::find(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = at(key);
  return found == jobs_.end() ? std::nullopt : (*found)->outcome;
}

void Jobs::keep(const std::string& key, std::shared_ptr<const void> value) {
  const std::lock_guard lock(mutex_);
  if (const auto found = at(key); found != jobs_.end() && *found != running_) jobs_.erase(found);
  jobs_.push_front(std::make_shared<Job>());
  jobs_.front()->key = key;
  jobs_.front()->outcome = Outcome(std::move(value));
  drop_oldest();
}

void Jobs::work_on() {
  std::unique_lock lock(mutex_);
  while (true) {
    // The oldest that waits: it stands last.
    const auto waiting = std::find_if(jobs_.rbegin(), jobs_.rend(), [](const auto& job) { return !job->outcome; });
    if (stopping_) return;
    if (waiting == jobs_.rend()) {
      changed_.wait(lock);
      continue;
    }
    running_ = *waiting;
    lock.unlock();
    Outcome outcome = run(*running_);
    lock.lock();
    running_->outcome = std::move(outcome);
    running_.reset();
  }
}

}  // namespace tracerec::ui
