// Cause before effect: which responses a request waits for, whatever connection they come on. Pure: no sockets, no
// clock. docs/replay.md, Order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "replay/correlate.h"
#include "replay/options.h"

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

// Immutable. 8 bytes for a condition and a membership, 8 for an exchange.
class OrderPlan {
 public:
  [[nodiscard]] std::span<const Condition> conditions_of(Ordinal exchange) const;
  [[nodiscard]] std::span<const Membership> memberships_of(Ordinal exchange) const;
  [[nodiscard]] std::size_t groups() const { return groups_; }

 private:
  friend class OrderPlanner;
  std::vector<std::uint32_t> condition_begin_, membership_begin_;
  std::vector<Condition> conditions_;
  std::vector<Membership> memberships_;
  std::size_t groups_ = 0;
};

class OrderPlanner {
 public:
  OrderPlanner(OrderMode mode, std::uint64_t exchanges);

  // By id. `sessions`: as the value finder gives them.
  void add(Ordinal ordinal, const RecordedExchange& exchange, const std::vector<std::uint64_t>& sessions);

  // An exchange waits for a member of its groups when that had ended at or before its start, and started before it.
  [[nodiscard]] OrderPlan finish();

 private:
  struct Pair {
    std::uint32_t group = 0;
    Ordinal exchange = 0;
  };

  std::uint32_t group_of(std::uint64_t key);
  void join(std::uint64_t key, Ordinal ordinal, bool answered);
  void add_resources(Ordinal ordinal, std::string_view path, std::string_view method, bool answered);
  void wait_for(std::uint64_t key, Ordinal ordinal);
  void rank_members(OrderPlan& plan);
  void count_conditions(OrderPlan& plan);

  OrderMode mode_;
  std::vector<std::int64_t> started_ns_, ended_ns_;
  std::unordered_map<std::uint64_t, std::uint32_t> groups_;
  std::vector<Pair> members_;     // by group and end, once finish() has sorted them
  std::vector<Pair> conditions_;  // by exchange
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
  std::vector<std::uint32_t> prefix_;  // of each group: so many of its first responses are done
  using Ranks = std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>>;
  std::unordered_map<std::uint32_t, Ranks> early_;  // done before others of lower rank
  std::unordered_map<std::uint32_t, std::multimap<std::uint32_t, Waiter>> for_group_;  // by the count they wait for
  std::unordered_map<Ordinal, std::vector<Waiter>> for_exchange_;
  std::size_t waiting_ = 0;
  bool stopped_ = false;
};

}  // namespace tracerec::replay
