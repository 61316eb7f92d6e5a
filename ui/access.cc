#include "ui/access.h"

#include <arpa/inet.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "base/hex.h"
#include "base/text.h"

namespace tracerec::ui {
namespace {

struct HostPort {
  std::string_view host;  // without brackets
  std::string_view port;  // may be empty
};

HostPort split(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return {};
    return {text.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// inet_pton(3) reads up to a zero byte.
bool has_zero(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

bool is_address(const std::string& host) {
  unsigned char bytes[sizeof(in6_addr)];
  if (has_zero(host)) return false;
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

bool is_loopback_host(std::string_view host) {
  const std::string text(host);
  if (has_zero(text)) return false;
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) == 1) return (ntohl(address.s_addr) >> 24U) == 127;
  return text == "::1" || equals_ignoring_case(text, "localhost");
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// An address, with a zone (RFC 6874) perhaps, or a name.
bool is_host_text(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_lower(c) || is_upper(c) || std::string_view(".-_:%").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<Listen> parse_listen(std::string_view text) {
  const HostPort parts = split(text);
  int port = -1;
  const std::string text_of_port(parts.port);
  const char* const end = text_of_port.data() + text_of_port.size();
  const auto [parsed_to, error] = std::from_chars(text_of_port.data(), end, port);
  const bool good = error == std::errc{} && parsed_to == end && port >= 0 && port <= 65535 && is_host_text(parts.host);
  if (good) return Listen{std::string(parts.host), port};
  return Error{"--listen " + printable(text, 80) + " is not an address and a port: write 127.0.0.1:8600 or [::1]:8600"};
}

bool is_loopback(const Listen& listen) {
  return is_loopback_host(listen.host);
}

std::string authority_of(const Listen& listen) {
  const bool in_brackets = listen.host.find(':') != std::string::npos;
  return (in_brackets ? "[" + listen.host + "]" : listen.host) + ":" + std::to_string(listen.port);
}

bool is_host_allowed(const Listen& listen, std::string_view host) {
  const HostPort parts = split(host);
  if (parts.host.empty() || !is_digits(parts.port)) return false;
  if (is_loopback_host(parts.host) || equals_ignoring_case(parts.host, listen.host)) return true;
  return !is_loopback(listen) && is_address(std::string(parts.host));
}

bool is_origin_allowed(std::string_view origin, std::string_view host) {
  if (origin.empty()) return true;
  constexpr std::string_view kScheme = "http://";
  return origin.starts_with(kScheme) && equals_ignoring_case(origin.substr(kScheme.size()), host);
}

bool is_token_right(std::string_view authorization, std::string_view token) {
  constexpr std::string_view kBearer = "Bearer ";
  if (token.empty() || !authorization.starts_with(kBearer)) return false;
  const std::string_view given = authorization.substr(kBearer.size());
  unsigned different = given.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i)
    different |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned char>(token[i % token.size()]);
  return different == 0;
}

Result<std::string> make_token() {
  std::array<char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return Error{"getrandom gives no token: name one with --token"};
  return to_hex({bytes.data(), bytes.size()});
}

const std::vector<std::pair<std::string, std::string>>& security_headers() {
  static const std::vector<std::pair<std::string, std::string>> kHeaders{
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
       "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cache-Control", "no-store"}};
  return kHeaders;
}

}  // namespace tracerec::ui
