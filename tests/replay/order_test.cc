// Who waits for whom.
#include "replay/order.h"

#include <gtest/gtest.h>

#include <optional>

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
    plan_ = planner.finish();
    order_.emplace(plan_, correlation_);
  }

  Order& order() { return *order_; }
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

}  // namespace
}  // namespace tracerec::replay
