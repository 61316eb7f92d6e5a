#include "replay/rewrite.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/normalize.h"

// How this works. The head is cut into lines that keep their line ends; a field with its folded continuations
// (RFC 9112 §5.2) is one piece. Pieces are copied, or copied with another value, or left out.
// Tests: tests/replay/rewrite_test.cc.

namespace tracerec::replay {
namespace {

bool is_token(std::string_view name) {
  constexpr std::string_view kSymbols = "!#$%&'*+-.^_`|~";  // RFC 9110 §5.6.2
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSymbols.find(c) != std::string_view::npos;
  });
}

// Takes one line with its line end off the front.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end == std::string_view::npos ? text.size() : end + 1);
  text.remove_prefix(line.size());
  return line;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Takes one field, continuations included.
std::string_view take_field(std::string_view& text) {
  std::size_t size = 0;
  do {
    const std::size_t end = text.find('\n', size);
    size = end == std::string_view::npos ? text.size() : end + 1;
  } while (size < text.size() && is_blank(text[size]));
  const std::string_view field = text.substr(0, size);
  text.remove_prefix(size);
  return field;
}

// Where the name ends: at the colon, in a line without one at its end (http/normalize.h).
std::size_t name_end(std::string_view field) {
  const std::size_t end = std::min(field.find_first_of(":\n"), field.size());
  return end > 0 && end < field.size() && field[end] == '\n' && field[end - 1] == '\r' ? end - 1 : end;
}

bool has_colon(std::string_view field) {
  const std::size_t end = name_end(field);
  return end < field.size() && field[end] == ':';
}

// Most fields are distinguished by the location of their colon.
bool is_named(std::string_view field, std::string_view name) {
  constexpr std::string_view kAfterName = ": \t\r\n";
  if (field.size() <= name.size() || kAfterName.find(field[name.size()]) == std::string_view::npos) return false;
  return http::is_read_as(trim(field.substr(0, name_end(field))), name);
}

// What follows the name.
std::string_view value_of(std::string_view field) {
  return without_line_end(field.substr(name_end(field) + (has_colon(field) ? 1 : 0)));
}

// The field with another value: name, colon, the white space after it and the line end stay.
void append_with_value(std::string& out, std::string_view field, std::string_view value) {
  const std::string_view content = without_line_end(field);
  if (!has_colon(field)) {
    out.append(trim(field.substr(0, name_end(field)))).append(": ").append(value);
    out += field.substr(content.size());
    return;
  }
  std::size_t start = name_end(field) + 1;
  while (start < content.size() && is_blank(content[start])) ++start;
  out += field.substr(0, start);
  out += value;
  out += field.substr(content.size());
}

void append_path(std::string& out, std::string_view path, const Rewrite& rewrite) {
  for (const PathRewrite& one : rewrite.paths) {
    if (!path.starts_with(one.from)) continue;
    out += one.to;
    out += path.substr(one.from.size());
    return;
  }
  out += path;
}

// "GET http://old/path HTTP/1.1" with the new scheme, authority and path.
void append_start_line(std::string& out, std::string_view line, const Rewrite& rewrite) {
  const std::size_t space = line.find(' ');
  const std::string_view target = space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  const bool absolute =
      equals_ignoring_case(target.substr(0, 7), "http://") || equals_ignoring_case(target.substr(0, 8), "https://");
  out += line.substr(0, line.size() - target.size());
  if (!absolute) return append_path(out, target, rewrite);
  const std::size_t authority = target.find("//") + 2;
  const std::size_t path = target.find_first_of("/?# \r\n", authority);
  if (rewrite.keep_host) {  // equal to Host (RFC 9112 §3.2.2)
    out += target.substr(0, path);
  } else {
    out += rewrite.scheme + "://" + rewrite.authority;
  }
  if (path != std::string_view::npos) append_path(out, target.substr(path), rewrite);
}

bool is_named_by(const std::vector<std::string>& list, std::string_view field) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& name) { return is_named(field, name); });
}

