#include "evaluate/curl.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/ascii.h"
#include "base/text.h"
#include "evaluate/shell_word.h"

// How this works. Everything that curl would make of its own is either what was sent or is suppressed ('Name:'). The
// target stands in the URL where curl takes it as it is, else in --request-target. A body that is not plain text comes
// from standard input, since an argument holds neither NUL nor more than 128 KiB (MAX_ARG_STRLEN of execve(2)).
// Tests: tests/evaluate/curl_test.cc (the text), tests/evaluate/curl_shell_test.cc (what arrives).

namespace tracerec::evaluate {
namespace {

constexpr std::size_t kMaxArgumentBytes = 100'000;

// What is in a URL, and curl sends as it is with --path-as-is and --globoff (RFC 3986 §2.2, §2.3; no fragment).
bool is_url_path(std::string_view target) {
  constexpr std::string_view kMarks = "-._~!$&'()*+,;=:@/?%";
  return target.starts_with('/') && std::all_of(target.begin(), target.end(), [&](char c) {
           return is_digit(c) || is_lower(c) || is_upper(c) || kMarks.find(c) != std::string_view::npos;
         });
}

bool has(const SentRequest& request, std::string_view name) {
  return request.head.headers.find(name) != nullptr;
}

// Curl sends these on its own, the last two for some bodies.
std::string suppressed_headers(const SentRequest& request, bool with_body) {
  std::string options;
  for (const char* name : {"Host", "User-Agent", "Accept"}) {
    if (!has(request, name)) options += " -H '" + std::string(name) + ":'";
  }
  if (!with_body) return options;
  for (const char* name : {"Content-Type", "Expect"}) {
    if (!has(request, name)) options += " -H '" + std::string(name) + ":'";
  }
  return options;
}

// "X-Api-Key" → "TRACEREC_X_API_KEY", of the second user of a list of logins "TRACEREC_X_API_KEY_USER_2"
std::string variable_of(const SetHeader& header) {
  std::string variable = "TRACEREC_";
  for (const char c : header.name) {
    if (is_lower(c)) {
      variable += static_cast<char>(c - 'a' + 'A');
    } else {
      variable += is_digit(c) || is_upper(c) ? c : '_';
    }
  }
  return header.user == 0 ? variable : variable + "_USER_" + std::to_string(header.user);
}

// nullptr: it has its recorded value.
const SetHeader* set_by_option(const SentRequest& request, std::string_view name) {
  const auto found = std::find_if(request.set_headers.begin(), request.set_headers.end(),
                                  [&](const SetHeader& one) { return equals_ignoring_case(one.name, name); });
  return found == request.set_headers.end() ? nullptr : &*found;
}

std::string header_option(const SentRequest& request, const http::Header& header) {
  if (const SetHeader* set = set_by_option(request, header.name)) {
    const std::string of = set->user == 0 ? "" : " for user " + std::to_string(set->user) + " of the login file";
    return " -H " + shell_quote(header.name + ": ") + "\"${" + variable_of(*set) +
           ":?set it to the value of the header" + of + "}\"";
  }
  return " -H " + shell_quote(header.name + (header.value.empty() ? ";" : ": " + header.value));
}

std::string header_options(const SentRequest& request, bool with_body) {
  std::string options;
  for (const http::Header& header : request.head.headers) {
    if (header.name == "Host" && header.value == request.authority && set_by_option(request, "Host") == nullptr)
      continue;
    options += header_option(request, header);
  }
  return options + suppressed_headers(request, with_body);
}

// HEAD has no body in its response, which only --head says; that does not go together with data.
std::string method_options(const SentRequest& request, bool with_body) {
  if (request.head.method == "HEAD") return with_body ? " -X HEAD --max-time 5" : " --head";
  const bool usual = request.head.method == (with_body ? "POST" : "GET");
  return usual ? " -i" : " -i -X " + shell_quote(request.head.method);
}

std::string connection_options(const SentRequest& request) {
  std::string options;
  if (request.head.minor_version == 0) {
    options += " --http1.0";
  } else if (request.tls) {
    options += " --http1.1";
  }
  if (request.unix_socket.starts_with('@')) {
    options += " --abstract-unix-socket " + shell_quote(request.unix_socket.substr(1));
  } else if (!request.unix_socket.empty()) {
    options += " --unix-socket " + shell_quote(request.unix_socket);
  }
  if (!request.tls) return options;
  if (request.insecure) options += " -k";
  if (!request.cacert.empty()) options += " --cacert " + shell_quote(request.cacert);
  if (!request.cert.empty()) options += " --cert " + shell_quote(request.cert);
  if (!request.key.empty()) options += " --key " + shell_quote(request.key);
  return options;
}

std::string url_options(const SentRequest& request) {
  const std::string server = (request.tls ? "https://" : "http://") + request.authority;
  const std::string& target = request.head.target;
  if (is_url_path(target)) return " --path-as-is --globoff " + shell_quote(server + target);
  return " --request-target " + shell_quote(target) + " --globoff " + shell_quote(server + "/");
}

// An argument that begins with @ would be the name of a file.
bool fits_an_argument(std::string_view payload) {
  return payload.size() <= kMaxArgumentBytes && !payload.starts_with('@') && is_plain_word(payload);
}

// curl reads a file for a header that begins with @, and takes the part after a NUL byte for another argument.
Result<void> check(const SentRequest& request) {
  for (const http::Header& header : request.head.headers) {
    if (header.name.starts_with('@') || header.name.empty()) return Error{"curl cannot send a header of that name"};
    const std::string_view value = header.value;
    if (value.find_first_of(std::string_view("\0\r\n", 3)) != std::string_view::npos)
      return Error{"curl cannot send the line end or NUL byte in its header " + printable(header.name, 60)};
  }
  if (request.head.target.find('\0') != std::string::npos) return Error{"curl cannot send a target with a NUL byte"};
  return {};
}

}  // namespace

Result<std::string> to_curl(const SentRequest& request) {
  if (auto checked = check(request); !checked) return checked.error();
  const bool with_body = !request.payload.empty() || request.chunked;
  const std::string command = "curl -sS" + method_options(request, with_body) + connection_options(request) +
                              url_options(request) + header_options(request, with_body);
  if (!with_body) return command;
  if (fits_an_argument(request.payload)) return command + " --data-binary " + shell_quote(request.payload);
  return printf_command(request.payload) + " | " + command + " --data-binary @-";
}

Result<std::string> to_curl(schema::Reader& reader, const schema::StoredExchange& exchange, const std::string& target) {
  schema::Run run;
  run.target = target;
  const auto request = target.empty() ? recorded_request(reader, exchange) : request_of_run(reader, exchange, run);
  if (!request) return request.error();
  return to_curl(*request);
}

Result<std::string> to_curl(schema::Reader& reader, const schema::StoredExchange& exchange, const schema::Run& run) {
  const auto request = request_of_run(reader, exchange, run);
  if (!request) return request.error();
  return to_curl(*request);
}

}  // namespace tracerec::evaluate
