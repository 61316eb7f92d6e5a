#include "replay/alternation.h"

#include <bit>

// No deadlock: what comes first on a connection and what a request waits for within one run had started before it in
// the recording, alike in both replays; across the runs only equal exchanges wait for each other, the one that follows
// for the one that leads (in step: the next exchange for the one before). Following these always leads to an earlier
// start, or to the side that leads.
// Tests: tests/replay/alternation_test.cc, tests/replay/paired_test.cc.

namespace tracerec::replay {

bool Alternation::leads(Side side, schema::RowId exchange) {
  const bool left = std::popcount(static_cast<std::uint64_t>(exchange)) % 2 == 0;
  return left == (side == Side::kLeft);
}

std::optional<std::int64_t> Alternation::take(Side side, schema::RowId exchange) {
  auto& others = over_[static_cast<std::size_t>(other(side))];
  const auto found = others.find(exchange);
  if (found == others.end()) return stopped_ ? std::optional<std::int64_t>(0) : std::nullopt;
  const std::int64_t at_ns = found->second;
  others.erase(found);
  return at_ns;
}

void Alternation::wait(Side side, schema::RowId exchange, std::function<void()> release) {
  waiting_[{other(side), exchange}] = std::move(release);
}

void Alternation::over(Side side, schema::RowId exchange, std::int64_t at_ns) {
  if (!in_step_ && !leads(side, exchange)) return;  // nobody will ask
  over_[static_cast<std::size_t>(side)].emplace(exchange, at_ns);
  const auto found = waiting_.find({side, exchange});
  if (found == waiting_.end()) return;
  const std::function<void()> release = std::move(found->second);
  waiting_.erase(found);
  release();
}

void Alternation::stop() {
  stopped_ = true;
  const auto waiting = std::exchange(waiting_, {});
  for (const auto& [key, release] : waiting) release();
}

}  // namespace tracerec::replay
