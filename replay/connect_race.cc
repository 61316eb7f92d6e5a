#include "replay/connect_race.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iterator>
#include <optional>
#include <utility>

#include "replay/await.h"

// How this works. One coroutine starts the attempts; a timer wakes it when the next is due, and the handler of an
// attempt that ended cancels the timer. Everything is on one thread, so that nothing happens between a look at the
// state and the wait. Tests: tests/replay/connect_race_test.cc.

namespace tracerec::replay {

namespace asio = boost::asio;
using boost::system::error_code;

struct ConnectRace::State {
  State(const asio::any_io_executor& executor, std::size_t most) : wake(executor) { sockets.reserve(most); }

  [[nodiscard]] bool is_over() const { return winner || cancelled || failed == sockets.capacity(); }

  void ended(std::size_t index, const error_code& error) {
    if (error) {
      ++failed;
      last_error = error;
    } else if (!winner) {
      winner = index;
    }
    wake.cancel();
  }

  asio::steady_timer wake;
  std::vector<AnySocket> sockets;  // of the attempts that were started; never reallocated
  std::size_t failed = 0;
  error_code last_error = asio::error::host_not_found;
  std::optional<std::size_t> winner;
  bool cancelled = false;
};

ConnectRace::ConnectRace(const asio::any_io_executor& executor, const std::vector<AnyEndpoint>& endpoints)
    : endpoints_(endpoints), state_(std::make_shared<State>(executor, endpoints.size())) {}

ConnectRace::~ConnectRace() {
  cancel();
}

void ConnectRace::cancel() {
  state_->cancelled = true;
  error_code ignored;
  for (AnySocket& socket : state_->sockets) socket.close(ignored);
  state_->wake.cancel();
}

// False: it failed at once.
bool ConnectRace::start_next() {
  const std::size_t index = state_->sockets.size();
  AnySocket& socket = state_->sockets.emplace_back(state_->wake.get_executor());
  error_code error;
  socket.open(endpoints_[index].protocol(), error);
  if (error) {
    state_->ended(index, error);
    return false;
  }
  socket.async_connect(endpoints_[index],
                       [state = state_, index](const error_code& ended) { state->ended(index, ended); });
  return true;
}

Task<error_code> ConnectRace::run() {
  const std::shared_ptr<State> state = state_;
  while (!state->is_over()) {
    const bool more = state->sockets.size() < endpoints_.size();
    if (more && !start_next()) continue;
    const bool all = state->sockets.size() == endpoints_.size();
    state->wake.expires_at(all ? SteadyTime::max() : steady_now() + kNextAddressAfter);
    (void)co_await state->wake.async_wait(kAwait);
  }
  if (state->cancelled) co_return asio::error::operation_aborted;
  co_return state->winner ? error_code() : state->last_error;
}

std::size_t ConnectRace::winner() const {
  return *state_->winner;
}

AnySocket ConnectRace::take_socket() {
  return std::move(state_->sockets[winner()]);
}

std::vector<AnyEndpoint> alternate_families(std::vector<AnyEndpoint> endpoints) {
  if (endpoints.empty()) return endpoints;
  const int first_family = endpoints.front().protocol().family();
  const auto others = std::stable_partition(endpoints.begin(), endpoints.end(), [&](const AnyEndpoint& one) {
    return one.protocol().family() == first_family;
  });
  std::vector<AnyEndpoint> mixed;
  for (auto a = endpoints.begin(), b = others; a != others || b != endpoints.end();) {
    if (a != others) mixed.push_back(*a++);
    if (b != endpoints.end()) mixed.push_back(*b++);
  }
  return mixed;
}

}  // namespace tracerec::replay
