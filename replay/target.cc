#include "replay/target.h"

#include <sys/un.h>

#include <charconv>
#include <optional>

#include "base/text.h"

namespace tracerec::replay {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool take_scheme(std::string_view& text, std::string_view scheme) {
  if (!equals_ignoring_case(text.substr(0, scheme.size()), scheme)) return false;
  text.remove_prefix(scheme.size());
  return true;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0 || port > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

// Splits "[::1]:8080", "::1", "host:80" or "host". `port` is empty when there is none.
bool split(std::string_view text, std::string_view& host, std::string_view& port) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    return port.empty() || (port.size() > 1 && port.front() == ':');
  }
  const std::size_t colon = text.find(':');
  const bool bare_ipv6 = colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos;
  host = bare_ipv6 ? text : text.substr(0, colon);
  port = bare_ipv6 || colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  return port.size() != 1;
}

// Of a URL what may stand in a log: not "user:password@", not the query.
std::string without_secrets(std::string_view text) {
  const std::size_t end = text.find_first_of("?#");
  std::string shown(text.substr(0, end));
  if (end != std::string_view::npos) shown += text[end] + std::string("…");
  const std::size_t at = shown.rfind('@');
  if (at == std::string::npos) return shown;
  const std::size_t scheme = shown.find("://");
  const std::size_t begin = scheme < at ? scheme + 3 : 0;
  return shown.replace(begin, at - begin, "…");
}

}  // namespace

Result<Target> Target::parse(std::string_view text) {
  const auto bad = [shown = without_secrets(text)](const std::string& why) {
    return Error{printable(shown) + ": " + why + "; a target is written [http://|https://]HOST[:PORT] or unix:/PATH"};
  };
  Target target;
  if (take_scheme(text, "unix:")) {
    if (!text.starts_with('/') || text.size() >= sizeof(sockaddr_un{}.sun_path)) {
      return bad("the path of a socket begins with / and has at most 107 bytes");
    }
    target.host = "localhost";
    target.unix_path = std::string(text);
    return target;
  }
  if (take_scheme(text, "https://")) {
    target.tls = true;
    target.port = kHttpsPort;
  } else {
    (void)take_scheme(text, "http://");
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find_first_of("/?#@") != std::string_view::npos) return bad("only a host and a port are used");
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return bad("control bytes or spaces");
  }
  std::string_view host, port;
  const bool found = split(text, host, port) && !host.empty();
  if (!found || host.find_first_of("[]") != std::string_view::npos) return bad("no host");
  target.host = std::string(host);
  if (port.empty()) return target;
  const std::optional<std::uint16_t> number = parse_port(port.substr(1));
  if (!number) return bad("that is not a valid port");
  target.port = *number;
  return target;
}

std::string Target::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? kHttpsPort : kHttpPort)) text += ":" + std::to_string(port);
  return text;
}

std::string Target::url() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  return (tls ? "https://" : "http://") + authority();
}

}  // namespace tracerec::replay
