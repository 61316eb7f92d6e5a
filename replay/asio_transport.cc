#include "replay/asio_transport.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

// How this works. Each stream has one timer as its watchdog. Setting a deadline only notes it: the timer is armed when
// it is not already, and when it fires too early it goes to sleep again until the deadline of that moment. A request
// therefore costs no timer operation. When the deadline has passed the socket is closed, which ends what is under way.

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Socket = asio::generic::stream_protocol::socket;
using TlsStream = ssl::stream<Socket>;

// Awaited as they are: use_awaitable would make a coroutine of each operation.
constexpr auto kAwait = asio::as_tuple(asio::deferred);

// One read takes at most this much. Per connection, so it is what an open connection costs.
constexpr std::size_t kReceiveBytes = std::size_t{16} << 10;

// A head and a body that are together no longer than this are copied and sent as one.
constexpr std::size_t kJoinBytes = 4096;

Socket& socket_of(Socket& socket) {
  return socket;
}
Socket& socket_of(TlsStream& stream) {
  return stream.next_layer();
}

// Shared with the timer's handler, which may run after the stream has gone.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  Watchdog(const asio::any_io_executor& executor, Socket& socket) : timer_(executor), socket_(&socket) {}

  void set(SteadyTime deadline) {
    deadline_ = deadline;
    if (armed_ && deadline_ >= timer_.expiry()) return;
    arm();
  }

  void stop() {
    socket_ = nullptr;
    timer_.cancel();
  }

  [[nodiscard]] bool fired() const { return fired_; }

 private:
  void arm() {
    armed_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (error || self->socket_ == nullptr) return;  // cancelled: armed anew, or the stream has gone
      self->expire();
    });
  }

  void expire() {
    if (steady_now() < deadline_) return arm();
    armed_ = false;
    fired_ = true;
    error_code ignored;
    socket_->close(ignored);
  }

  asio::steady_timer timer_;
  Socket* socket_;
  SteadyTime deadline_ = SteadyTime::max();
  bool armed_ = false;
  bool fired_ = false;
};

Io classify(const error_code& error, const Watchdog& watchdog) {
  if (!error) return Io::kDone;
  if (watchdog.fired()) return Io::kTimeout;
  if (error == asio::error::eof || error == asio::error::connection_reset || error == asio::error::broken_pipe ||
      error == asio::error::connection_aborted || error == ssl::error::stream_truncated) {
    return Io::kClosed;
  }
  return Io::kFailed;
}

// What a stream needs to know of its target.
struct Route {
  Target target;
  std::vector<asio::generic::stream_protocol::endpoint> endpoints;
};

Route make_route(const Target& target, const std::vector<Endpoint>& endpoints) {
  Route route{target, {}};
  for (const Endpoint& endpoint : endpoints) route.endpoints.emplace_back(endpoint);
  if (!target.unix_path.empty()) route.endpoints.emplace_back(asio::local::stream_protocol::endpoint(target.unix_path));
  return route;
}

// What the socket's buffer takes without waiting, which is all of a small request unless the peer stopped reading.
std::size_t send_at_once(Socket& socket, std::string_view bytes) {
  error_code error;  // found again by the operation that sends the rest
  return socket.send(asio::buffer(bytes), 0, error);
}

std::size_t send_at_once(TlsStream&, std::string_view) {
  return 0;
}

Task<error_code> start_layer(Socket&, const Route&) {
  co_return error_code{};
}

Task<error_code> start_layer(TlsStream& stream, const Route& route) {
  // Server name indication is for names only (RFC 6066 §3).
  error_code not_an_address;
  (void)asio::ip::make_address(route.target.host, not_an_address);
  if (not_an_address) {  // the macro for it hides a cast
    SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(route.target.host.c_str()));
  }
  if (SSL_get_verify_mode(stream.native_handle()) != SSL_VERIFY_NONE) {
    stream.set_verify_callback(ssl::host_name_verification(route.target.host));
  }
  const auto [error] = co_await stream.async_handshake(ssl::stream_base::client, kAwait);
  co_return error;
}

template <class Layer>
class AsioStream final : public Stream {
 public:
  template <class... Arguments>
  explicit AsioStream(const Route& route, Arguments&&... arguments)
      : route_(&route),
        layer_(std::forward<Arguments>(arguments)...),
        watchdog_(std::make_shared<Watchdog>(layer_.get_executor(), socket_of(layer_))) {}
  AsioStream(const AsioStream&) = delete;
  AsioStream& operator=(const AsioStream&) = delete;
  ~AsioStream() override { watchdog_->stop(); }

  Task<ConnectFailure> connect() override {
    error_code error = asio::error::host_not_found;
    for (const auto& endpoint : route_->endpoints) {
      error = co_await connect_to(endpoint);
      if (!error || watchdog_->fired()) break;
    }
    if (error) co_return failure(error, error == asio::error::connection_refused ? "refused" : "connect");
    error = co_await start_layer(layer_, *route_);
    if (error) co_return failure(error, "tls");
    co_return ConnectFailure{};
  }

