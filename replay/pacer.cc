#include "replay/pacer.h"

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <set>
#include <utility>

#include "replay/await.h"

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;
using Timer = asio::steady_timer;
using std::chrono::nanoseconds;

std::int64_t ns_since(SteadyTime start) {
  return std::chrono::duration_cast<nanoseconds>(steady_now() - start).count();
}

// An alarm that only makes io_context::run return.
class Alarm {
 public:
  explicit Alarm(asio::io_context& io) : io_(&io), timer_(io) {}

  void set(SteadyTime at) {
    if (armed_ && timer_.expiry() == at) return;
    armed_ = true;
    timer_.expires_at(at);
    timer_.async_wait([this](boost::system::error_code error) {
      if (error == asio::error::operation_aborted) return;
      armed_ = false;
      io_->stop();
    });
  }

 private:
  asio::io_context* io_;
  Timer timer_;
  bool armed_ = false;
};

class MaxPacer final : public Pacer {
 public:
  explicit MaxPacer(SteadyTime start) : start_(start) {}

  bool may_start(std::int64_t) override { return true; }
  void is_ready(std::int64_t) override {}
  bool may_prepare(std::int64_t) override { return true; }
  std::optional<std::int64_t> turn_at_once(std::int64_t) override { return ns_since(start_); }
  Task<void> prepare(std::int64_t) override { co_return; }
  Task<std::int64_t> turn(std::int64_t) override { co_return ns_since(start_); }
  void stop() override {}

 private:
  SteadyTime start_;
};

class RecordedPacer final : public Pacer {
 public:
  RecordedPacer(asio::io_context& io, RecordedSchedule schedule, SteadyTime start)
      : io_(&io), schedule_(std::move(schedule)), start_(start), alarm_(io) {}

  bool may_start(std::int64_t first_recorded_ns) override {
    const SteadyTime due = at(first_recorded_ns) - nanoseconds(kConnectLeadNs);
    if (stopped_ || steady_now() >= due) return true;
    alarm_.set(due);
    return false;
  }

  void is_ready(std::int64_t) override {}

  bool may_prepare(std::int64_t recorded_ns) override {
    return stopped_ || steady_now() >= at(recorded_ns) - nanoseconds(kConnectLeadNs);
  }

  std::optional<std::int64_t> turn_at_once(std::int64_t recorded_ns) override {
    if (!stopped_ && steady_now() < at(recorded_ns)) return std::nullopt;
    return schedule_.intended_ns(recorded_ns);
  }

  Task<void> prepare(std::int64_t recorded_ns) override {
    return wait_until(at(recorded_ns) - nanoseconds(kConnectLeadNs));
  }

  Task<std::int64_t> turn(std::int64_t recorded_ns) override {
    co_await wait_until(at(recorded_ns));
    co_return schedule_.intended_ns(recorded_ns);
  }

  void stop() override {
    stopped_ = true;
    for (Timer* timer : waiting_) timer->cancel();
  }

 private:
  SteadyTime at(std::int64_t recorded_ns) const { return start_ + nanoseconds(schedule_.intended_ns(recorded_ns)); }

  Task<void> wait_until(SteadyTime due) {
    if (stopped_ || steady_now() >= due) co_return;
    Timer timer(*io_, due);
    waiting_.insert(&timer);
    co_await timer.async_wait(kAwait);
    waiting_.erase(&timer);
  }

  asio::io_context* io_;
  RecordedSchedule schedule_;
  SteadyTime start_;
  Alarm alarm_;
  std::set<Timer*> waiting_;
  bool stopped_ = false;
};

// Every 1/rate seconds the waiting exchange that was recorded first gets its turn. At most one exchange of a connection
// waits, so that memory follows the number of open connections. A connection is started kConnectLeadNs before the slot
// that its first exchange will get, as far as is known from those that wait or are on their way already.
class RatePacer final : public Pacer {
 public:
  RatePacer(asio::io_context& io, EvenSchedule schedule, SteadyTime start, nanoseconds patience)
      : io_(&io), schedule_(schedule), start_(start), patience_(patience), slots_(io) {}

  bool may_start(std::int64_t first_recorded_ns) override {
    next_connection_ns_ = first_recorded_ns;
    forget_slow();
    release_due();
    if (!stopped_ && !is_soon(first_recorded_ns)) {
      arm();
      return false;
    }
    on_their_way_.emplace(first_recorded_ns, steady_now());
    next_connection_ns_ = INT64_MAX;
    return true;
  }

