// Cause before effect: which responses a request waits for, whatever connection they come on. No sockets, no
// clock; no files but temporary ones, for what a long recording holds. docs/replay.md, Order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "replay/correlate.h"
#include "replay/options.h"
#include "replay/scratch.h"
#include "replay/value_index.h"

namespace tracerec::replay {

// "The first `count` responses of a group": those of a session, say, in the order in which they were recorded.
struct Condition {
  std::uint32_t group = 0;
  std::uint32_t count = 0;
};

// The rank-th response of a group (from 0) is this exchange's.
struct Membership {
  std::uint32_t group = 0;
  std::uint32_t rank = 0;
};

// Immutable, but one thread only. In temporary files when it is long: scratch.h. Only of groups that something waits
// for, and in general only up to the last response that is waited for.
class OrderPlan {
 public:
  // Valid as long as the object.
  [[nodiscard]] std::span<const Condition> conditions_of(Ordinal exchange) const { return conditions_.of(exchange); }
  [[nodiscard]] std::span<const Membership> memberships_of(Ordinal exchange) const { return memberships_.of(exchange); }
  [[nodiscard]] std::size_t groups() const { return groups_; }

 private:
  friend class OrderPlanner;
  ScratchRows<Condition> conditions_;
  ScratchRows<Membership> memberships_;
  std::uint32_t groups_ = 0;
};

// Memory: 8 MiB for the paths that were written to, 16 MiB for what is sorted; while finish() is under way 40 MiB.
class OrderPlanner {
 public:
  OrderPlanner(OrderMode mode, std::uint64_t exchanges);

  // By id. `sessions`: as the value finder gives them.
  void add(Ordinal ordinal, const RecordedExchange& exchange, const std::vector<std::uint64_t>& sessions);

  // Whether a temporary file could not be written: finish() says why, and more need not be added.
  [[nodiscard]] bool failed() const { return events_.failed(); }

  // An exchange waits for a member of its groups when that had ended at or before its start, and started before it.
  // Once. Error: of a temporary file.
  [[nodiscard]] Result<OrderPlan> finish();

 private:
  // What happens to a group, in the order in which it is looked at.
  enum class Kind : std::uint32_t { kMade, kEnded, kStarted };
  struct Event {
    std::uint64_t group = 0;  // hash
    std::int64_t at_ns = 0;
    Kind kind = Kind::kMade;
    Ordinal exchange = 0;

    friend auto operator<=>(const Event&, const Event&) = default;
  };
  // Of an exchange in a group: a rank or a count.
  struct Position {
    Ordinal exchange = 0;
    std::uint32_t group = 0;
    std::uint32_t number = 0;

    friend auto operator<=>(const Position&, const Position&) = default;
  };
  class Sweep;
  struct Times {
    std::int64_t started_ns = 0;
    std::int64_t ended_ns = 0;
    bool answered = false;
  };

  void join(std::uint64_t group, Ordinal ordinal, const Times& times);
  void add_resources(Ordinal ordinal, const RecordedExchange& exchange, const Times& times);
  void wait_for(std::uint64_t group, Ordinal ordinal, const Times& times);

  OrderMode mode_;
  std::uint64_t exchanges_;
  HashFilter made_;  // groups of resources
  ScratchSort<Event> events_;
};

// Who waits for whom while a recording is replayed. One thread.
class Order {
 public:
  // Both must outlive it.
  Order(const OrderPlan& plan, const Correlation& correlation);

  // Whether all that the exchange depends on is done.
  [[nodiscard]] bool is_ready(Ordinal exchange) const;

  // Calls `release` once when it is ready, or when all waiting ends. Not before this returns.
  void wait(Ordinal exchange, std::function<void()> release);

  // Answered, failed, or not to be sent at all: those that wait for it may go. Once for each exchange.
  void done(Ordinal exchange);

  // Nobody waits any more, now and later.
  void stop();

  // Releases the one that was recorded first; for recordings whose times contradict each other.
  void release_one();

  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  struct Waiter {
    Ordinal exchange = 0;
    std::function<void()> release;
  };

  [[nodiscard]] bool is_done(Ordinal exchange) const { return exchange < done_.size() && done_[exchange]; }
  void park(Waiter waiter);
  void finish_rank(const Membership& membership);
  void wake_group(std::uint32_t group);
  void recheck_waiters(std::vector<Waiter> waiters);
  void let_go(Waiter& waiter);

  const OrderPlan& plan_;
  const Correlation& correlation_;
  std::vector<bool> done_;
  ScratchArray<std::uint32_t> prefix_;  // of each group: so many of its first responses are done
  using Ranks = std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>>;
  std::unordered_map<std::uint32_t, Ranks> early_;  // done before others of lower rank
  std::unordered_map<std::uint32_t, std::multimap<std::uint32_t, Waiter>> for_group_;  // by the count they wait for
  std::unordered_map<Ordinal, std::vector<Waiter>> for_exchange_;
  std::size_t waiting_ = 0;
  bool stopped_ = false;
};

}  // namespace tracerec::replay
