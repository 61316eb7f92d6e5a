#include "gate/token_pairs.h"

#include <functional>
#include <string>

#include "diff/shape.h"
#include "http/request_traits.h"
#include "http/web_token.h"

namespace tracerec::gate {
namespace {

constexpr auto kRule = Counterparts::Rule::kNotShared;

// What must not be shared: the holder of a JSON Web Token, or the token.
std::string identity_of(std::string_view token) {
  if (diff::format_of(token) != diff::TextFormat::kJwt) return std::string(token);
  return "jwt " + http::holder_of(token);
}

}  // namespace

std::uint64_t token_scope(std::string_view method, std::string_view target, std::string_view name) {
  std::string scope(method);
  scope.append(" ").append(http::path_of(target)).append(" ").append(name);
  return std::hash<std::string>{}(scope) | 1;  // 0 is no scope
}

bool learn_token(Counterparts& counterparts, std::string_view recorded, std::string_view replayed,
                 std::uint64_t scope) {
  return counterparts.learn(identity_of(recorded), identity_of(replayed), kRule, scope);
}

bool agrees_token(const Counterparts& counterparts, std::string_view recorded, std::string_view replayed,
                  std::uint64_t scope) {
  return counterparts.agrees(identity_of(recorded), identity_of(replayed), kRule, scope);
}

}  // namespace tracerec::gate
