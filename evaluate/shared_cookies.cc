#include "evaluate/shared_cookies.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "diff/cookies.h"
#include "http/message.h"
#include "http/request_traits.h"

// Tests: tests/evaluate/shared_secrets_test.cc.

namespace tracerec::evaluate {
namespace {

std::uint64_t hash_of(std::string_view name, std::string_view value) {
  return std::hash<std::string>{}(std::string(name).append("=").append(value));
}

// AWS, Azure, Google, HAProxy, F5, Citrix, Apache, nginx and its Kubernetes ingress.
bool is_of_balancer(std::string_view name) {
  constexpr std::array<std::string_view, 4> kBeginnings = {"AWSALB", "AWSELB", "BIGipServer", "NSC_"};
  constexpr std::array<std::string_view, 8> kNames = {"ARRAffinity", "ARRAffinitySameSite", "GCLB",  "SERVERID",
                                                      "ROUTEID",     "INGRESSCOOKIE",       "route", "__cflb"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](auto start) { return name.starts_with(start); });
}

bool is_successful_write(const diff::Pair& pair) {
  const bool succeeded = pair.recorded.status / 100 == 2 || pair.recorded.status / 100 == 3;
  return http::may_write(pair.method) && succeeded && pair.recorded.status == pair.replayed.status;
}

std::optional<std::string_view> value_of(const std::vector<diff::CookieValue>& cookies, std::string_view name) {
  const auto at = std::find_if(cookies.begin(), cookies.end(), [&](const auto& one) { return one.name == name; });
  return at == cookies.end() ? std::nullopt : std::optional(at->value);
}

// The value of a request's cookie (RFC 6265 §4.2.1).
std::optional<std::string_view> sent_cookie(const http::HeaderList& headers, std::string_view name) {
  for (std::string_view line : headers.values("Cookie")) {
    while (!line.empty()) {
      const std::size_t end = std::min(line.find(';'), line.size());
      const std::string_view one = trim(line.substr(0, end));
      line.remove_prefix(std::min(end + 1, line.size()));
      const std::size_t equals = one.find('=');
      if (equals != std::string_view::npos && trim(one.substr(0, equals)) == name) return trim(one.substr(equals + 1));
    }
  }
  return std::nullopt;
}

// What tells a login from another.
std::uint64_t login_of(const http::HeaderList& headers, const diff::Pair& pair) {
  std::string login = pair.method + ' ' + pair.target;
  for (const std::string_view value : headers.values("Authorization")) login.append("\n").append(value);
  return std::hash<std::string>{}(login.append("\n\n").append(pair.request));
}

}  // namespace

SharedCookies::Hash SharedCookies::session_of(const schema::StoredExchange& exchange, const diff::Pair& pair,
                                              std::string_view name) {
  const auto head = http::parse_request_head(exchange.request_head);
  const http::HeaderList headers = head ? head->headers : http::HeaderList{};
  const auto sent = sent_cookie(headers, name);
  Hash session = login_of(headers, pair);
  if (sent && sessions_.size() < kMost) session = sessions_.try_emplace(hash_of(name, *sent), session).first->second;
  const auto response = http::parse_response_head(exchange.response_head);
  if (!response || sessions_.size() >= kMost) return session;
  const auto given = value_of(diff::cookie_values(response->headers.values("Set-Cookie")), name);
  if (given) sessions_.try_emplace(hash_of(name, *given), session);
  return session;
}

void SharedCookies::check(const schema::StoredExchange& exchange, diff::Pair& pair) {
  if (!is_successful_write(pair)) return;
  const auto replayed = diff::cookie_values(pair.replayed.headers.values("Set-Cookie"));
  if (replayed.empty()) return;
  const auto recorded = diff::cookie_values(pair.recorded.headers.values("Set-Cookie"));
  for (const diff::CookieValue& cookie : replayed) {
    const auto was = value_of(recorded, cookie.name);
    if (!was || was->size() < kShortest || cookie.value.size() < kShortest || is_of_balancer(cookie.name)) continue;
    const Holder own{session_of(exchange, pair, cookie.name), hash_of(cookie.name, *was)};
    const Hash key = hash_of(cookie.name, cookie.value);
    if (holders_.size() >= kMost && !holders_.contains(key)) continue;
    const Holder& holder = holders_.try_emplace(key, own).first->second;
    if (holder.session == own.session || holder.recorded == own.recorded) continue;
    pair.shared_cookies.push_back({std::string(cookie.name), std::string(*was), std::string(cookie.value)});
  }
}

}  // namespace tracerec::evaluate
