#include "cli/target_client.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include "base/option_file.h"
#include "base/text.h"
#include "cli/pick.h"
#include "replay/login.h"
#include "replay/one_request.h"
#include "schema/reader.h"

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

bool speaks_tls_instead(const replay::Target& target, const std::atomic<bool>& stop) {
  return !target.tls && target.unix_path.empty() && replay::speaks_tls(target, kResponseTimeout, &stop);
}

std::string use_https(replay::Target target) {
  target.tls = true;
  return "write --target " + target.url();
}

Result<std::vector<replay::Login>> read_logins(const std::string& path) {
  const Result<std::string> text = read_option_file(path, kMaxFileBytes);
  if (!text) return text.error();
  return replay::parse_logins(*text);
}

// A query may have secrets.
std::string without_query(const std::string& path) {
  const std::size_t end = path.find_first_of("?#");
  return printable(path.substr(0, end)) + (end == std::string::npos ? "" : path[end] + std::string("…"));
}

Result<http::Header> send_login(const replay::ReplayOptions& options, const replay::Login& login,
                                const std::atomic<bool>& stop) {
  const Result<replay::OneResponse> response =
      replay::request_once(options.target, tls_of(options), replay::make_request(login, options.target),
                           {kResponseTimeout, replay::body_bytes_needed(login)}, &stop);
  const std::string what = login.method + " " + without_query(login.path) + " of " + options.target.url();
  if (!response) return with_context(what, response.error());
  Result<http::Header> header = replay::header_of(login, *response);
  if (!header) return with_context("the response to " + what, header.error());
  return header;
}

// "exchange 12" becomes the value that its request carries.
Result<void> look_up_user(replay::IdentityKey& key, schema::RowId id, schema::Reader& reader) {
  const auto exchange = reader.exchange(id);
  if (!exchange) return exchange.error();
  const std::string who = "\"identity\": exchange " + std::to_string(id);
  if (!*exchange) return Error{who + " is not in this file"};
  const auto values = replay::credentials_in((*exchange)->request_head, key);
  if (values.empty()) return Error{who + " carries no " + printable(key.name(), 80)};
  key.recorded = values.front();
  return {};
}

void add(LoggedIn& logged_in, const replay::Login& login, http::Header header) {
  if (login.identity) {
    logged_in.identities.push_back({*login.identity, std::move(header), false});
  } else {
    logged_in.headers.push_back(std::move(header));
  }
}

Result<void> look_up_users(std::vector<replay::Login>& logins, const schema::TraceSource& db) {
  std::unique_ptr<schema::Reader> reader;
  for (replay::Login& login : logins) {
    const auto id = login.identity ? replay::exchange_named_by(login.identity->recorded) : std::nullopt;
    if (!id) continue;
    if (!reader) {
      auto opened = schema::Reader::open(db);
      if (!opened) return opened.error();
      reader = std::move(*opened);
    }
    if (auto found = look_up_user(*login.identity, *id, *reader); !found) return found;
  }
  return {};
}

}  // namespace

Result<void> mark_recorded(std::vector<replay::Identity>& identities, const schema::TraceSource& db,
                           std::int64_t recording_id) {
  if (identities.empty()) return {};
  const auto reader = schema::Reader::open(db);
  if (!reader) return reader.error();
  const auto recording = pick_recording(**reader, recording_id, db.path);
  if (!recording) return recording.error();
  std::size_t left = identities.size();
  return (*reader)->for_each_request(recording->id, [&](const schema::StoredExchange& exchange) {
    for (replay::Identity& identity : identities) {
      if (identity.is_recorded || !replay::is_of(exchange.request_head, identity.key)) continue;
      identity.is_recorded = true;
      --left;
    }
    return left > 0;
  });
}

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
      const bool is_tls = speaks_tls_instead(options.target, stop);
      return Error{
          "target " + options.target.url() + " was not ready in time: " + response.error().message + "; " +
          (is_tls ? "it speaks TLS: " + use_https(options.target) : "start it, or give --wait-ready more time")};
    }
    std::this_thread::sleep_for(kTryAgain);
  }
  return Error{"stopped while waiting for target " + options.target.url()};
}

std::string explain_plain_http(const replay::ReplayOptions& options, const replay::ReplaySummary& summary,
                               const std::atomic<bool>& stop) {
  // Servers of TLS close the connection, send an alert, or answer 400 (Apache, Go, nginx).
  const bool served = summary.answered > summary.bad_requests;
  if (summary.sent == 0 || served || summary.interrupted || !speaks_tls_instead(options.target, stop)) return {};
  return options.target.url() + " speaks TLS: " + use_https(options.target);
}

Result<LoginFile> read_login_file(const std::string& path, const schema::TraceSource& db) {
  auto logins = read_logins(path);
  if (!logins) return with_context("--login " + path, logins.error());
  if (auto found = look_up_users(*logins, db); !found) return with_context("--login " + path, found.error());
  return LoginFile{path, std::move(*logins)};
}

Result<LoggedIn> log_in(const replay::ReplayOptions& options, const LoginFile& file, const std::atomic<bool>& stop) {
  LoggedIn logged_in;
  for (const replay::Login& login : file.logins) {
    Result<http::Header> header = send_login(options, login, stop);
    if (!header) return with_context("--login " + file.path, header.error());
    add(logged_in, login, std::move(*header));
  }
  return logged_in;
}

LoggedIn logins_to_come(const LoginFile& file) {
  LoggedIn to_come;
  for (const replay::Login& login : file.logins) add(to_come, login, {login.set.name, {}});
  return to_come;
}

}  // namespace tracerec::cli
