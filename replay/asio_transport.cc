#include "replay/asio_transport.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <utility>

#include "replay/await.h"
#include "replay/connect_race.h"
#include "replay/tls_failure.h"

// How this works. Each stream has one timer as its watchdog. Setting a deadline only notes it: the timer is armed when
// it is not already, and when it fires too early it goes to sleep again until the deadline of that moment. A request
// therefore costs no timer operation. When the deadline has passed the socket is closed, which ends what is under way.
// Of a target's addresses the one that connected first is remembered and tried alone from then on; only when it fails
// is there another race.

namespace tracerec::replay {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Socket = AnySocket;
using TlsStream = ssl::stream<Socket>;

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
  // `abort` ends what is under way.
  Watchdog(const asio::any_io_executor& executor, std::function<void()> abort)
      : timer_(executor), abort_(std::move(abort)) {}

  void set(SteadyTime deadline) {
    deadline_ = deadline;
    if (armed_ && deadline_ >= timer_.expiry()) return;
    arm();
  }

  void stop() {
    abort_ = nullptr;
    timer_.cancel();
  }

  [[nodiscard]] bool fired() const { return fired_; }

 private:
  void arm() {
    armed_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (error || !self->abort_) return;  // cancelled: armed anew, or the stream has gone
      self->expire();
    });
  }

  void expire() {
    if (steady_now() < deadline_) return arm();
    armed_ = false;
    fired_ = true;
    abort_();
  }

  asio::steady_timer timer_;
  std::function<void()> abort_;
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
  return error.category() == asio::error::get_ssl_category() ? Io::kTls : Io::kFailed;
}

// What a stream needs to know of its target.
struct Route {
  Target target;
  std::vector<AnyEndpoint> endpoints;
  bool quickack = false;
  std::size_t winner = SIZE_MAX;  // the endpoint that connected last; SIZE_MAX: none has
};

Route make_route(const Target& target, const std::vector<Endpoint>& endpoints, bool quickack) {
  Route route{target, {}, quickack};
  for (const Endpoint& endpoint : endpoints) route.endpoints.emplace_back(endpoint);
  route.endpoints = alternate_families(std::move(route.endpoints));
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
  if (SSL_get_verify_mode(stream.native_handle()) != SSL_VERIFY_NONE)
    expect_host(stream.native_handle(), route.target.host);
  const auto [error] = co_await stream.async_handshake(ssl::stream_base::client, kAwait);
  co_return error;
}

std::string describe_layer_failure(Socket&, const error_code& error, const Route&) {
  return error.message();
}

std::string describe_layer_failure(TlsStream& stream, const error_code& error, const Route& route) {
  return describe_tls_failure(stream.native_handle(), error, route.target.host);
}

template <class Layer>
class AsioStream final : public Stream {
 public:
  template <class... Arguments>
  explicit AsioStream(Route& route, Arguments&&... arguments)
      : route_(&route),
        layer_(std::forward<Arguments>(arguments)...),
        watchdog_(std::make_shared<Watchdog>(layer_.get_executor(), [this] { abort(); })) {}
  AsioStream(const AsioStream&) = delete;
  AsioStream& operator=(const AsioStream&) = delete;
  ~AsioStream() override { watchdog_->stop(); }

  Task<ConnectFailure> connect() override {
    error_code error = co_await connect_socket();
    if (error) {
      co_return failure(error == asio::error::connection_refused ? "refused" : "connect", error, error.message());
    }
    error = co_await start_layer(layer_, *route_);
    if (error) co_return failure("tls", error, describe_layer_failure(layer_, error, *route_));
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
    if (route_->quickack) acknowledge();
    Received received{classify(error, *watchdog_), std::string_view(buffer_.data(), size)};
    if (received.io == Io::kTls) received.message = describe_layer_failure(layer_, error, *route_);
    co_return received;
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
  Task<error_code> connect_socket() {
    const std::vector<AnyEndpoint>& endpoints = route_->endpoints;
    error_code error = asio::error::host_not_found;
    const std::size_t known = endpoints.size() == 1 ? 0 : route_->winner;
    if (known < endpoints.size()) error = co_await connect_to(endpoints[known]);
    if (error && endpoints.size() > 1 && !watchdog_->fired()) error = co_await connect_to_first();
    if (error) co_return error;
    error_code no_tcp;
    socket_of(layer_).set_option(tcp::no_delay(true), no_tcp);
    socket_of(layer_).non_blocking(true, error);
    co_return error;
  }

  Task<error_code> connect_to(AnyEndpoint endpoint) {
    error_code error;
    Socket& socket = socket_of(layer_);
    socket.open(endpoint.protocol(), error);
    if (!error) std::tie(error) = co_await socket.async_connect(endpoint, kAwait);
    co_return error;
  }

  // To that of the addresses which connects first.
  Task<error_code> connect_to_first() {
    ConnectRace race(layer_.get_executor(), route_->endpoints);
    race_ = &race;
    const error_code error = co_await race.run();
    race_ = nullptr;
    if (error) co_return error;
    route_->winner = race.winner();
    socket_of(layer_) = race.take_socket();
    co_return error;
  }

  void abort() {
    if (race_ != nullptr) race_->cancel();
    error_code ignored;
    socket_of(layer_).close(ignored);
  }

  // At once, not after the 40 ms that Linux may wait (tcp(7), TCP_QUICKACK): a server that writes head and body apart
  // without TCP_NODELAY holds the body back until then. The kernel forgets the option, so it is set each time.
  void acknowledge() {
    const int on = 1;
    (void)::setsockopt(socket_of(layer_).native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  }

  ConnectFailure failure(const char* reason, const error_code& error, std::string message) const {
    if (watchdog_->fired() || error == asio::error::timed_out) return {"timeout", "timed out"};
    return {reason, std::move(message)};
  }

  Route* route_;
  Layer layer_;
  std::shared_ptr<Watchdog> watchdog_;
  ConnectRace* race_ = nullptr;             // while one is under way
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
                                                       const std::vector<Endpoint>& endpoints, const TlsOptions& tls,
                                                       bool quickack) {
  Route route = make_route(target, endpoints, quickack);
  if (!target.tls) return std::unique_ptr<Transport>(new TcpTransport(io, std::move(route)));
  Result<ssl::context> context = make_context(tls);
  if (!context) return context.error();
  return std::unique_ptr<Transport>(new TlsTransport(io, std::move(*context), std::move(route)));
}

}  // namespace tracerec::replay
