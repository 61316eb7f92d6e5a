#include "gate/made_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/text.h"
#include "gate/generated_values.h"

namespace tracerec::gate {
namespace {

using nlohmann::json;

constexpr std::size_t kMostTokenBytes = 16384;  // servers refuse longer headers

// Lower case, without what separates words.
std::string plain_name(std::string_view name) {
  std::string plain = to_lower(name);
  std::erase_if(plain, [](char c) { return c == '_' || c == '-' || c == '.'; });
  return plain;
}

std::optional<json> object_in(std::string_view part) {
  const auto text = decode_base64(part);
  if (!text) return std::nullopt;
  json object = json::parse(*text, nullptr, false);
  return object.is_object() ? std::optional(std::move(object)) : std::nullopt;
}

// The claims of a JWT; nothing when they cannot be read, as in a pseudonym.
std::optional<json> claims_in(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = text.find('.', first + 1);
  return object_in(text.substr(first + 1, second - first - 1));
}

bool is_time_claim(const std::string& name) {
  return name == "iat" || name == "nbf" || name == "exp" || name == "auth_time";
}

bool is_id_claim(const std::string& name) {
  constexpr std::array kNames = {"jti", "sid", "sub", "nonce", "at_hash", "c_hash", "s_hash", "uti", "rh"};
  return names_an_id(name) || std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// How far apart the times of a token are: its terms.
bool have_equal_terms(const json& recorded, const json& replayed) {
  constexpr double kMargin = 5;  // seconds
  std::optional<double> before, after;
  for (const char* name : {"iat", "nbf", "exp", "auth_time"}) {
    const auto a = recorded.find(name), b = replayed.find(name);
    if (a == recorded.end() || b == replayed.end()) continue;
    if (!a->is_number() || !b->is_number()) return false;
    if (before && std::abs((a->get<double>() - *before) - (b->get<double>() - *after)) > kMargin) return false;
    if (!before) {
      before = a->get<double>();
      after = b->get<double>();
    }
  }
  return true;
}

bool is_claim_alike(const std::string& name, const json& recorded, const json& replayed) {
  if (recorded == replayed || is_time_claim(name)) return true;
  if (!is_id_claim(name) || recorded.type() != replayed.type()) return false;
  return recorded.is_number() || (recorded.is_string() && diff::is_alike(recorded.get_ref<const std::string&>(),
                                                                         replayed.get_ref<const std::string&>()));
}

bool are_claims_alike(const json& recorded, const json& replayed) {
  if (recorded.size() != replayed.size() || !have_equal_terms(recorded, replayed)) return false;
  return std::all_of(recorded.items().begin(), recorded.items().end(), [&](const auto& claim) {
    const auto other = replayed.find(claim.key());
    return other != replayed.end() && is_claim_alike(claim.key(), claim.value(), *other);
  });
}

// Keys may be rotated: the name of one ("kid") is an id.
bool is_member_alike(const std::string& name, const json& recorded, const json& replayed) {
  if (recorded == replayed) return true;
  return name == "kid" && recorded.is_string() && replayed.is_string() &&
         diff::is_alike(recorded.get_ref<const std::string&>(), replayed.get_ref<const std::string&>());
}

bool have_one_header(const json& recorded, const json& replayed) {
  if (recorded.size() != replayed.size()) return false;
  return std::all_of(recorded.items().begin(), recorded.items().end(), [&](const auto& member) {
    const auto other = replayed.find(member.key());
    return other != replayed.end() && is_member_alike(member.key(), member.value(), *other);
  });
}

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    parts.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  parts.push_back(text);
  return parts;
}

// What a pseudonym keeps of a token: its header, which parts are there, and about how long they are. The length of a
// signature follows from the algorithm (RFC 7518 §3.1), that of claims from what they say.
bool is_built_alike(std::string_view recorded, std::string_view replayed) {
  const auto before = parts_of(recorded), after = parts_of(replayed);
  if (before.size() != 3 || after.size() != 3 || before[2].size() != after[2].size()) return false;
  const std::size_t a = before[1].size(), b = after[1].size();
  if (std::max(a, b) > 2 * std::min(a, b)) return false;
  const auto old_header = object_in(before[0]), new_header = object_in(after[0]);
  if (!old_header || !new_header) return !old_header;
  return have_one_header(*old_header, *new_header);
}

}  // namespace

bool names_a_token(std::string_view name) {
  const std::string plain = plain_name(name);
  for (const std::string_view part :
       {"token", "csrf", "xsrf", "nonce", "session", "cursor", "ticket", "challenge", "continuation", "apikey"}) {
    if (plain.find(part) != std::string::npos) return true;
  }
  constexpr std::array<std::string_view, 10> kNames = {"sid",       "jwt",  "etag",     "otp",   "sig",
                                                       "signature", "next", "previous", "after", "before"};
  return std::find(kNames.begin(), kNames.end(), plain) != kNames.end();
}

bool names_a_message(std::string_view name) {
  const std::string plain = plain_name(name);
  for (const std::string_view thing : {"request", "trace", "span", "correlation", "error", "invocation"}) {
    if (plain.ends_with(std::string(thing) + "id") || plain.ends_with(std::string(thing) + "uuid")) return true;
  }
  return plain == "traceparent" || plain == "xtransaction";
}

bool is_made_by_programs(std::string_view text) {
  if (diff::format_of(text) == diff::TextFormat::kJwt) return true;
  const auto spans = generated_spans(text.substr(0, std::min<std::size_t>(text.size(), 64)));
  return spans.size() == 1 && spans[0].kind == GeneratedSpan::Kind::kId && spans[0].begin == 0 &&
         spans[0].end == text.size();
}

bool may_stand_for(std::string_view recorded, std::string_view replayed) {
  if (!diff::is_alike(recorded, replayed)) return false;
  if (diff::format_of(recorded) != diff::TextFormat::kJwt) return true;
  if (recorded.size() > kMostTokenBytes || !is_built_alike(recorded, replayed)) return false;
  const auto before = claims_in(recorded), after = claims_in(replayed);
  if (!before || !after) return !before;
  return are_claims_alike(*before, *after);
}

}  // namespace tracerec::gate
