#include "ui/server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "base/ascii.h"
#include "base/text.h"
#include "ui/connections.h"
#include "ui/page_files.h"
#include "ui/request_stream.h"

// How this works. Every request passes through one handler before anything of it is read but its head: Host, method,
// token and origin are checked there, and a GET is answered. Only what is allowed to change something has its body
// read, up to kMostBodyBytes. The library's own routing by regular expressions sees such requests alone. Connections
// wait for their requests in connections.h.

namespace tracerec::ui {
namespace {

using Handled = httplib::Server::HandlerResponse;

constexpr std::size_t kMostBodyBytes = std::size_t{256} << 10;
constexpr time_t kPatienceSeconds = 5;  // with a client that sends or takes nothing

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  return name.ends_with(".svg") ? "image/svg+xml" : "text/plain; charset=utf-8";
}

const EmbeddedFile* page_file(std::string_view path) {
  const std::string_view name = path == "/" ? "index.html" : path.substr(1);
  for (const EmbeddedFile& file : kPageFiles) {
    if (file.name == name) return &file;
  }
  return nullptr;
}

void send(const Reply& reply, httplib::Response& response) {
  response.status = reply.status;
  // What is no UTF-8 was written as \xNN before; where it was not, U+FFFD stands for it.
  response.set_content(reply.body.dump(-1, ' ', false, Json::error_handler_t::replace), "application/json");
}

bool is_json(const httplib::Request& request) {
  const std::string type = request.get_header_value("Content-Type");
  return to_lower(trim(std::string_view(type).substr(0, type.find(';')))) == "application/json";
}

// HEAD is GET without the body (RFC 9110 §9.3.2), which the library leaves out.
std::string method_of(const httplib::Request& request) {
  return request.method == "HEAD" ? "GET" : request.method;
}

// Of two lengths nobody knows which one counts, and of what is none how much follows (RFC 9112 §6.1, §6.3).
bool has_plain_framing(const httplib::Request& request) {
  const std::size_t lengths = request.get_header_value_count("Content-Length");
  const std::string length = request.get_header_value("Content-Length");
  const bool is_chunked = request.has_header("Transfer-Encoding");
  if (lengths > 1 || (lengths == 1 && is_chunked)) return false;
  if (is_chunked) return equals_ignoring_case(request.get_header_value("Transfer-Encoding"), "chunked");
  constexpr std::size_t kMostDigits = 18;  // fit into 64 bits
  const bool is_number = std::all_of(length.begin(), length.end(), is_digit) && length.size() <= kMostDigits;
  return lengths == 0 || (!length.empty() && is_number);
}

bool has_body(const httplib::Request& request) {
  const std::string length = request.get_header_value("Content-Length");
  return request.has_header("Transfer-Encoding") || (!length.empty() && length != "0");
}

// The library's, but for its way with connections: it gives each a thread from its first byte to its end.
class HttpServer final : public httplib::Server {
 public:
  HttpServer()
      : connections_({}, [this](int socket, std::size_t head_bytes, bool is_last) {
          return serve(socket, head_bytes, is_last);
        }) {
    new_task_queue = [this] { return new AtOnce(connections_); };
  }

 private:
  // What the library does with each connection it accepts: nothing but process_and_close_socket().
  class AtOnce final : public httplib::TaskQueue {
   public:
    explicit AtOnce(Connections& connections) : connections_(connections) {}
    void enqueue(std::function<void()> accept) override { accept(); }
    void shutdown() override { connections_.stop(); }

   private:
    Connections& connections_;
  };

  bool process_and_close_socket(socket_t socket) override {
    connections_.add(UniqueFd(socket));
    return true;
  }

  bool serve(int socket, std::size_t head_bytes, bool is_last) {
    RequestStream stream(socket, head_bytes);
    bool closed = false, announced = false;
    const auto look_at = [&announced](httplib::Request& request) {
      request.ranges.clear();  // many of a small file would be a large response, for whoever asks
      announced = has_body(request) || !has_plain_framing(request);
    };
    const bool served = process_request(stream, is_last, closed, look_at);
    // A body that was not read would be taken for the next request.
    return served && !closed && (!announced || stream.has_read_body());
  }

  Connections connections_;  // last: its threads use the others
};

}  // namespace

struct Server::Impl {
  explicit Impl(const ServerOptions& options) : listen(options.listen), token(options.token), app(options.app) {}

