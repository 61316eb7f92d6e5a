#include "replay/order.h"

#include <algorithm>

#include "replay/values.h"

// How this works. A session, a resource that is written to, or (strict) the whole recording is a group. Its responses
// are ranked by when they ended in the recording. A request then depends on "the first n responses of the group", where
// n is how many had ended when it started: two numbers, however many those are. While playing, a group only counts how
// far its responses are done without a gap.
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

template <class T>
std::span<const T> part_of(const std::vector<T>& all, const std::vector<std::uint32_t>& begin, Ordinal exchange) {
  if (exchange + std::size_t{1} >= begin.size()) return {};
  return std::span(all).subspan(begin[exchange], begin[exchange + 1] - begin[exchange]);
}

}  // namespace

std::span<const Condition> OrderPlan::conditions_of(Ordinal exchange) const {
  return part_of(conditions_, condition_begin_, exchange);
}

std::span<const Membership> OrderPlan::memberships_of(Ordinal exchange) const {
  return part_of(memberships_, membership_begin_, exchange);
}

OrderPlanner::OrderPlanner(OrderMode mode, std::uint64_t exchanges)
    : mode_(mode), started_ns_(exchanges), ended_ns_(exchanges) {
  // Growing would need half as much again for a moment; pages that are never written cost nothing.
  members_.reserve(exchanges * 3);
  conditions_.reserve(exchanges * 4);
}

std::uint32_t OrderPlanner::group_of(std::uint64_t key) {
  return groups_.try_emplace(key, static_cast<std::uint32_t>(groups_.size())).first->second;
}

void OrderPlanner::join(std::uint64_t key, Ordinal ordinal, bool answered) {
  const std::uint32_t group = group_of(key);
  conditions_.push_back({group, ordinal});
  if (answered) members_.push_back({group, ordinal});
}

void OrderPlanner::add(Ordinal ordinal, const RecordedExchange& exchange, const std::vector<std::uint64_t>& sessions) {
  const bool answered = exchange.ended_ns >= 0;
  started_ns_[ordinal] = exchange.started_ns;
  ended_ns_[ordinal] = std::max(exchange.ended_ns, exchange.started_ns + kLeastNs);
  if (mode_ == OrderMode::kConnection) return;
  if (mode_ == OrderMode::kStrict) return join(hash_of({}, kAllKind), ordinal, answered);
  for (const std::uint64_t session : sessions) join(session ^ hash_of({}, kSessionKind), ordinal, answered);
  add_resources(ordinal, path_of(exchange.target), exchange.method, answered);
}

// Waits for writes to its own path and to those above; groups are made by writes only. A POST does not wait for others
// to the same path: what creates things, or is called like a function, would be replayed one at a time.
void OrderPlanner::add_resources(Ordinal ordinal, std::string_view path, std::string_view method, bool answered) {
  const bool post = method == "POST";
  if (is_write(method) && answered) {
    members_.push_back({group_of(hash_of(path, post ? kPostKind : kResourceKind)), ordinal});
  }
  for (bool own = true; !path.empty() && path != "/"; own = false) {
    wait_for(hash_of(path, kResourceKind), ordinal);
    if (!own || !post) wait_for(hash_of(path, kPostKind), ordinal);
    path = path.substr(0, path.rfind('/'));
  }
}

void OrderPlanner::wait_for(std::uint64_t key, Ordinal ordinal) {
  const auto group = groups_.find(key);
  if (group != groups_.end()) conditions_.push_back({group->second, ordinal});
}

OrderPlan OrderPlanner::finish() {
  OrderPlan plan;
  plan.groups_ = groups_.size();
  groups_ = {};
  std::sort(members_.begin(), members_.end(), [&](const Pair& a, const Pair& b) {
    if (a.group != b.group) return a.group < b.group;
    if (ended_ns_[a.exchange] != ended_ns_[b.exchange]) return ended_ns_[a.exchange] < ended_ns_[b.exchange];
    return a.exchange < b.exchange;
  });
  count_conditions(plan);
  rank_members(plan);
  return plan;
}

// conditions_ come by exchange, as add() was called.
void OrderPlanner::count_conditions(OrderPlan& plan) {
  std::vector<std::uint32_t> group_begin(plan.groups_ + 1);
  for (const Pair& member : members_) ++group_begin[member.group + 1];
  for (std::size_t i = 1; i < group_begin.size(); ++i) group_begin[i] += group_begin[i - 1];
  plan.condition_begin_.assign(started_ns_.size() + 1, 0);
  plan.conditions_.reserve(conditions_.size());
  for (const Pair& one : conditions_) {
    const auto first = members_.begin() + group_begin[one.group];
    const auto last = members_.begin() + group_begin[one.group + 1];
    const auto later = std::upper_bound(first, last, started_ns_[one.exchange], [&](std::int64_t start, const Pair& m) {
      return start < ended_ns_[m.exchange];
    });
    if (later == first) continue;
    plan.conditions_.push_back({one.group, static_cast<std::uint32_t>(later - first)});
    ++plan.condition_begin_[one.exchange + 1];
  }
  for (std::size_t i = 1; i < plan.condition_begin_.size(); ++i)
    plan.condition_begin_[i] += plan.condition_begin_[i - 1];
  conditions_ = {};
}

// From (group, rank) order to one list for each exchange.
void OrderPlanner::rank_members(OrderPlan& plan) {
  plan.membership_begin_.assign(started_ns_.size() + 1, 0);
  for (const Pair& member : members_) ++plan.membership_begin_[member.exchange + 1];
  for (std::size_t i = 1; i < plan.membership_begin_.size(); ++i) {
    plan.membership_begin_[i] += plan.membership_begin_[i - 1];
  }
  plan.memberships_.resize(members_.size());
  std::vector<std::uint32_t> next(plan.membership_begin_.begin(), plan.membership_begin_.end() - 1);
  std::uint32_t rank = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    rank = i > 0 && members_[i - 1].group == members_[i].group ? rank + 1 : 0;
    plan.memberships_[next[members_[i].exchange]++] = {members_[i].group, rank};
  }
  members_ = {};
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
