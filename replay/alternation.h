// Two replays of one recording alternate: of each exchange one goes first, and the other when that is over. Pure: no
// sockets, no clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "schema/rows.h"

namespace tracerec::replay {

// Which of the two runs.
enum class Side : std::uint8_t { kLeft, kRight };

[[nodiscard]] constexpr Side other(Side side) {
  return side == Side::kLeft ? Side::kRight : Side::kLeft;
}

// One thread. Memory: an entry for each exchange that one side has ended and the other has not begun.
class Alternation {
 public:
  // `in_step`: who goes first also waits, before its next exchange on a connection, until the other has ended the one
  // before. Then both requests for an exchange are neighbours on their connection.
  explicit Alternation(bool in_step) : in_step_(in_step) {}

  // Whether `side` goes first. As often the one as the other; by the number of ones in the id, so that neither is
  // favoured by traffic that alternates itself, as POST, GET, POST, GET does.
  [[nodiscard]] static bool leads(Side side, schema::RowId exchange);

  // Whether `side` waits, before it goes on, until the other is over with this exchange, which it has ended itself.
  [[nodiscard]] bool keeps_step(Side side, schema::RowId ended) const { return in_step_ && leads(side, ended); }

  // When the other side was over with the exchange, as it said, and forgets that; nothing: it is not yet. Once all
  // waiting has ended, it is always over, at time 0.
  [[nodiscard]] std::optional<std::int64_t> take(Side side, schema::RowId exchange);

  // Calls `release` once when take() would give it, or when all waiting ends. Not before this returns.
  void wait(Side side, schema::RowId exchange, std::function<void()> release);

  // `side` has its response, or will not get one.
  void over(Side side, schema::RowId exchange, std::int64_t at_ns);

  // Nobody waits any more, now and later.
  void stop();

  // Those who wait now.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  using Key = std::pair<Side, schema::RowId>;  // whose exchange

  bool in_step_;
  bool stopped_ = false;
  std::unordered_map<schema::RowId, std::int64_t> over_[2];  // by side; not taken yet
  std::map<Key, std::function<void()>> waiting_;
};

}  // namespace tracerec::replay
