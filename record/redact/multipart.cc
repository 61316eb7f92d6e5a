#include "record/redact/multipart.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "record/redact/json.h"
#include "record/redact/pairs.h"

namespace tracerec::record {
namespace {

// Takes a quoted string, unescaped, or a token off the front.
std::string take_value(std::string_view& rest) {
  std::string out;
  if (!rest.starts_with('"')) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    out = trim(rest.substr(0, end));
    rest.remove_prefix(end);
    return out;
  }
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    const bool escape = rest[at] == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\');
    if (escape) ++at;
    out += rest[at];
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return out;
}

// A parameter of a header value; empty when it is not there, or what stands before it cannot be read.
std::string parameter(std::string_view value, std::string_view name) {
  for (std::string_view rest = value;;) {
    const std::size_t semicolon = rest.find(';');
    if (semicolon == std::string_view::npos) return {};
    rest.remove_prefix(semicolon + 1);
    const std::size_t equals = rest.find('=');
    if (equals == std::string_view::npos) return {};
    const std::string_view found = trim(rest.substr(0, equals));
    rest = rest.substr(equals + 1);
    while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
    std::string content = take_value(rest);
    if (equals_ignoring_case(found, name)) return content;
  }
}

// The value of a field in a part's head, which is short.
std::string_view field(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equals_ignoring_case(trim(line.substr(0, colon)), name)) {
      return trim(line.substr(colon + 1));
    }
  }
  return {};
}

bool is_json(std::string_view content_type) {
  const std::string type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
  return type.ends_with("/json") || type.ends_with("+json");
}

// Head, empty line, content.
bool redact_part(Bytes part, const RedactionRules& rules, Replacer& replacer) {
  const std::size_t crlf = view(part).find("\r\n\r\n");
  const std::size_t lf = view(part).find("\n\n");
  const std::size_t end = std::min(crlf, lf);
  if (end == std::string_view::npos) return false;
  const std::string_view head = view(part).substr(0, end);
  const Bytes content = part.subspan(end + (end == crlf ? 4 : 2));
  const std::string_view disposition = field(head, "Content-Disposition");
  const std::string name = parameter(disposition, "name");
  if (name.empty() || is_named(rules.form, name)) {
    if (!rules.form.empty()) replacer.plain(content);  // a name that cannot be read may be the one
    return true;
  }
  if (rules.json.empty() || !is_json(field(head, "Content-Type"))) return true;
  return redact_json(content, rules.json, replacer);
}

}  // namespace

std::string_view multipart_boundary(std::string_view content_type) {
  const std::string lower = to_lower(content_type);
  const std::size_t at = lower.find("boundary=");
  if (at == std::string::npos) return {};
  std::string_view value = content_type.substr(at + 9);
  if (!value.starts_with('"')) return trim(value.substr(0, value.find(';')));
  value.remove_prefix(1);
  return value.substr(0, value.find('"'));
}

bool redact_multipart(Bytes body, std::string_view boundary, const RedactionRules& rules, Replacer& replacer) {
  if (boundary.empty()) return false;
  const std::string delimiter = "--" + std::string(boundary);
  std::size_t at = view(body).find(delimiter);
  if (at == std::string_view::npos) return false;
  for (;;) {
    at += delimiter.size();
    if (view(body).substr(at, 2) == "--") return true;
    const std::size_t line_end = view(body).find('\n', at);
    const std::size_t next = view(body).find("\n" + delimiter, at);
    if (next == std::string_view::npos || line_end >= next) return false;
    Bytes part = body.subspan(line_end + 1, next - line_end - 1);
    if (!part.empty() && part.back() == '\r') part = part.first(part.size() - 1);
    if (!redact_part(part, rules, replacer)) return false;
    at = next + 1;
  }
}

}  // namespace tracerec::record
