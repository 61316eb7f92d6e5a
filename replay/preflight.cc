#include "replay/preflight.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/clock.h"
#include "base/text.h"
#include "http/secret_names.h"
#include "replay/causality.h"
#include "replay/values.h"

namespace tracerec::replay {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kMostHosts = 8;  // that are distinguished
constexpr std::size_t kMostValues = 1000;
constexpr std::size_t kMostFields = 32;

// Headers that the recorder replaces by itself (docs/capture.md) and that a server lets somebody in by. Those of
// proxies and platforms in front of it are not sent by clients.
constexpr std::array<std::string_view, 14> kCredentials = {
    "Authorization",  "Cookie",       "X-Api-Key",           "Api-Key",      "X-Auth-Token",
    "X-Access-Token", "X-Csrf-Token", "X-Xsrf-Token",        "X-Session-Id", "Private-Token",
    "X-User-Token",   "X-Token",      "Proxy-Authorization", "X-Vault-Token"};

std::string_view credential_named(std::string_view header) {
  const auto found = std::find_if(kCredentials.begin(), kCredentials.end(),
                                  [&](std::string_view one) { return equals_ignoring_case(one, header); });
  return found == kCredentials.end() ? std::string_view{} : *found;
}

// Whether a value at that location of a request stands in that header: "header Authorization", "cookie sid".
bool is_in_header(std::string_view location, std::string_view header) {
  if (header == "Cookie") return location.starts_with("cookie ");
  constexpr std::string_view kPrefix = "header ";
  if (!location.starts_with(kPrefix)) return false;
  const std::string_view name = location.substr(kPrefix.size(), header.size());
  const std::string_view rest = location.substr(std::min(location.size(), kPrefix.size() + header.size()));
  return equals_ignoring_case(name, header) && (rest.empty() || rest.starts_with(' '));
}

bool has_source(const Correlation* correlation, schema::RowId exchange, std::string_view header) {
  if (correlation == nullptr) return false;
  const auto edges = correlation->edges_of(correlation->ordinal_of(exchange));
  return std::any_of(edges.begin(), edges.end(),
                     [&](const Edge& edge) { return is_in_header(correlation->location(edge.used_at), header); });
}

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
    std::string_view line = head.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) visit(to_lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  }
}

bool is_one_of(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& one) { return equals_ignoring_case(one, name); });
}

// Fields of the target's query and of the body that the recorder replaces by itself.
class SecretFields final : public ValueSink {
 public:
  using Visit = std::function<void(const Value&, const std::string& location)>;
  // `kept` is borrowed.
  SecretFields(const http::KeptFields& kept, Visit visit) : kept_(kept), visit_(std::move(visit)) {}

  void on_value(const Value& value) override {
    const bool pair = value.kind == LocationKind::kQuery || value.kind == LocationKind::kForm;
    if ((!pair && value.kind != LocationKind::kJson) || value.text.empty()) return;
    const auto secrecy =
        pair ? http::secrecy_of_field(value.name, &kept_) : http::secrecy_of_member(value.name, &kept_);
    if (secrecy == http::Secrecy::kNone) return;
    const std::string location = value.location();
    if (!location.starts_with("header ")) visit_(value, location);
  }

 private:
  const http::KeptFields& kept_;
  Visit visit_;
};

// "1 request carries", "12 requests carry"
std::string requests(const Occurrences& seen) {
  return format_count(seen.count) + (seen.count == 1 ? " request carries" : " requests carry");
}

std::string first_of(const Occurrences& seen) {
  return " (first: exchange " + std::to_string(seen.first) + ")";
}

std::string different(std::size_t values) {
  return values > 1 ? ", " + format_count(values) + " different ones" : "";
}

// No option puts a value into a body: it must be in the recording, or the request is not needed.
std::string describe_field_gap(const std::string& field, const Occurrences& seen, std::size_t values) {
  return requests(seen) + " the field " + printable(field, 60) +
         ", which was replaced while recording and which no earlier response gives" + first_of(seen) +
         different(values) +
         ": for a login, --login FILE sends one of its own; record --redact FILE with \"keep\": [\"" +
         printable(field, 60) + "\"], or --keep-secrets, keeps the recorded one";
}

// A login gives what a header or a cookie of a session holds; a key is given by hand.
std::string describe_gap(const std::string& header, const Occurrences& seen, std::size_t values) {
  const bool of_session = header == "Authorization" || header == "Cookie";
  const std::string login = !of_session  ? ""
                            : values > 1 ? "--login FILE with a list of users or "
                                         : "--login FILE or ";
  return requests(seen) + " " + header + ", which was replaced while recording and which no earlier response gives" +
         first_of(seen) + different(values) + ": " + login + "--set-header '" + header +
         ": …' sends one that the target accepts; record --keep-secrets keeps the recorded one";
}

}  // namespace

std::string list_unsafe(const std::map<std::string, std::uint64_t>& methods) {
  std::map<std::string, std::uint64_t> unsafe;
  for (const auto& [method, count] : methods) {
    if (is_write(method)) unsafe[method] = count;
  }
  return list(unsafe);
}

