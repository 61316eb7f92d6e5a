#include "replay/order.h"

#include <algorithm>
#include <optional>

#include "replay/values.h"

// How this works. A session, a resource that is written to, or (strict) the whole recording is a group. Its responses
// are ranked by when they ended in the recording. A request then depends on "the first n responses of the group", where
// n is how many had ended when it started: two numbers, however many those are. While playing, a group only counts how
// far its responses are done without a gap.
//
// Ranks and counts come from one pass over all that happens to the groups, sorted by group and time (outside of memory,
// when there is much of it): at an end the group has one response more, at a start that many are waited for. Ends that
// no start of the group follows are left out. What was found is then sorted by exchange.
//
// No cycle: what a request waits for had ended when it started, and so started before it; the same holds for what comes
// first on a connection. Following these always leads to an earlier start.
// Tests: tests/replay/order_test.cc.

namespace tracerec::replay {
namespace {

constexpr std::uint64_t kSessionKind = 1;
constexpr std::uint64_t kResourceKind = 2;
constexpr std::uint64_t kAllKind = 3;
constexpr std::uint64_t kPostKind = 4;

// An exchange that took no time must not come before itself.
constexpr std::int64_t kLeastNs = 1;

// Of paths that were written to. A wrong yes costs an event that is dropped later.
constexpr std::uint64_t kMadeBits = std::uint64_t{1} << 26;

// Responses that nobody may wait for are remembered no longer than this.
constexpr std::size_t kMostUndecided = 1 << 16;

}  // namespace

OrderPlanner::OrderPlanner(OrderMode mode, std::uint64_t exchanges)
    : mode_(mode), exchanges_(exchanges), made_(exchanges, kMadeBits) {}

void OrderPlanner::join(std::uint64_t group, Ordinal ordinal, const Times& times) {
  events_.add({group, times.started_ns, Kind::kStarted, ordinal});
  if (times.answered) events_.add({group, times.ended_ns, Kind::kEnded, ordinal});
}

void OrderPlanner::add(Ordinal ordinal, const RecordedExchange& exchange, const std::vector<std::uint64_t>& sessions) {
  const std::int64_t started = exchange.started_ns;
  const Times times{started, std::max(exchange.ended_ns, started + kLeastNs), exchange.ended_ns >= 0};
  if (mode_ == OrderMode::kConnection) return;
  if (mode_ == OrderMode::kStrict) return join(hash_of({}, kAllKind), ordinal, times);
  for (const std::uint64_t session : sessions) join(session ^ hash_of({}, kSessionKind), ordinal, times);
  add_resources(ordinal, exchange, times);
}

// Waits for writes to its own path and to those above; groups are made by writes only. A POST does not wait for others
// to the same path: what creates things, or is called like a function, would be replayed one at a time.
void OrderPlanner::add_resources(Ordinal ordinal, const RecordedExchange& exchange, const Times& times) {
  std::string_view path = path_of(exchange.target);
  const bool post = exchange.method == "POST";
  if (is_write(exchange.method) && times.answered) {
    const std::uint64_t group = hash_of(path, post ? kPostKind : kResourceKind);
    made_.add(group);
    events_.add({group, INT64_MIN, Kind::kMade, ordinal});
    events_.add({group, times.ended_ns, Kind::kEnded, ordinal});
  }
  for (bool own = true; !path.empty() && path != "/"; own = false) {
    wait_for(hash_of(path, kResourceKind), ordinal, times);
    if (!own || !post) wait_for(hash_of(path, kPostKind), ordinal, times);
    const std::size_t slash = path.rfind('/');  // npos: of "*", "host:443" and what is no target at all
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  }
}

void OrderPlanner::wait_for(std::uint64_t group, Ordinal ordinal, const Times& times) {
  if (made_.may_have(group)) events_.add({group, times.started_ns, Kind::kStarted, ordinal});
}

// Takes the events in order.
class OrderPlanner::Sweep {
 public:
  void take(const Event& event) {
    if (!any_ || event.group != group_) begin_group(event);
    if (event.kind == Kind::kMade) {
      if (!made_by_) made_by_ = event.exchange;
    } else if (event.kind == Kind::kEnded) {
      end(event.exchange);
    } else if (ended_ > 0 && made_by_.value_or(0) <= event.exchange) {
      decide();
      conditions_.add({event.exchange, number_, ended_});
    }
  }

  Result<OrderPlan> finish(std::uint64_t exchanges) {
    OrderPlan plan;
    plan.groups_ = used_ ? number_ + 1 : number_;
    Result<void> done = conditions_.take_all([&](const Position& at) {
      plan.conditions_.add(at.exchange, {at.group, at.number});
    });
    if (done) {
      done = memberships_.take_all([&](const Position& at) {
        plan.memberships_.add(at.exchange, {at.group, at.number});
      });
    }
    if (done) done = plan.conditions_.finish(exchanges);
    if (done) done = plan.memberships_.finish(exchanges);
    if (!done) return done.error();
    return plan;
  }

 private:
  // Only a group that something may wait for gets a number.
  void begin_group(const Event& event) {
    if (used_) ++number_;
    any_ = true;
    used_ = false;
    group_ = event.group;
    made_by_.reset();
    ended_ = 0;
    undecided_.clear();
  }

