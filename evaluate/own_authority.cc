#include "evaluate/own_authority.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "base/text.h"
#include "diff/trailers.h"
#include "evaluate/message.h"
#include "http/decode.h"
#include "http/message.h"
#include "replay/values.h"

namespace tracerec::evaluate {
namespace {

// Between scheme and authority: as it is, in a JSON string, in a query.
constexpr std::array<std::string_view, 4> kSeparators = {"://", ":\\/\\/", "%3A%2F%2F", "%3a%2f%2f"};

// "shop.example.com" must not be found in "myshop.example.com", nor in "shop.example.com.evil.org".
bool is_name_char(char c) {
  return is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
}

bool ends_name(std::string_view rest) {
  if (rest.empty()) return true;
  const bool other_port = rest.front() == ':' && rest.size() > 1 && is_digit(rest[1]);
  const bool more_name =
      is_name_char(rest.front()) && !(rest.front() == '.' && (rest.size() == 1 || !is_name_char(rest[1])));
  return !other_port && !more_name;
}

// What stands in front of an authority: its separator, as the length of it; nothing when it is no authority there.
std::optional<std::size_t> separator_before(std::string_view before, std::string_view after) {
  for (const std::string_view separator : kSeparators) {
    if (before.ends_with(separator)) return separator.size();
    if (before.ends_with(separator.substr(separator.starts_with(':') ? 1 : 3))) return 0;  // "//host"
  }
  if (before.ends_with('"') && after.starts_with('"')) return 0;
  const std::string_view tail = before.substr(before.size() - std::min<std::size_t>(before.size(), 8));
  const bool domain = tail.size() >= 7 && (equals_ignoring_case(tail.substr(tail.size() - 7), "domain=") ||
                                           (tail.size() == 8 && equals_ignoring_case(tail, "domain=.")));
  return domain ? std::optional<std::size_t>(0) : std::nullopt;
}

// Replaces "http" or "https" at the end of `out`, in front of a separator of this length, by `scheme`.
void set_scheme(std::string& out, std::size_t separator, std::string_view scheme) {
  if (separator == 0 || scheme.empty()) return;
  const std::string between = out.substr(out.size() - separator);
  std::string_view before(out.data(), out.size() - separator);
  for (const std::string_view known : {"https", "http"}) {
    if (!before.ends_with(known)) continue;
    out.resize(before.size() - known.size());
    out += scheme;
    out += between;
    return;
  }
}

std::string_view host_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  return has_port ? authority.substr(0, colon) : authority;
}

bool names(std::string_view text, std::string_view authority) {
  return !authority.empty() && text.find(authority) != std::string_view::npos;
}

bool names_in_headers(const http::HeaderList& headers, std::string_view authority) {
  return std::any_of(headers.begin(), headers.end(),
                     [&](const http::Header& header) { return names(header.value, authority); });
}

// Nothing: it cannot be had.
std::optional<std::string> content_of(const diff::Message& message) {
  if (!message.body_whole) return std::nullopt;
  const bool coded = !message.body_is_content && (message.headers.find("Content-Encoding") != nullptr ||
                                                  message.headers.find("Transfer-Encoding") != nullptr);
  if (!coded) return message.body;
  auto decoded = http::decode_body(message.headers, message.body, kMaxBodyBytes);
  if (!decoded) return std::nullopt;
  return std::move(*decoded);
}

// The scheme of the URLs in which the target names itself; empty: it is not that of the target.
std::string_view own_scheme(const diff::Message& replayed, std::string_view content, const Origin& target) {
  const std::string_view scheme = target.tls ? "https" : "http";
  for (const std::string_view separator : kSeparators) {
    const std::string url = std::string(scheme) + std::string(separator) + target.authority;
    if (names(content, url) || names_in_headers(replayed.headers, url)) return scheme;
  }
  return {};
}

struct Mapping {
  const std::vector<std::string>& from;
  const std::string& to;
  std::string_view scheme;

  [[nodiscard]] std::string text(std::string_view text) const {
    std::string out(text);
    for (const std::string& authority : from) out = with_authority(out, authority, to, scheme);
    return out;
  }

  // In headers the Domain of a cookie is a host without its port.
  [[nodiscard]] http::HeaderList headers(const http::HeaderList& list) const {
    http::HeaderList mapped;
    for (const http::Header& header : list) {
      std::string value = text(header.value);
      if (equals_ignoring_case(header.name, "Set-Cookie")) {
        for (const std::string& authority : from) value = with_authority(value, host_of(authority), host_of(to), {});
      }
      mapped.add(header.name, value);
    }
    return mapped;
  }

  [[nodiscard]] bool applies_to(std::string_view content) const {
    return std::any_of(from.begin(), from.end(), [&](const std::string& one) { return names(content, one); });
  }

  void apply(diff::Message& message, const std::optional<std::string>& content) const {
    message.headers = headers(message.headers);
    if (content && applies_to(*content)) diff::set_content(message, text(*content));
  }
};

}  // namespace

std::vector<std::string> authorities_of(std::string_view request_head) {
  std::vector<std::string> found;
  for (const char* name : {"Host", "X-Forwarded-Host"}) {
    const std::string_view value = replay::header_of(request_head, name);
    if (!value.empty() && std::find(found.begin(), found.end(), value) == found.end()) found.emplace_back(value);
  }
  return found;
}

std::string with_authority(std::string_view text, std::string_view from, std::string_view to, std::string_view scheme) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find(from); !from.empty() && at != std::string_view::npos; at = text.find(from, at + 1)) {
    const std::string_view after = text.substr(at + from.size());
    const auto separator = separator_before(text.substr(0, at), after);
    if (at < copied || !separator || !ends_name(after)) continue;
    out += text.substr(copied, at - copied);
    set_scheme(out, *separator, scheme);
    out += to;
    copied = at + from.size();
  }
  out += text.substr(copied);
  return out;
}

void map_own_authority(const std::vector<std::string>& recorded_authorities, const Origin& target,
                       diff::Message& recorded, diff::Message& replayed) {
  const auto same = [&](const std::string& one) { return equals_ignoring_case(one, target.authority); };
  if (std::all_of(recorded_authorities.begin(), recorded_authorities.end(), same)) return;
  const bool coded = replayed.headers.find("Content-Encoding") != nullptr;
  const std::string host(host_of(target.authority));
  if (!coded && !names(replayed.body, target.authority) && !names_in_headers(replayed.headers, host)) return;
  const auto after = content_of(replayed);
  if (!after || (!names(*after, target.authority) && !names_in_headers(replayed.headers, host))) return;
  const auto before = content_of(recorded);
  if (!before) return;
  const Mapping mapping{recorded_authorities, target.authority, own_scheme(replayed, *after, target)};
  mapping.apply(recorded, before);
  mapping.apply(replayed, after);
}

}  // namespace tracerec::evaluate
