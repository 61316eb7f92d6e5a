#include "body/media_type.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"

namespace tracerec::body {
namespace {

std::string take_quoted(std::string_view& rest) {
  std::string out;
  std::size_t at = 1;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    const bool escape = rest[at] == '\\' && at + 1 < rest.size() && (rest[at + 1] == '"' || rest[at + 1] == '\\');
    if (escape) ++at;
    out += rest[at];
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return out;
}

// Takes a quoted string or a token off the front.
std::string take_value(std::string_view& rest) {
  if (rest.starts_with('"')) return take_quoted(rest);
  const std::size_t end = std::min(rest.find(';'), rest.size());
  std::string out(trim(rest.substr(0, end)));
  rest.remove_prefix(end);
  return out;
}

// The next `name=value` after a semicolon, taken off `rest`.
std::optional<std::pair<std::string_view, std::string>> take_parameter(std::string_view& rest) {
  for (;;) {
    const std::size_t semicolon = rest.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(semicolon + 1);
    const std::size_t equals = std::min(rest.find('='), rest.size());
    if (rest.find(';') < equals) continue;  // a word without a value
    if (equals == rest.size()) return std::nullopt;
    const std::string_view name = trim(rest.substr(0, equals));
    rest = rest.substr(equals + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    return std::pair(name, take_value(rest));
  }
}

}  // namespace

MediaType parse_media_type(std::string_view content_type) {
  return {type_of(content_type), to_lower(header_parameter(content_type, "charset")),
          header_parameter(content_type, "boundary")};
}

std::string type_of(std::string_view content_type) {
  return to_lower(trim(content_type.substr(0, content_type.find(';'))));
}

std::string header_parameter(std::string_view value, std::string_view name) {
  std::string_view rest = value;
  while (const auto parameter = take_parameter(rest)) {
    if (equals_ignoring_case(parameter->first, name)) return parameter->second;
  }
  return {};
}

std::vector<std::string> header_parameters(std::string_view value, std::string_view name) {
  std::vector<std::string> all;
  std::string_view rest = value;
  while (auto parameter = take_parameter(rest)) {
    if (equals_ignoring_case(parameter->first, name)) all.push_back(std::move(parameter->second));
  }
  return all;
}

bool is_json_type(std::string_view type) {
  return (type.ends_with("/json") || type.ends_with("+json")) && type != "application/stream+json";
}

bool is_xml_type(std::string_view type) {
  return type == "application/xml" || type == "text/xml" || type.ends_with("+xml");
}

}  // namespace tracerec::body
