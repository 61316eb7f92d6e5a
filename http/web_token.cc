#include "http/web_token.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/base64.h"

namespace tracerec::http {
namespace {

using nlohmann::json;

bool is_of_one_token(std::string_view name) {
  constexpr std::array<std::string_view, 13> kNames = {"iat",   "nbf",     "exp",    "auth_time", "jti", "sid", "uti",
                                                       "nonce", "at_hash", "c_hash", "s_hash",    "rh",  "aio"};
  return name.ends_with("_at") || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// Nothing for what is nested so deep that to write it would need much stack.
std::optional<json> object_in(const std::string& text) {
  constexpr int kDeepest = 16;
  bool is_too_deep = false;
  const auto keep = [&](int depth, json::parse_event_t, const json&) {
    is_too_deep = is_too_deep || depth > kDeepest;
    return !is_too_deep;
  };
  json object = json::parse(text, keep, false);
  return object.is_object() && !is_too_deep ? std::optional(std::move(object)) : std::nullopt;
}

}  // namespace

std::string_view claims_part(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  return token.substr(first + 1, second - first - 1);
}

std::optional<std::string> lasting_claims(std::string_view token) {
  const std::string_view part = claims_part(token);
  if (part.empty() || part.size() > kLongestClaims) return std::nullopt;
  const auto text = decode_base64(part);
  const auto claims = text ? object_in(*text) : std::nullopt;
  if (!claims) return std::nullopt;
  json lasting = json::object();
  for (const auto& [name, value] : claims->items()) {
    if (!is_of_one_token(name)) lasting[name] = value;
  }
  return lasting.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string holder_of(std::string_view token) {
  return lasting_claims(token).value_or(std::string(claims_part(token).substr(0, kHolderChars)));
}

}  // namespace tracerec::http
