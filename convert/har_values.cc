#include "convert/har_values.h"

#include "base/percent.h"
#include "base/text.h"

// Tests: tests/convert/har_entry_test.cc.

namespace tracerec::convert {
namespace {

constexpr double kMostMs = 366.0 * 24 * 3600 * 1000;

void add_lines(http::HeaderList& headers, const std::string& name, std::string_view value) {
  while (true) {
    const std::size_t end = value.find('\n');
    headers.add(name, trim(value.substr(0, end)));
    if (end == std::string_view::npos) return;
    value.remove_prefix(end + 1);
  }
}

std::string_view port_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return {};
  return authority.substr(colon + 1);
}

std::string port_of(const Url& url) {
  const std::string_view port = port_of(url.authority);
  return !port.empty() ? std::string(port) : url.scheme == "https" || url.scheme == "wss" ? "443" : "80";
}

}  // namespace

const nlohmann::json& member(const nlohmann::json& object, const char* name) {
  static const nlohmann::json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

const std::string& text_of(const nlohmann::json& object, const char* name) {
  static const std::string kNone;
  const nlohmann::json& value = member(object, name);
  return value.is_string() ? value.get_ref<const std::string&>() : kNone;
}

std::optional<std::uint64_t> count_of(const nlohmann::json& object, const char* name) {
  const nlohmann::json& value = member(object, name);
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_number_integer() && value.get<std::int64_t>() >= 0) return value.get<std::uint64_t>();
  constexpr double kMost = 1e15;
  if (!value.is_number_float() || !(value.get<double>() >= 0) || value.get<double>() > kMost) return std::nullopt;
  return static_cast<std::uint64_t>(value.get<double>());
}

std::optional<std::int64_t> duration_of(const nlohmann::json& object, const char* name) {
  const nlohmann::json& value = member(object, name);
  if (!value.is_number() || !(value.get<double>() >= 0) || value.get<double>() > kMostMs) return std::nullopt;
  return static_cast<std::int64_t>(value.get<double>() * 1e6);
}

http::HeaderList headers_of(const nlohmann::json& message) {
  http::HeaderList headers;
  for (const nlohmann::json& header : member(message, "headers")) {
    if (!text_of(header, "name").empty()) add_lines(headers, text_of(header, "name"), text_of(header, "value"));
  }
  return headers;
}

std::optional<Url> parse_url(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos) return std::nullopt;
  Url url{to_lower(text.substr(0, colon)), {}, {}};
  text.remove_prefix(colon + 1);
  if (!text.starts_with("//")) return url;
  text.remove_prefix(2);
  text = text.substr(0, text.find('#'));
  const std::size_t end = text.find_first_of("/?");
  url.authority = text.substr(0, end);
  url.authority.erase(0, url.authority.rfind('@') + 1);  // npos + 1 is 0
  const std::string_view rest = end == std::string_view::npos ? std::string_view() : text.substr(end);
  if (!rest.starts_with('/')) url.target = "/";
  constexpr std::string_view kOfUrls = "!$&'()*+,;=:@/?%[]\"<>\\^`{|}#";  // printable: they stay as they are
  append_percent_encoded(url.target, rest, Plus::kIsPlus, kOfUrls);
  return url;
}

std::string with_port(const Url& url) {
  return port_of(std::string_view(url.authority)).empty() ? url.authority + ":" + port_of(url) : url.authority;
}

std::string address_with_port(std::string_view address, const Url& url) {
  const bool is_bare_v6 = address.find(':') != std::string_view::npos && !address.starts_with('[');
  return (is_bare_v6 ? "[" + std::string(address) + "]" : std::string(address)) + ":" + port_of(url);
}

std::optional<int> minor_version(std::string_view version) {
  const std::string lower = to_lower(version);
  if (lower == "http/1.1") return 1;
  if (lower == "http/1.0") return 0;
  return std::nullopt;
}

}  // namespace tracerec::convert