Preflight::Preflight(PreflightFacts facts) : facts_(std::move(facts)), without_credential_(facts_.first_id) {
  for (const std::string& name : facts_.kept_fields) kept_fields_.add(name);
}

bool Preflight::is_overridden(std::string_view header) const {
  return is_one_of(facts_.overridden, header);
}

void Preflight::look_at_token(schema::RowId exchange, std::string_view value) {
  const std::size_t space = value.find(' ');
  const std::string_view token = space == std::string_view::npos ? trim(value) : trim(value.substr(space));
  const auto expiry = expiry_s(token);
  if (!expiry || *expiry >= static_cast<std::uint64_t>(std::max<std::int64_t>(0, facts_.now_unix_ns) / kSecondNs))
    return;
  if (facts_.jwt_key != nullptr && facts_.jwt_key->moved(token, 0)) return;
  expired_.add(exchange);
  last_expiry_s_ = std::max(last_expiry_s_, *expiry);
}

void Preflight::look_at_credential(const schema::StoredExchange& exchange, const std::string& name,
                                   std::string_view value) {
  const std::string header(credential_named(name));
  if (header.empty() || is_overridden(header) || has_source(facts_.correlation, exchange.id, header)) return;
  if (is_one_of(facts_.kept_headers, header)) return;
  if (!facts_.secrets_replaced) {
    if (header == "Authorization") look_at_token(exchange.id, value);
    return;
  }
  Gap& gap = gaps_[header];
  gap.seen.add(exchange.id);
  if (gap.values.size() < kMostValues) gap.values.insert(std::hash<std::string_view>{}(value));
  without_credential_.insert(exchange.id);
}

// A body above 4 KiB, which is not in the exchange's row, is not looked at.
void Preflight::look_at_fields(const schema::StoredExchange& exchange) {
  std::string buffer;
  const auto content = content_of(exchange.request_head, exchange.request_body.bytes, true, buffer);
  SecretFields fields(kept_fields_, [&](const Value& value, const std::string& location) {
    if (facts_.correlation != nullptr && is_carried(*facts_.correlation, exchange.id, location)) return;
    Gap& gap = field_gaps_[field_gaps_.size() < kMostFields ? std::string(value.name) : "others"];
    gap.seen.add(exchange.id);
    if (gap.values.size() < kMostValues) gap.values.insert(std::hash<std::string_view>{}(value.text));
    without_credential_.insert(exchange.id);
  });
  for_each_request_value(exchange.request_head, content ? *content : std::string_view{}, fields);
}

void Preflight::look_at_identities(const schema::StoredExchange& exchange) {
  std::map<std::string, bool> named;  // key → whether the request is of one of its users
  for (const Identity& identity : facts_.identities) {
    if (credentials_in(exchange.request_head, identity.key).empty()) continue;
    bool& is_named = named[identity.key.name()];
    is_named = is_named || is_of(exchange.request_head, identity.key);
  }
  for (const auto& [key, is_named] : named) {
    if (!is_named) unnamed_[key].add(exchange.id);
  }
}

void Preflight::add(const schema::StoredExchange& exchange) {
  ++methods_[exchange.method];
  if (const std::string_view host = host_of(exchange.target); !host.empty()) {
    const std::string name(host);
    ++hosts_[hosts_.size() < kMostHosts || hosts_.contains(name) ? name : "others"];
  }
  for_each_field(exchange.request_head,
                 [&](const std::string& name, std::string_view value) { look_at_credential(exchange, name, value); });
  if (!facts_.identities.empty()) look_at_identities(exchange);
  if (facts_.secrets_replaced && schema::has_note(exchange.notes, "redacted")) look_at_fields(exchange);
}

std::vector<std::string> Preflight::credential_lines() const {
  std::vector<std::string> lines;
  for (const auto& [header, gap] : gaps_) lines.push_back(describe_gap(header, gap.seen, gap.values.size()));
  for (const auto& [field, gap] : field_gaps_) lines.push_back(describe_field_gap(field, gap.seen, gap.values.size()));
  for (const auto& [key, seen] : unnamed_) {
    lines.push_back(requests(seen) + " the " + key + " of a user that --login does not name" + first_of(seen));
  }
  if (expired_.count > 0) {
    char time[32];
    lines.push_back(requests(expired_) + " a bearer token that has expired" + first_of(expired_) + ", the last at " +
                    format_unix_ns(static_cast<std::int64_t>(last_expiry_s_) * kSecondNs, time) +
                    "; --login FILE or --set-header gives another, --jwt-key FILE moves it");
  }
  return lines;
}

std::vector<std::string> Preflight::lines() const {
  std::vector<std::string> lines;
  if (const std::string methods = unsafe(); !methods.empty()) {
    lines.push_back("may change things at the target: " + methods);
  }
  for (std::string& line : credential_lines()) lines.push_back(std::move(line));
  if (!hosts_.empty()) lines.push_back("name a host in their target, which becomes the replay's: " + list(hosts_));
  return lines;
}

}  // namespace tracerec::replay
