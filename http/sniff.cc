#include "http/sniff.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "http/head_end.h"

namespace tracerec::http {
namespace {

// RFC 9110 §9, RFC 5789, and the WebDAV family in use. Only known ones: "OST /x HTTP/1.1" is the rest of a request
// line.
constexpr std::array<std::string_view, 22> kMethods = {
    "GET",   "HEAD", "POST", "PUT",  "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",      "PROPFIND", "PROPPATCH",
    "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "SEARCH",  "REPORT",  "MERGE", "MKACTIVITY", "CHECKOUT", "PURGE"};

// Servers in the field take request lines of 8 KiB and more.
constexpr std::size_t kLongestLine = 64 << 10;

bool is_version(std::string_view text) {
  return text.size() == 8 && text.substr(0, 7) == "HTTP/1." && is_digit(text[7]);
}

}  // namespace

bool starts_with_request_line(std::string_view bytes) {
  const std::size_t lf = bytes.find('\n');
  if (lf == std::string_view::npos) return false;
  std::string_view line = bytes.substr(0, lf);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || last <= first + 1 || !is_version(line.substr(last + 1))) return false;
  const std::string_view method = line.substr(0, first);
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

bool may_start_request_line(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > kLongestLine || bytes.find('\n') != std::string_view::npos) return false;
  const std::string_view word = bytes.substr(0, bytes.find(' '));
  return std::any_of(kMethods.begin(), kMethods.end(), [&](std::string_view method) {
    return word.size() == bytes.size() ? method.starts_with(word) : method == word;
  });
}

bool starts_with_status_line(std::string_view bytes) {
  return bytes.size() >= 12 && is_version(bytes.substr(0, 8)) && bytes[8] == ' ' && is_digit(bytes[9]) &&
         is_digit(bytes[10]) && is_digit(bytes[11]);
}

bool is_interim_response(std::string_view bytes) {
  if (bytes.empty()) return false;
  while (!bytes.empty()) {
    if (!starts_with_status_line(bytes) || bytes[9] != '1' || bytes.substr(9, 3) == "101") return false;
    const std::size_t end = find_head_end(bytes, 0);
    if (end == std::string_view::npos) return true;
    bytes.remove_prefix(end);
  }
  return true;
}

bool starts_with_tls_hello(std::string_view bytes) {
  return bytes.size() >= 6 && bytes[0] == 0x16 && bytes[1] == 0x03 && bytes[5] == 0x01;
}

bool starts_with_tls_record(std::string_view bytes) {
  constexpr unsigned kLargest = (1U << 14) + 2048;  // of ciphertext in TLS 1.2 (RFC 5246 §6.2.3), the larger limit
  if (bytes.size() < 5 || bytes[0] < 0x14 || bytes[0] > 0x17 || bytes[1] != 0x03 ||
      static_cast<unsigned char>(bytes[2]) > 0x04) {
    return false;
  }
  const unsigned length = static_cast<unsigned char>(bytes[3]) << 8U | static_cast<unsigned char>(bytes[4]);
  return length > 0 && length <= kLargest;
}

bool starts_with_http2_preface(std::string_view bytes) {
  return bytes.substr(0, 14) == "PRI * HTTP/2.0";
}

bool starts_with_http2_settings(std::string_view bytes) {
  using namespace std::string_view_literals;
  return bytes.size() >= 9 && bytes[0] == 0 && bytes[1] == 0 && bytes[3] == 0x04 && (bytes[4] & ~1) == 0 &&
         bytes.substr(5, 4) == "\0\0\0\0"sv;
}

}  // namespace tracerec::http