  Task<Io> send(std::string_view head, std::string_view body) override {
    if (head.size() + body.size() <= kJoinBytes) {  // one buffer takes a cheaper system call than a list
      joined_.assign(head).append(body);
      const std::size_t taken = send_at_once(layer_, joined_);
      if (taken == joined_.size()) co_return Io::kDone;
      const auto [error, sent] = co_await asio::async_write(layer_, asio::buffer(joined_) + taken, kAwait);
      co_return classify(error, *watchdog_);
    }
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
    const auto [error, sent] = co_await asio::async_write(layer_, buffers, kAwait);
    co_return classify(error, *watchdog_);
  }

  Task<Received> receive() override {
    const auto [error, size] = co_await layer_.async_read_some(asio::buffer(buffer_), kAwait);
    co_return Received{classify(error, *watchdog_), std::string_view(buffer_.data(), size)};
  }

  void set_deadline(SteadyTime deadline) override { watchdog_->set(deadline); }

  bool is_stale() override {
    char byte = 0;
    const ssize_t got = ::recv(socket_of(layer_).native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
    // Over TLS the peer may send session tickets at any time, so that only the end of the stream tells.
    return got == 0 || std::is_same_v<Layer, Socket>;
  }

 private:
  Task<error_code> connect_to(asio::generic::stream_protocol::endpoint endpoint) {
    error_code error;
    Socket& socket = socket_of(layer_);
    if (socket.is_open()) socket.close(error);
    socket.open(endpoint.protocol(), error);
    if (error) co_return error;
    std::tie(error) = co_await socket.async_connect(endpoint, kAwait);
    error_code no_tcp;
    if (!error) socket.set_option(tcp::no_delay(true), no_tcp);
    if (!error) socket.non_blocking(true, error);
    co_return error;
  }

  ConnectFailure failure(const error_code& error, const char* reason) const {
    if (watchdog_->fired() || error == asio::error::timed_out) return {"timeout", "timed out"};
    return {reason, error.message()};
  }

  const Route* route_;
  Layer layer_;
  std::shared_ptr<Watchdog> watchdog_;
  std::string joined_;                      // a small request while it is sent
  std::array<char, kReceiveBytes> buffer_;  // not initialised: written before it is read
};

class TcpTransport final : public Transport {
 public:
  TcpTransport(asio::io_context& io, Route route) : io_(&io), route_(std::move(route)) {}

  std::unique_ptr<Stream> make_stream() override { return std::make_unique<AsioStream<Socket>>(route_, *io_); }

 private:
  asio::io_context* io_;
  Route route_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(asio::io_context& io, ssl::context context, Route route)
      : io_(&io), context_(std::move(context)), route_(std::move(route)) {}

  std::unique_ptr<Stream> make_stream() override {
    return std::make_unique<AsioStream<TlsStream>>(route_, *io_, context_);
  }

 private:
  asio::io_context* io_;
  ssl::context context_;
  Route route_;
};

Result<ssl::context> make_context(const TlsOptions& tls) {
  ssl::context context(ssl::context::tls_client);
  // HTTP/1.1 is what was recorded (RFC 7301: length, then name).
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.native_handle(), kProtocols, sizeof kProtocols - 1);
  error_code error;
  context.set_verify_mode(tls.insecure ? ssl::verify_none : ssl::verify_peer, error);
  if (tls.cacert.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(tls.cacert, error);
  }
  if (error) return Error{"--cacert " + tls.cacert + ": no certificates to read there: " + error.message()};
  if (tls.cert.empty()) return context;
  context.use_certificate_chain_file(tls.cert, error);
  if (error) return Error{"--cert " + tls.cert + ": no certificate to read there: " + error.message()};
  const std::string& key = tls.key.empty() ? tls.cert : tls.key;
  context.use_private_key_file(key, ssl::context::pem, error);
  if (error) return Error{"--key " + key + ": not the key of " + tls.cert + ": " + error.message()};
  return context;
}

}  // namespace

Result<std::vector<Endpoint>> resolve(const Target& target) {
  if (!target.unix_path.empty()) return std::vector<Endpoint>{};
  asio::io_context io;
  tcp::resolver resolver(io);
  error_code error;
  const auto found = resolver.resolve(target.host, std::to_string(target.port), tcp::resolver::numeric_service, error);
  if (error) return Error{"target " + target.url() + ": cannot resolve " + target.host + ": " + error.message()};
  std::vector<Endpoint> endpoints;
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  return endpoints;
}

Result<std::unique_ptr<Transport>> make_asio_transport(asio::io_context& io, const Target& target,
                                                       const std::vector<Endpoint>& endpoints, const TlsOptions& tls) {
  Route route = make_route(target, endpoints);
  if (!target.tls) return std::unique_ptr<Transport>(new TcpTransport(io, std::move(route)));
  Result<ssl::context> context = make_context(tls);
  if (!context) return context.error();
  return std::unique_ptr<Transport>(new TlsTransport(io, std::move(*context), std::move(route)));
}

}  // namespace tracerec::replay
