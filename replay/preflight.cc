#include "replay/preflight.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/base64.h"
#include "base/clock.h"
#include "base/text.h"
#include "replay/correlate.h"

namespace tracerec::replay {
namespace {

constexpr std::size_t kMostHosts = 8;  // that are distinguished
constexpr std::array<std::string_view, 5> kCredentials = {"authorization", "cookie", "x-api-key", "proxy-authorization",
                                                          "x-auth-token"};

// The "exp" of a JSON Web Token's claims (RFC 7519 §4.1.4).
std::optional<std::uint64_t> expiry_s(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || !token.starts_with("ey")) return std::nullopt;
  const std::string claims = decode_base64(token.substr(first + 1, second - first - 1)).value_or("");
  std::size_t at = claims.find("\"exp\"");
  if (at == std::string::npos) return std::nullopt;
  at = claims.find_first_not_of(" \t\r\n:", at + 5);
  std::uint64_t value = 0;
  if (at == std::string::npos) return std::nullopt;
  const auto [end, error] = std::from_chars(claims.data() + at, claims.data() + claims.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

// "http://host/path" → "host"; empty for the other forms.
std::string_view host_of(std::string_view target) {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return {};
  const std::string_view rest = target.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

std::string list(const std::map<std::string, std::uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += (text.empty() ? "" : ", ") + printable(name, 60) + " " + format_count(count);
  }
  return text;
}

template <class Visit>
void for_each_field(std::string_view head, const Visit& visit) {
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) visit(to_lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  }
}

}  // namespace

std::string list_unsafe(const std::map<std::string, std::uint64_t>& methods) {
  std::map<std::string, std::uint64_t> unsafe;
  for (const auto& [method, count] : methods) {
    if (is_write(method)) unsafe[method] = count;
  }
  return list(unsafe);
}

Preflight::Preflight(std::int64_t now_unix_ns, bool secrets_replaced, std::vector<std::string> set_headers)
    : now_s_(now_unix_ns / 1'000'000'000), secrets_replaced_(secrets_replaced), set_headers_(std::move(set_headers)) {}

bool Preflight::is_given(std::string_view header) const {
  return std::any_of(set_headers_.begin(), set_headers_.end(),
                     [&](const std::string& one) { return equals_ignoring_case(one, header); });
}

void Preflight::look_at_token(std::string_view value) {
  const std::size_t space = value.find(' ');
  const auto expiry = expiry_s(space == std::string_view::npos ? value : trim(value.substr(space)));
  if (!expiry || *expiry >= static_cast<std::uint64_t>(std::max<std::int64_t>(0, now_s_))) return;
  ++expired_;
  last_expiry_s_ = std::max(last_expiry_s_, *expiry);
}

void Preflight::add(const schema::StoredExchange& exchange) {
  ++methods_[exchange.method];
  if (const std::string_view host = host_of(exchange.target); !host.empty()) {
    const std::string name(host);
    ++hosts_[hosts_.size() < kMostHosts || hosts_.contains(name) ? name : "others"];
  }
  for_each_field(exchange.request_head, [this](const std::string& name, std::string_view value) {
    const bool credential = std::find(kCredentials.begin(), kCredentials.end(), name) != kCredentials.end();
    if (!credential || is_given(name)) return;
    if (secrets_replaced_) {
      ++credentials_[name];
    } else if (name == "authorization") {
      look_at_token(value);
    }
  });
}

std::vector<std::string> Preflight::lines() const {
  std::vector<std::string> lines;
  if (const std::string unsafe = list_unsafe(methods_); !unsafe.empty()) {
    lines.push_back("may change things at the target: " + unsafe);
  }
  if (!credentials_.empty()) {
    lines.push_back("carry credentials that were replaced while recording: " + list(credentials_) +
                    "; those that an earlier response of the target does not give need --set-header or --login");
  }
  if (expired_ > 0) {
    char time[32];
    lines.push_back("carry a bearer token that has expired: " + format_count(expired_) + " (the last at " +
                    format_unix_ns(static_cast<std::int64_t>(last_expiry_s_) * 1'000'000'000, time) +
                    "); --set-header or --login gives another");
  }
  if (!hosts_.empty()) lines.push_back("name a host in their target, which becomes the replay's: " + list(hosts_));
  return lines;
}

}  // namespace tracerec::replay
