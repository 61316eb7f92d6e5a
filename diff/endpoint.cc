#include "diff/endpoint.h"

#include <algorithm>

namespace tracerec::diff {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Crockford's base 32: no I, L, O, U.
bool is_ulid_char(char c) {
  return is_digit(c) || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U');
}

bool is_uuid(std::string_view s) {
  if (s.size() != 36) return false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? s[i] != '-' : !is_hex(s[i])) return false;
  }
  return true;
}

// 128 bits in 26 characters of 5: the first is at most 7.
bool is_ulid(std::string_view s) {
  return s.size() == 26 && s.front() >= '0' && s.front() <= '7' && std::all_of(s.begin(), s.end(), is_ulid_char);
}

// Long enough not to be a word; "deadbeef" and "facade" stay.
bool is_long_hex(std::string_view s) {
  return s.size() >= 16 && std::all_of(s.begin(), s.end(), is_hex) && std::any_of(s.begin(), s.end(), is_digit);
}

bool is_id(std::string_view segment) {
  if (segment.empty()) return false;
  return std::all_of(segment.begin(), segment.end(), is_digit) || is_uuid(segment) || is_ulid(segment) ||
         is_long_hex(segment);
}

// RFC 9112 §3.2.2: "http://host/path" means "/path", "http://host" means "/".
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const std::size_t slash = target.find('/', scheme + 3);
  return slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
}

}  // namespace

std::string endpoint_of(std::string_view method, std::string_view target) {
  std::string endpoint(method);
  endpoint += ' ';
  std::string_view rest = path_of(target);
  while (!rest.empty() && endpoint.size() < kMaxEndpointBytes) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, slash);
    endpoint += is_id(segment) ? std::string_view("{id}") : segment;
    if (slash < rest.size()) endpoint += '/';
    rest.remove_prefix(std::min(slash + 1, rest.size()));
  }
  if (endpoint.size() > kMaxEndpointBytes) endpoint.resize(kMaxEndpointBytes);
  return endpoint;
}

}  // namespace tracerec::diff
