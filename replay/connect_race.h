// Connecting to a name that has several addresses (RFC 8305, "Happy Eyeballs").
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "replay/transport.h"

namespace tracerec::replay {

using AnySocket = boost::asio::generic::stream_protocol::socket;
using AnyEndpoint = boost::asio::generic::stream_protocol::endpoint;

// After this long the next address is tried beside those that have not answered (RFC 8305 §5).
constexpr auto kNextAddressAfter = std::chrono::milliseconds(250);

// Tries the addresses in their order: the next one when the one before has failed, or is silent for kNextAddressAfter.
// The first that connects wins; the others are closed. On the thread of the executor.
class ConnectRace {
 public:
  // `endpoints` must outlive it.
  ConnectRace(const boost::asio::any_io_executor& executor, const std::vector<AnyEndpoint>& endpoints);
  ~ConnectRace();
  ConnectRace(const ConnectRace&) = delete;
  ConnectRace& operator=(const ConnectRace&) = delete;

  // Once. An error when none connects: that of the last one, or operation_aborted after cancel().
  [[nodiscard]] Task<boost::system::error_code> run();

  // After run() gave no error: the index of the endpoint, and its socket.
  [[nodiscard]] std::size_t winner() const;
  [[nodiscard]] AnySocket take_socket();

  void cancel();

 private:
  struct State;
  [[nodiscard]] bool start_next();

  const std::vector<AnyEndpoint>& endpoints_;
  std::shared_ptr<State> state_;  // shared with the handlers, which may run after the race has gone
};

// The same addresses, families in turn, the first one's first (RFC 8305 §4).
[[nodiscard]] std::vector<AnyEndpoint> alternate_families(std::vector<AnyEndpoint> endpoints);

}  // namespace tracerec::replay
