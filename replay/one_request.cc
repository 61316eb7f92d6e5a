#include "replay/one_request.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "http/parser.h"

// How this works. One coroutine on an io_context of its own; the stream's watchdog holds the one deadline, so that a
// server cannot stretch it by sending a byte now and then. The io_context is run in slices to look at the flag.
// Tests: tests/replay/one_request_test.cc.

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;

constexpr auto kLookAtFlag = std::chrono::milliseconds(100);

// A server may send interim responses without end; those in the field are one or two (100, 103).
constexpr int kMostInterim = 32;

const char* describe(Io io) {
  switch (io) {
    case Io::kTimeout:
      return "timed out";
    case Io::kClosed:
      return "the connection was closed before the response was complete";
    case Io::kDone:
    case Io::kTls:
    case Io::kFailed:
      break;
  }
  return "reading failed";
}

// Takes the bytes of a connection until the final response is complete, or as much of it as is wanted.
class ResponseReader {
 public:
  ResponseReader(std::string_view method, std::size_t max_body_bytes)
      : method_(method), max_body_bytes_(max_body_bytes) {
    parser_.reset(method_);
  }

  void take(std::string_view bytes) {
    while (!ended_) {
      const http::Step step = parser_.next(bytes);
      if (step.part == http::Part::kNeedMore) return;
      take_part(step.part, bytes.substr(0, step.consumed));
      bytes.remove_prefix(step.consumed);
    }
  }

  void take_end(const Received& last) {
    ended_ = true;
    if (last.io == Io::kClosed && parser_.finish_at_close()) return;
    error_ = last.message.empty() ? describe(last.io) : last.message;
  }

  [[nodiscard]] bool ended() const { return ended_; }

  [[nodiscard]] Result<OneResponse> result() {
    if (!error_.empty()) return Error{error_};
    return std::move(response_);
  }

 private:
  void take_part(http::Part part, std::string_view bytes) {
    if (part == http::Part::kHead) return take_head();
    if (part == http::Part::kBody) return take_body(bytes);
    if (part == http::Part::kError) return fail(std::string("not a valid HTTP/1 response: ") + parser_.error());
    if (!interim_) return void(ended_ = true);
    if (++interim_count_ > kMostInterim)
      return fail("more than " + std::to_string(kMostInterim) + " interim responses");
    parser_.reset(method_);
  }

  void take_head() {
    const int status = parser_.facts().status;
    interim_ = status >= 100 && status < 200 && !parser_.switches_protocol();
    if (interim_) return;
    response_.status = status;
    response_.head = parser_.head_bytes();
    ended_ = max_body_bytes_ == 0;
  }

  void take_body(std::string_view bytes) {
    const std::size_t room = max_body_bytes_ - response_.body.size();
    response_.body += bytes.substr(0, room);
    response_.body_is_cut = ended_ = bytes.size() > room;
  }

  void fail(std::string message) {
    error_ = std::move(message);
    ended_ = true;
  }

  std::string_view method_;
  std::size_t max_body_bytes_;
  http::ResponseParser parser_;
  OneResponse response_;
  std::string error_;
  int interim_count_ = 0;
  bool interim_ = false;
  bool ended_ = false;
};

// Not as the completion of co_spawn, which needs a result that can be made without a value.
Task<void> keep_result(Stream& stream, const OneRequest& request, std::size_t max_body_bytes,
                       std::optional<Result<OneResponse>>& result) {
  result = co_await exchange_one(stream, request, max_body_bytes);
}

// Runs until the coroutine has ended.
void run_to_end(asio::io_context& io, Stream& stream, const std::atomic<bool>* stop) {
  bool told = false;
  while (!io.stopped()) {
    io.run_for(kLookAtFlag);
    if (stop == nullptr || !stop->load() || std::exchange(told, true)) continue;
    stream.set_deadline(steady_now());
  }
}

}  // namespace

Task<Result<OneResponse>> exchange_one(Stream& stream, const OneRequest& request, std::size_t max_body_bytes) {
  const ConnectFailure failure = co_await stream.connect();
  if (!failure.reason.empty()) co_return Error{failure.message};
  const Io sent = co_await stream.send(request.head, request.body);
  if (sent == Io::kTimeout) co_return Error{describe(sent)};
  // After a failed write, too: the response may have come before the close.
  ResponseReader reader(request.method, max_body_bytes);
  while (!reader.ended()) {
    const Received received = co_await stream.receive();
    if (received.io == Io::kDone) {
      reader.take(received.bytes);
    } else {
      reader.take_end(received);
    }
  }
  co_return reader.result();
}

namespace {

// Runs `use(stream)`, a Task<void>, on a stream to the target that is not connected yet.
template <class Use>
Result<void> run_once(const Target& target, const TlsOptions& tls, std::chrono::nanoseconds timeout,
                      const std::atomic<bool>* stop, const Use& use) {
  const Result<std::vector<Endpoint>> endpoints = resolve(target);
  if (!endpoints) return endpoints.error();
  asio::io_context io;
  const auto transport = make_asio_transport(io, target, *endpoints, tls);
  if (!transport) return transport.error();
  const std::unique_ptr<Stream> stream = (*transport)->make_stream();
  stream->set_deadline(steady_now() + timeout);
  asio::co_spawn(io, use(*stream), [&io](const std::exception_ptr& exception) {
    io.stop();  // the watchdog's timer is still there
    if (exception) std::rethrow_exception(exception);
  });
  run_to_end(io, *stream, stop);
  return {};
}

Task<void> keep_connected(Stream& stream, bool& connected) {
  connected = (co_await stream.connect()).reason.empty();
}

}  // namespace

Result<OneResponse> request_once(const Target& target, const TlsOptions& tls, const OneRequest& request,
                                 const OneRequestLimits& limits, const std::atomic<bool>* stop) {
  std::optional<Result<OneResponse>> result;
  const Result<void> done = run_once(target, tls, limits.timeout, stop, [&](Stream& stream) {
    return keep_result(stream, request, limits.max_body_bytes, result);
  });
  if (!done) return done.error();
  return std::move(*result);
}

bool speaks_tls(const Target& target, std::chrono::nanoseconds timeout, const std::atomic<bool>* stop) {
  Target over_tls = target;
  over_tls.tls = true;
  TlsOptions any;
  any.insecure = true;
  bool connected = false;
  const Result<void> done =
      run_once(over_tls, any, timeout, stop, [&](Stream& stream) { return keep_connected(stream, connected); });
  return done && connected;
}

}  // namespace tracerec::replay
