// Who waits for whom.
#include "replay/order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <tuple>

namespace tracerec::replay {
namespace {

// One exchange: when, how long, what, and the session that it belongs to.
struct Row {
  std::int64_t start, end;
  std::string method, target;
  std::vector<std::uint64_t> sessions;
};

class Rig {
 public:
  Rig(OrderMode mode, std::vector<Row> rows) : rows_(std::move(rows)) {
    OrderPlanner planner(mode, rows_.size());
    for (Ordinal i = 0; i < rows_.size(); ++i) {
      RecordedExchange exchange;
      exchange.started_ns = rows_[i].start;
      exchange.ended_ns = rows_[i].end;
      exchange.method = rows_[i].method;
      exchange.target = rows_[i].target;
      planner.add(i, exchange, rows_[i].sessions);
    }
    auto plan = planner.finish();
    EXPECT_TRUE(plan);
    plan_ = std::move(*plan);
    order_.emplace(plan_, correlation_);
  }

  Order& order() { return *order_; }
  const OrderPlan& plan() { return plan_; }
  // Notes in `released` when it may go.
  void wait(Ordinal exchange) {
    order_->wait(exchange, [this, exchange] { released += std::to_string(exchange); });
  }

  std::string released;

 private:
  std::vector<Row> rows_;
  Correlation correlation_;
  OrderPlan plan_;
  std::optional<Order> order_;
};

TEST(Order, ASessionWaitsForWhatHadBeenAnswered) {
  Rig rig(OrderMode::kAuto, {{0, 10, "GET", "/a", {1}},
                             {5, 30, "GET", "/b", {1}},
                             {20, 40, "GET", "/c", {1}},
                             {50, 60, "GET", "/d", {1}},
                             {50, 60, "GET", "/e", {2}}});
  EXPECT_TRUE(rig.order().is_ready(0) && rig.order().is_ready(1) && rig.order().is_ready(4));
  EXPECT_FALSE(rig.order().is_ready(2)) << "waits for 0, not for 1";
  rig.wait(2);
  rig.wait(3);
  EXPECT_EQ(rig.order().waiting(), 2u);
  rig.order().done(0);
  EXPECT_EQ(rig.released, "2");
  rig.order().done(2);
  EXPECT_EQ(rig.released, "2") << "1 is not done";
  rig.order().done(1);
  EXPECT_EQ(rig.released, "23");
  EXPECT_EQ(rig.order().waiting(), 0u);
}

TEST(Order, AWriteComesBeforeWhatIsBelowIt) {
  Rig rig(OrderMode::kAuto, {{0, 10, "POST", "/orders?x=1", {}},
                             {20, 30, "GET", "/orders/1/lines", {}},
                             {20, 30, "GET", "/orders", {}},
                             {20, 30, "GET", "/ordersx", {}},
                             {5, 30, "GET", "/orders", {}}});
  EXPECT_FALSE(rig.order().is_ready(1) || rig.order().is_ready(2));
  EXPECT_TRUE(rig.order().is_ready(3)) << "another resource";
  EXPECT_TRUE(rig.order().is_ready(4)) << "it was not answered yet";
  rig.order().done(0);
  EXPECT_TRUE(rig.order().is_ready(1) && rig.order().is_ready(2));
}

TEST(Order, PostsToOnePathDoNotWaitForEachOther) {
  Rig rig(OrderMode::kAuto, {{0, 10, "POST", "/orders", {}},
                             {20, 30, "POST", "/orders", {}},
                             {20, 30, "PUT", "/orders", {}},
                             {20, 30, "POST", "/orders/1/pay", {}},
                             {40, 50, "POST", "/orders", {}}});
  EXPECT_TRUE(rig.order().is_ready(1));
  EXPECT_FALSE(rig.order().is_ready(2) || rig.order().is_ready(3));
  EXPECT_FALSE(rig.order().is_ready(4)) << "waits for the PUT";
  rig.order().done(2);
  EXPECT_TRUE(rig.order().is_ready(4));
}

// Each of them used to be looked at for ever.
TEST(Order, TargetsWithoutASlashEnd) {
  for (const char* target : {"*", "foo", "host:443", "", "a?b", "//", "http://host"}) {
    Rig rig(OrderMode::kAuto,
            {{0, 10, "OPTIONS", target, {}}, {20, 30, "POST", target, {}}, {40, 50, "GET", target, {}}});
    EXPECT_TRUE(rig.order().is_ready(0)) << target;
  }
}

TEST(Order, ReadsDoNotWaitForReads) {
  Rig rig(OrderMode::kAuto, {{0, 10, "GET", "/a", {}}, {20, 30, "GET", "/a", {}}, {20, 30, "POST", "/a", {}}});
  EXPECT_TRUE(rig.order().is_ready(1) && rig.order().is_ready(2));
}

TEST(Order, StrictWaitsForEverythingAndConnectionForNothing) {
  const std::vector<Row> rows = {{0, 10, "GET", "/a", {1}}, {20, 30, "GET", "/b", {1}}};
  Rig strict(OrderMode::kStrict, rows);
  EXPECT_FALSE(strict.order().is_ready(1));
  strict.order().done(0);
  EXPECT_TRUE(strict.order().is_ready(1));
  EXPECT_TRUE(Rig(OrderMode::kConnection, rows).order().is_ready(1));
}

TEST(Order, NobodyWaitsForWhatWasNeverAnswered) {
  Rig rig(OrderMode::kStrict, {{0, -1, "GET", "/a", {}}, {20, 30, "GET", "/b", {}}});
  EXPECT_TRUE(rig.order().is_ready(1));
}

TEST(Order, ExchangesThatTookNoTimeDoNotWaitForEachOther) {
  Rig rig(OrderMode::kStrict, {{5, 5, "GET", "/a", {}}, {5, 5, "GET", "/b", {}}});
  EXPECT_TRUE(rig.order().is_ready(0) && rig.order().is_ready(1));
}

TEST(Order, TheEndReleasesAll) {
  Rig rig(OrderMode::kStrict, {{0, 1, "GET", "/", {}}, {5, 6, "GET", "/", {}}, {7, 8, "GET", "/", {}}});
  rig.wait(1);
  rig.wait(2);
  rig.order().release_one();
  EXPECT_EQ(rig.released, "1") << "the first";
  rig.order().stop();
  EXPECT_EQ(rig.released, "12");
}

TEST(Order, ResponsesOutOfOrderCountOnceTheGapIsClosed) {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 5; ++i) rows.push_back({0, 10 + i, "GET", "/", {1}});
  rows.push_back({100, 101, "GET", "/", {1}});
  Rig rig(OrderMode::kAuto, rows);
  rig.wait(5);
  for (const Ordinal done : {4U, 2U, 1U, 3U}) rig.order().done(done);
  EXPECT_EQ(rig.released, "");
  rig.order().done(0);
  EXPECT_EQ(rig.released, "5");
}

using Waits = std::vector<std::set<Ordinal>>;  // of each exchange

Waits waits_of(const OrderPlan& plan, std::size_t exchanges) {
  std::map<std::uint32_t, std::vector<Ordinal>> members;  // by rank
  std::vector<std::tuple<std::uint32_t, std::uint32_t, Ordinal>> all;
  for (Ordinal i = 0; i < exchanges; ++i) {
    for (const Membership& one : plan.memberships_of(i)) all.emplace_back(one.group, one.rank, i);
  }
  std::sort(all.begin(), all.end());
  for (const auto& [group, rank, exchange] : all) {
    EXPECT_EQ(members[group].size(), rank) << "ranks have no gap";
    members[group].push_back(exchange);
  }
  Waits waits(exchanges);
  for (Ordinal i = 0; i < exchanges; ++i) {
    for (const Condition& one : plan.conditions_of(i)) {
      const auto& group = members[one.group];
      if (group.size() < one.count) ADD_FAILURE() << "a group never gets so far";
      waits[i].insert(group.begin(), group.begin() + std::min<std::ptrdiff_t>(one.count, std::ssize(group)));
    }
  }
  return waits;
}

bool writes_to(const Row& row, const std::string& path, bool post) {
  return row.end >= 0 && row.method != "GET" && (row.method == "POST") == post && row.target == path;
}

// docs/replay.md, Order, by looking at all pairs.
bool waits(const std::vector<Row>& rows, std::size_t who, std::size_t whom) {
  const Row& a = rows[who];
  const Row& b = rows[whom];
  if (b.end < 0 || std::max(b.end, b.start + 1) > a.start) return false;
  for (const std::uint64_t session : a.sessions) {
    if (std::find(b.sessions.begin(), b.sessions.end(), session) != b.sessions.end()) return true;
  }
  for (std::string path = a.target; !path.empty(); path.resize(path.rfind('/'))) {
    for (const bool post : {false, true}) {
      if (post && path == a.target && a.method == "POST") continue;
      const auto last = rows.begin() + static_cast<std::ptrdiff_t>(who) + 1;
      const bool known = std::any_of(rows.begin(), last, [&](const Row& row) { return writes_to(row, path, post); });
      if (known && writes_to(b, path, post)) return true;
    }
  }
  return false;
}

std::vector<Row> rows_by_lot(std::mt19937_64& random, std::size_t count) {
  const std::vector<std::string> methods = {"GET", "GET", "POST", "PUT"};
  const std::vector<std::string> paths = {"/a", "/a/1", "/a/1/b", "/a/2", "/c/"};
  std::vector<Row> rows;
  for (std::size_t i = 0; i < count; ++i) {
    const auto ended = static_cast<std::int64_t>(i * 3 + random() % 10);
    const auto started = std::max<std::int64_t>(0, ended - static_cast<std::int64_t>(random() % 40));
    rows.push_back({started, random() % 10 == 0 ? -1 : ended, methods[random() % 4], paths[random() % 5], {}});
    if (rows.back().target == "/c/") rows.back().target += std::to_string(random() % 30);
    for (std::uint64_t session = 0; session < 6; ++session) {
      if (random() % 5 == 0) rows.back().sessions.push_back(session);
    }
  }
  return rows;
}

TEST(Order, ThePlanIsWhatAllPairsGive) {
  constexpr std::size_t kRows = 120;
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    const std::vector<Row> rows = rows_by_lot(random, kRows);
    Waits expected(kRows);
    for (Ordinal i = 0; i < kRows; ++i) {
      for (Ordinal j = 0; j < kRows; ++j) {
        if (waits(rows, i, j)) expected[i].insert(j);
      }
    }
    EXPECT_EQ(waits_of(Rig(OrderMode::kAuto, rows).plan(), kRows), expected) << "seed " << seed;
  }
}

// Ids follow the order in which exchanges were completed.
TEST(Order, AResourceIsKnownFromTheFirstWriteByIdOn) {
  Rig rig(OrderMode::kAuto, {{0, 10, "PUT", "/a", {}}, {20, 30, "GET", "/a/1", {}}, {0, 5, "PUT", "/a/1", {}}});
  EXPECT_EQ(waits_of(rig.plan(), 3)[1], (std::set<Ordinal>{0}));
}

// Each has a session of its own, as with tokens that are used once.
TEST(Order, WhatNobodyWaitsForIsNotRemembered) {
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < 50; ++i)
    rows.push_back({i * 10, i * 10 + 5, "GET", "/", {static_cast<std::uint64_t>(i)}});
  Rig rig(OrderMode::kAuto, rows);
  EXPECT_EQ(rig.plan().groups(), 0u);
  EXPECT_TRUE(rig.plan().memberships_of(7).empty());
}

}  // namespace
}  // namespace tracerec::replay
