#include "gate/made_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

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

// Header and claims; nothing when they cannot be read, as in a pseudonym.
struct Token {
  json header, claims;
};

std::optional<Token> token_in(std::string_view text) {
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second == std::string_view::npos || text.size() > kMostTokenBytes) return std::nullopt;
  auto header = object_in(text.substr(0, first));
  auto claims = object_in(text.substr(first + 1, second - first - 1));
  if (!header || !claims) return std::nullopt;
  return Token{std::move(*header), std::move(*claims)};
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

bool have_one_algorithm(const json& recorded, const json& replayed) {
  return recorded.value("alg", json()) == replayed.value("alg", json());
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
  const auto before = token_in(recorded), after = token_in(replayed);
  if (!before || !after) return !before;
  return have_one_algorithm(before->header, after->header) && are_claims_alike(before->claims, after->claims);
}

}  // namespace tracerec::gate