// Index into the list, or its size.
std::size_t find_set(const std::vector<http::Header>& list, std::string_view field) {
  const auto same = [&](const http::Header& header) { return is_named(field, header.name); };
  return static_cast<std::size_t>(std::find_if(list.begin(), list.end(), same) - list.begin());
}

// The value of the first field of that name, without its folds; empty: there is none, or it is folded.
std::string_view find_value(std::string_view fields, std::string_view name) {
  while (!fields.empty() && !without_line_end(fields.substr(0, fields.find('\n') + 1)).empty()) {
    const std::string_view field = take_field(fields);
    if (!is_named(field, name)) continue;
    const std::string_view value = trim(value_of(field));
    return value.find('\n') == std::string_view::npos ? value : std::string_view{};
  }
  return {};
}

// "https://host:443/path" → where "host:443" stands; empty: not an absolute URL of HTTP.
std::string_view authority_in(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(url.substr(0, scheme.size()), scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    return rest.substr(0, rest.find_first_of("/?#"));
  }
  return {};
}

// Without a port that some scheme has by itself: a proxy in front may have ended TLS.
std::string_view without_usual_port(std::string_view authority) {
  for (const std::string_view port : {":80", ":443"}) {
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
  }
  return authority;
}

bool is_same_host(std::string_view authority, std::string_view host) {
  return !host.empty() && equals_ignoring_case(without_usual_port(authority), without_usual_port(host));
}

// A URL of the recorded host in Origin or Referer (RFC 6454 §7, RFC 9110 §10.1.3) becomes one of the target.
void append_own_url(std::string& out, std::string_view field, const Rewrite& rewrite, std::string_view recorded_host) {
  const std::string_view url = trim(value_of(field));
  const std::string_view authority = authority_in(url);
  if (authority.empty() || !is_same_host(authority, recorded_host)) {
    out += field;
    return;
  }
  const auto end = static_cast<std::size_t>(authority.data() + authority.size() - url.data());
  append_with_value(out, field, rewrite.scheme + "://" + rewrite.sent_host() + std::string(url.substr(end)));
}

// The headers that are set in one request, and which of them are there already.
struct Set {
  const std::vector<http::Header>& headers;
  std::vector<bool> done = std::vector<bool>(headers.size());
};