  // What forbids the request; nothing: it may go on.
  [[nodiscard]] std::optional<Reply> refuse(const httplib::Request& request) const {
    if (!has_plain_framing(request))
      return failure(400, "framing", "the length of the request's body is none that everybody reads alike");
    const std::string host = request.get_header_value("Host");
    if (request.get_header_value_count("Host") != 1 || !is_host_allowed(listen, host))
      return failure(421, "host", "open the viewer by the address that tracerec ui printed");
    if (!request.path.starts_with("/api/")) return std::nullopt;
    if (!is_token_right(request.get_header_value("Authorization"), token))
      return failure(401, "token",
                     "The token is missing, or not that of this viewer: open the address that tracerec ui "
                     "printed when it started.");
    if (method_of(request) == "GET") return std::nullopt;
    if (!is_origin_allowed(request.get_header_value("Origin"), host))
      return failure(403, "origin", "a page of another site may not change anything here");
    if (!is_json(request)) return failure(415, "content_type", "the body is application/json");
    return std::nullopt;
  }

  [[nodiscard]] static Route route_of(const httplib::Request& request) {
    Route route = find_route(method_of(request), request.path);
    for (const auto& [name, value] : request.params) route.query.parameters.emplace(name, value);
    return route;
  }

  Handled begin(const httplib::Request& request, httplib::Response& response) {
    for (const auto& [name, value] : security_headers()) response.set_header(name, value);
    if (const auto refused = refuse(request)) {
      send(*refused, response);
      return Handled::Handled;
    }
    const Route route = route_of(request);
    if (route.handler != nullptr && request.method == "POST") return Handled::Unhandled;  // its body is read now
    const EmbeddedFile* const file = page_file(request.path);
    if (route.handler != nullptr) {
      send(answer(app, route), response);
    } else if (file != nullptr && method_of(request) == "GET") {
      response.set_content(file->text.data(), file->text.size(), std::string(type_of(file->name)));
    } else if (file != nullptr || route.wrong_method) {
      send(failure(405, "method", "this is not asked for by " + printable(request.method, 20)), response);
    } else {
      send(not_found("there is nothing at " + printable(request.path, 200)), response);
    }
    return Handled::Handled;
  }

  void change(const httplib::Request& request, httplib::Response& response) {
    Route route = route_of(request);
    route.query.body = request.body;
    send(answer(app, route), response);
  }

  void set_up() {
    http.set_pre_routing_handler([this](const auto& request, auto& response) { return begin(request, response); });
    http.Post("/api/v1/.*", [this](const auto& request, auto& response) { change(request, response); });
    http.set_payload_max_length(kMostBodyBytes);
    // For the header Keep-Alive: what connections.h does.
    http.set_keep_alive_max_count(ConnectionLimits{}.most_requests);
    http.set_keep_alive_timeout(kPatienceSeconds);
    http.set_read_timeout(kPatienceSeconds);
    http.set_write_timeout(kPatienceSeconds);
    http.set_tcp_nodelay(true);  // head and body go out apart: 40 ms for each response otherwise
    // Not SO_REUSEPORT, the library's choice: another viewer on the port is to be an error.
    http.set_socket_options([](socket_t socket) {
      const int yes = 1;
      (void)::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
  }

  Listen listen;
  std::string token;
  App app;
  HttpServer http;  // last: its threads use the others
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::open(const ServerOptions& options) {
  auto impl = std::make_unique<Impl>(options);
  impl->set_up();
  errno = 0;
  Listen& listen = impl->listen;
  if (listen.port == 0) {
    listen.port = impl->http.bind_to_any_port(listen.host);
    if (listen.port > 0) return std::unique_ptr<Server>(new Server(std::move(impl)));
  } else if (impl->http.bind_to_port(listen.host, listen.port)) {
    return std::unique_ptr<Server>(new Server(std::move(impl)));
  }
  const int error = errno;
  const std::string where = "cannot listen on " + printable(authority_of(options.listen), 300) + ": ";
  if (error == EADDRINUSE)
    return Error{where + "the port is taken, perhaps by another viewer; --listen 127.0.0.1:0 takes one that is free"};
  return Error{where + (error == 0 ? "it is no address of this machine" : std::strerror(error)) +
               "; --listen 127.0.0.1:8600 is the usual one"};
}

const Listen& Server::listen() const {
  return impl_->listen;
}

void Server::serve(const std::atomic<bool>& stop) {
  std::atomic<bool> ended{false};
  // The library takes no notice of a stop that comes before it runs.
  std::thread waiting([&] {
    while (!ended && !(stop && impl_->http.is_running())) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    impl_->http.stop();
  });
  impl_->http.listen_after_bind();
  ended = true;
  waiting.join();
}

}  // namespace tracerec::ui
