#include "cli/target_client.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <thread>

#include "base/read_file.h"
#include "base/text.h"
#include "replay/login.h"
#include "replay/one_request.h"

namespace tracerec::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kTryAgain = std::chrono::milliseconds(200);
constexpr auto kResponseTimeout = std::chrono::seconds(5);
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 20;

replay::TlsOptions tls_of(const replay::ReplayOptions& options) {
  return {options.insecure, options.cacert, options.cert, options.key};
}

// Files that cannot be read will not be read better later.
Result<void> check_tls(const replay::ReplayOptions& options) {
  boost::asio::io_context io;
  const auto transport = replay::make_asio_transport(io, options.target, {}, tls_of(options));
  if (!transport) return transport.error();
  return {};
}

Result<replay::Login> read_login(const std::string& path) {
  const Result<std::string> text = read_file(path, kMaxFileBytes);
  if (!text) return text.error();
  return replay::parse_login(*text);
}

Result<http::Header> send_login(const replay::ReplayOptions& options, const replay::Login& login,
                                const std::atomic<bool>& stop) {
  const Result<replay::OneResponse> response =
      replay::request_once(options.target, tls_of(options), replay::make_request(login, options.target),
                           {kResponseTimeout, replay::body_bytes_needed(login)}, &stop);
  const std::string what = login.method + " " + printable(login.path) + " of " + options.target.url();
  if (!response) return with_context(what, response.error());
  Result<http::Header> header = replay::header_of(login, *response);
  if (!header) return with_context("the response to " + what, header.error());
  return header;
}

}  // namespace

Result<void> wait_until_ready(const replay::ReplayOptions& options, std::int64_t limit_ns,
                              const std::atomic<bool>& stop) {
  if (Result<void> usable = check_tls(options); !usable) return usable;
  const replay::OneRequest request = replay::make_request(options.target, "GET", "/", {}, {});
  const auto deadline = Clock::now() + std::chrono::nanoseconds(limit_ns);
  while (!stop.load()) {
    // Not less: the last attempt shall give the reason and not that it had no time.
    const auto timeout = std::clamp<Clock::duration>(deadline - Clock::now(), kTryAgain, kResponseTimeout);
    const auto response = replay::request_once(options.target, tls_of(options), request, {timeout, 0}, &stop);
    if (response) return {};
    if (stop.load()) break;
    if (Clock::now() + kTryAgain >= deadline) {
      return Error{"target " + options.target.url() + " was not ready in time: " + response.error().message +
                   "; start it, or give --wait-ready more time"};
    }
    std::this_thread::sleep_for(kTryAgain);
  }
  return Error{"stopped while waiting for target " + options.target.url()};
}

Result<http::Header> log_in(const replay::ReplayOptions& options, const std::string& path,
                            const std::atomic<bool>& stop) {
  const Result<replay::Login> login = read_login(path);
  if (!login) return with_context("--login " + path, login.error());
  Result<http::Header> header = send_login(options, *login, stop);
  if (!header) return with_context("--login " + path, header.error());
  return header;
}

}  // namespace tracerec::cli