void append_field(std::string& out, std::string_view field, const Rewrite& rewrite, std::string_view recorded_host,
                  Set& to_set) {
  std::vector<bool>& done = to_set.done;
  const std::size_t set = find_set(to_set.headers, field);
  if (set < done.size()) {
    if (!done[set]) append_with_value(out, field, to_set.headers[set].value);
    done[set] = true;
  } else if (is_named_by(rewrite.remove_headers, field)) {
    return;
  } else if (rewrite.keep_host) {
    out += field;
  } else if (is_named(field, "host")) {
    append_with_value(out, field, rewrite.authority);
  } else if (is_named(field, "origin") || is_named(field, "referer")) {
    append_own_url(out, field, rewrite, recorded_host);
  } else {
    out += field;
  }
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (equals_ignoring_case(trim(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

bool has_header(const std::vector<http::Header>& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [&](const http::Header& one) { return equals_ignoring_case(one.name, name); });
}

// Those of the request's user, then those of all.
std::vector<http::Header> headers_for(std::string_view head, const Rewrite& rewrite) {
  std::vector<http::Header> own;
  for (const Identity& identity : rewrite.identities) {
    if (!has_header(own, identity.set.name) && is_of(head, identity.key)) own.push_back(identity.set);
  }
  std::vector<http::Header> headers = own;
  for (const http::Header& header : rewrite.set_headers) {
    if (!has_header(own, header.name)) headers.push_back(header);
  }
  return headers;
}

std::string rewrite_with(std::string_view head, const Rewrite& rewrite, const std::vector<http::Header>& headers) {
  std::string out;
  out.reserve(head.size() + 128);
  Set set{headers};
  // Empty lines before a request line are allowed (RFC 9112 §2.2) and were recorded.
  std::string_view start_line = take_line(head);
  while (without_line_end(start_line).empty() && !head.empty()) {
    out += start_line;
    start_line = take_line(head);
  }
  append_start_line(out, start_line, rewrite);
  const std::string_view line_end = start_line.substr(without_line_end(start_line).size());
  const std::string_view recorded_host = find_value(head, "host");
  while (!head.empty() && !without_line_end(head.substr(0, head.find('\n') + 1)).empty()) {
    append_field(out, take_field(head), rewrite, recorded_host, set);
  }
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (!set.done[i]) out.append(headers[i].name).append(": ").append(headers[i].value).append(line_end);
  }
  out += head;  // the empty line
  return out;
}

}  // namespace

Result<std::string> parse_header_name(std::string_view text) {
  const std::string_view name = trim(text);
  if (!is_token(name)) return Error{"'" + printable(text) + "' is not a valid header name"};
  return std::string(name);
}

bool is_field_value(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

Result<http::Header> parse_header_option(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Error{"'" + printable(text) + "': a header is written 'Name: value'"};
  const Result<std::string> name = parse_header_name(text.substr(0, colon));
  if (!name) return name.error();
  const std::string_view value = trim(text.substr(colon + 1));
  if (!is_field_value(value))
    return Error{"'" + printable(text) + "': a header value has no control bytes or line ends"};
  return http::Header{*name, std::string(value)};
}

Rewrite make_rewrite(const Target& target, std::vector<http::Header> set_headers,
                     std::vector<std::string> remove_headers, std::vector<PathRewrite> paths) {
  return {target.tls ? "https" : "http", target.authority(), std::move(set_headers), std::move(remove_headers),
          std::move(paths)};
}

const std::string& Rewrite::sent_host() const {
  const auto set = std::find_if(set_headers.begin(), set_headers.end(),
                                [](const http::Header& one) { return equals_ignoring_case(one.name, "host"); });
  return set == set_headers.end() ? authority : set->value;
}

Result<PathRewrite> parse_path_rewrite(std::string_view text) {
  const std::size_t equals = text.find('=');
  const bool two =
      equals != std::string_view::npos && text.starts_with('/') && text.substr(equals + 1).starts_with('/');
  // A space or control byte would end the target, or the line (RFC 9112 §3).
  const bool clean = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; });
  // Of a query nobody could say what is a secret in it, and the options are kept with the run.
  if (text.find_first_of("?#") != std::string_view::npos)
    return Error{"a path rewrite has no query: use paths only, without ? and #"};
  if (!two || !clean) return Error{"'" + printable(text, 80) + "' is not a valid path rewrite: write /old=/new"};
  return PathRewrite{std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

std::string rewrite_head(std::string_view head, const Rewrite& rewrite) {
  if (rewrite.identities.empty()) return rewrite_with(head, rewrite, rewrite.set_headers);
  return rewrite_with(head, rewrite, headers_for(head, rewrite));
}

Handling handling_of(std::string_view head) {
  std::string_view start_line = take_line(head);
  while (without_line_end(start_line).empty() && !head.empty()) start_line = take_line(head);
  Handling handling{!without_line_end(start_line).ends_with("HTTP/1.0"), false};
  bool closes = false;
  while (!head.empty()) {
    const std::string_view field = take_field(head);
    if (is_named(field, "connection")) {
      closes = closes || has_token(value_of(field), "close");
      if (has_token(value_of(field), "keep-alive")) handling.keeps_alive = true;
    } else if (is_named(field, "expect")) {
      handling.expects_continue = equals_ignoring_case(trim(value_of(field)), "100-continue");
    }
  }
  if (closes) handling.keeps_alive = false;
  return handling;
}

bool is_framing(std::string_view header) {
  constexpr std::array<std::string_view, 3> kNames = {"Content-Length", "Transfer-Encoding", "Connection"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view name) { return equals_ignoring_case(name, header); });
}

bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 6> kMethods = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

}  // namespace tracerec::replay