  void is_ready(std::int64_t first_recorded_ns) override {
    const auto entry = on_their_way_.find(first_recorded_ns);
    if (entry != on_their_way_.end()) on_their_way_.erase(entry);
    io_->stop();
  }

  bool may_prepare(std::int64_t) override { return true; }
  std::optional<std::int64_t> turn_at_once(std::int64_t) override { return std::nullopt; }
  Task<void> prepare(std::int64_t) override { co_return; }

  Task<std::int64_t> turn(std::int64_t recorded_ns) override {
    if (stopped_) co_return 0;
    Waiter waiter{Timer(*io_, SteadyTime::max())};
    const auto position = waiting_.emplace(recorded_ns, &waiter);
    release_due();
    if (!waiter.released) {
      arm();
      co_await waiter.timer.async_wait(kAwait);
    }
    if (!waiter.released) waiting_.erase(position);  // stopped
    co_return waiter.intended_ns;
  }

  void stop() override {
    stopped_ = true;
    for (const auto& [recorded_ns, waiter] : waiting_) waiter->timer.cancel();
  }

 private:
  // How often to look when a slot is due and an earlier exchange is still on its way.
  static constexpr auto kLookAgain = std::chrono::microseconds(100);

  struct Waiter {
    Timer timer;
    bool released = false;
    std::int64_t intended_ns = 0;
  };

  SteadyTime slot_at(std::uint64_t index) const { return start_ + nanoseconds(schedule_.intended_ns(index)); }

  void forget_slow() {
    std::erase_if(on_their_way_,
                  [limit = steady_now() - patience_](const auto& entry) { return entry.second < limit; });
  }

  // Looks at no more of those that wait than get their turn within the lead.
  bool is_soon(std::int64_t first_recorded_ns) const {
    const SteadyTime horizon = steady_now() + nanoseconds(kConnectLeadNs);
    std::uint64_t slot = next_slot_ + on_their_way_.size();
    for (const auto& [recorded_ns, waiter] : waiting_) {
      if (recorded_ns >= first_recorded_ns || slot_at(slot) > horizon) break;
      ++slot;
    }
    return slot_at(slot) <= horizon;
  }

  bool earlier_is_coming(std::int64_t first_ns) const {
    if (next_connection_ns_ < first_ns) return true;
    return !on_their_way_.empty() && on_their_way_.begin()->first < first_ns;
  }

  void release_due() {
    while (!stopped_ && !waiting_.empty() && steady_now() >= slot_at(next_slot_)) {
      if (earlier_is_coming(waiting_.begin()->first)) return;
      Waiter& waiter = *waiting_.begin()->second;
      waiting_.erase(waiting_.begin());
      waiter.released = true;
      waiter.intended_ns = schedule_.intended_ns(next_slot_++);
      waiter.timer.cancel();
    }
  }

  void arm() {
    if (armed_ || stopped_) return;
    armed_ = true;
    const SteadyTime next = slot_at(next_slot_) - nanoseconds(waiting_.empty() ? kConnectLeadNs : 0);
    slots_.expires_at(std::max(next, steady_now() + kLookAgain));
    slots_.async_wait([this](boost::system::error_code error) {
      if (error == asio::error::operation_aborted) return;
      armed_ = false;
      forget_slow();
      release_due();
      if (!waiting_.empty()) arm();
      io_->stop();
    });
  }

  asio::io_context* io_;
  EvenSchedule schedule_;
  SteadyTime start_;
  nanoseconds patience_;
  Timer slots_;
  std::multimap<std::int64_t, Waiter*> waiting_;          // by recorded time
  std::multimap<std::int64_t, SteadyTime> on_their_way_;  // recorded time of the first exchange → started when
  std::int64_t next_connection_ns_ = INT64_MAX;
  std::uint64_t next_slot_ = 0;
  bool armed_ = false;
  bool stopped_ = false;
};

}  // namespace

std::unique_ptr<Pacer> make_pacer(asio::io_context& io, const ReplayOptions& options, const RecordingShape& shape,
                                  SteadyTime start, nanoseconds patience) {
  switch (options.pace) {
    case Pace::kMax:
      return std::make_unique<MaxPacer>(start);
    case Pace::kRate:
      return std::make_unique<RatePacer>(io, EvenSchedule(options.rate), start, patience);
    case Pace::kRecorded:
      break;
  }
  return std::make_unique<RecordedPacer>(
      io, RecordedSchedule(shape.first_started_unix_ns, options.speed, shape.savings), start);
}

}  // namespace tracerec::replay
