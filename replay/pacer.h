// When connections are opened and when their requests are sent: as recorded, evenly, or at once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "replay/options.h"
#include "replay/plan.h"
#include "replay/transport.h"

namespace tracerec::replay {

// All on the thread of the io_context. Recorded times are `started_unix_ns` of exchanges.
class Pacer {
 public:
  virtual ~Pacer() = default;

  // May the connection whose first exchange was recorded then be started? When not, the pacer stops the io_context
  // when the question is worth asking again. The caller asks for one connection until it may, in recorded order.
  [[nodiscard]] virtual bool may_start(std::int64_t first_recorded_ns) = 0;

  // A connection that was started is ready for its first turn, or will not ask for one. Once for each.
  virtual void is_ready(std::int64_t first_recorded_ns) = 0;

  // Whether prepare() need not be awaited, which is cheaper.
  [[nodiscard]] virtual bool may_prepare(std::int64_t recorded_ns) = 0;

  // Waits until it is time to get ready (to connect) for the exchange recorded then.
  [[nodiscard]] virtual Task<void> prepare(std::int64_t recorded_ns) = 0;

  // What turn() gives, when it need not be awaited, which is cheaper.
  [[nodiscard]] virtual std::optional<std::int64_t> turn_at_once(std::int64_t recorded_ns) = 0;

  // Waits for the exchange's turn. Gives the time at which it should be sent, from the start of the run.
  [[nodiscard]] virtual Task<std::int64_t> turn(std::int64_t recorded_ns) = 0;

  // Ends all waiting, now and later.
  virtual void stop() = 0;
};

// How long before its first request a connection is opened, unless with Pace::kMax; the run starts that much later.
constexpr std::int64_t kConnectLeadNs = 20'000'000;

// With Pace::kRate: a connection that takes longer than this to get ready loses its place in the order.
constexpr std::chrono::milliseconds kPatience(50);

// `start` is time 0 of the run. `io` must outlive the pacer.
[[nodiscard]] std::unique_ptr<Pacer> make_pacer(boost::asio::io_context& io, const ReplayOptions& options,
                                                const RecordingShape& shape, SteadyTime start,
                                                std::chrono::nanoseconds patience = kPatience);

}  // namespace tracerec::replay
