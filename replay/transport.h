// Byte streams to one target, as an interface. asio_transport.h is the real one; tests may use a fake.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace tracerec::replay {

template <class T>
using Task = boost::asio::awaitable<T>;

using SteadyTime = std::chrono::steady_clock::time_point;

// Deadlines are set by the clock that the timers of Boost.Asio wait on, not by Clock: a clock that a test sets would
// never wake them. Everything that needs the time of a deadline takes it from here.
[[nodiscard]] inline SteadyTime steady_now() {
  return SteadyTime::clock::now();
}

// How an operation on a stream ended.
enum class Io {
  kDone,
  kClosed,   // the peer closed or reset the connection
  kTimeout,  // the deadline passed; the stream is of no more use
  kTls,      // the peer ended it with a TLS alert (RFC 8446 §6.2), or what it sent is not TLS
  kFailed    // anything else
};

struct Received {
  Io io = Io::kDone;
  std::string_view bytes;  // not empty when kDone; valid until the next receive on this stream
  std::string message{};   // of kTls: why, for people
};

// Why there is no connection. Empty reason: there is one.
struct ConnectFailure {
  std::string reason;   // of the ledger: "refused", "timeout", "connect", "tls"
  std::string message;  // for people
};

// One connection. At most one send and one receive at a time; closed by its destructor, which must not run while one is
// under way. All on one thread, that of the io_context.
class Stream {
 public:
  virtual ~Stream() = default;

  // Once, and first. Of several addresses of the target, to the one that connects first (RFC 8305).
  [[nodiscard]] virtual Task<ConnectFailure> connect() = 0;

  // Sends all of both in one go. They must live until it is done.
  [[nodiscard]] virtual Task<Io> send(std::string_view head, std::string_view body) = 0;

  [[nodiscard]] virtual Task<Received> receive() = 0;

  // Operations that are not done by then end with kTimeout, those under way included.
  virtual void set_deadline(SteadyTime deadline) = 0;

  // True when the peer has closed, or sent what nobody asked for. Does not wait.
  [[nodiscard]] virtual bool is_stale() = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // A stream that is not connected yet. The transport must outlive it.
  [[nodiscard]] virtual std::unique_ptr<Stream> make_stream() = 0;
};

}  // namespace tracerec::replay