  void end(Ordinal exchange) {
    if (undecided_.size() >= kMostUndecided) decide();
    undecided_.push_back({exchange, number_, ended_++});
  }

  void decide() {
    used_ = true;
    for (const Position& one : undecided_) memberships_.add(one);
    undecided_.clear();
  }

  bool any_ = false;
  std::uint64_t group_ = 0;
  std::uint32_t number_ = 0;  // of the group
  bool used_ = false;         // it has conditions or memberships
  // The first that wrote to it, by id. Those before it wait for it only where the filter took it for another one. A
  // session is there from the start.
  std::optional<Ordinal> made_by_;
  std::uint32_t ended_ = 0;
  std::vector<Position> undecided_;  // ended; nothing that waits for them was seen yet
  ScratchSort<Position> conditions_;
  ScratchSort<Position> memberships_;
};

Result<OrderPlan> OrderPlanner::finish() {
  made_ = HashFilter(0);
  Sweep sweep;
  const Result<void> done = events_.take_all([&](const Event& event) { sweep.take(event); });
  if (!done) return done.error();
  return sweep.finish(exchanges_);
}

Order::Order(const OrderPlan& plan, const Correlation& correlation)
    : plan_(plan), correlation_(correlation), prefix_(plan.groups()) {}

bool Order::is_ready(Ordinal exchange) const {
  for (const Condition& condition : plan_.conditions_of(exchange)) {
    if (prefix_[condition.group] < condition.count) return false;
  }
  for (const Edge& edge : correlation_.edges_of(exchange)) {
    if (!is_done(edge.producer)) return false;
  }
  return true;
}

void Order::wait(Ordinal exchange, std::function<void()> release) {
  ++waiting_;
  park({exchange, std::move(release)});
}

// At the first thing that is not done.
void Order::park(Waiter waiter) {
  for (const Condition& condition : plan_.conditions_of(waiter.exchange)) {
    if (prefix_[condition.group] >= condition.count) continue;
    for_group_[condition.group].emplace(condition.count, std::move(waiter));
    return;
  }
  for (const Edge& edge : correlation_.edges_of(waiter.exchange)) {
    if (is_done(edge.producer)) continue;
    for_exchange_[edge.producer].push_back(std::move(waiter));
    return;
  }
  let_go(waiter);
}

void Order::let_go(Waiter& waiter) {
  --waiting_;
  waiter.release();
}

void Order::recheck_waiters(std::vector<Waiter> waiters) {
  for (Waiter& waiter : waiters) {
    if (stopped_) {
      let_go(waiter);
    } else {
      park(std::move(waiter));
    }
  }
}

void Order::done(Ordinal exchange) {
  if (done_.size() <= exchange) done_.resize(exchange + std::size_t{1});
  done_[exchange] = true;
  for (const Membership& membership : plan_.memberships_of(exchange)) finish_rank(membership);
  const auto waiting = for_exchange_.find(exchange);
  if (waiting == for_exchange_.end()) return;
  std::vector<Waiter> waiters = std::move(waiting->second);
  for_exchange_.erase(waiting);
  recheck_waiters(std::move(waiters));
}

void Order::finish_rank(const Membership& membership) {
  std::uint32_t& prefix = prefix_[membership.group];
  if (membership.rank != prefix) {
    early_[membership.group].push(membership.rank);
    return;
  }
  ++prefix;
  const auto early = early_.find(membership.group);
  if (early != early_.end()) {
    for (Ranks& ranks = early->second; !ranks.empty() && ranks.top() == prefix; ranks.pop()) ++prefix;
    if (early->second.empty()) early_.erase(early);
  }
  wake_group(membership.group);
}

void Order::wake_group(std::uint32_t group) {
  const auto found = for_group_.find(group);
  if (found == for_group_.end()) return;
  auto& waiting = found->second;
  const auto end = waiting.upper_bound(prefix_[group]);
  std::vector<Waiter> waiters;
  for (auto at = waiting.begin(); at != end; ++at) waiters.push_back(std::move(at->second));
  waiting.erase(waiting.begin(), end);
  if (waiting.empty()) for_group_.erase(found);
  recheck_waiters(std::move(waiters));
}

void Order::stop() {
  stopped_ = true;
  std::vector<Waiter> waiters;
  for (auto& [group, waiting] : for_group_) {
    for (auto& [count, waiter] : waiting) waiters.push_back(std::move(waiter));
  }
  for (auto& [exchange, waiting] : for_exchange_) {
    for (Waiter& waiter : waiting) waiters.push_back(std::move(waiter));
  }
  for_group_.clear();
  for_exchange_.clear();
  recheck_waiters(std::move(waiters));
}

void Order::release_one() {
  std::vector<Waiter> all;
  for (auto& [group, waiting] : for_group_) {
    for (auto& [count, waiter] : waiting) all.push_back(std::move(waiter));
  }
  for (auto& [exchange, waiting] : for_exchange_) {
    for (Waiter& waiter : waiting) all.push_back(std::move(waiter));
  }
  for_group_.clear();
  for_exchange_.clear();
  if (all.empty()) return;
  const auto first = std::min_element(all.begin(), all.end(),
                                      [](const Waiter& a, const Waiter& b) { return a.exchange < b.exchange; });
  Waiter chosen = std::move(*first);
  all.erase(first);
  recheck_waiters(std::move(all));
  let_go(chosen);
}

}  // namespace tracerec::replay
