#include "gate/counterparts.h"

#include <functional>

namespace tracerec::gate {
namespace {

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  return (a ^ (a >> 29)) * 0x9E3779B97F4A7C15 ^ b;
}

std::uint64_t hash_of(std::string_view text, std::uint64_t scope = 0) {
  const std::uint64_t hash = std::hash<std::string_view>{}(text);
  return scope == 0 ? hash : mixed(scope, hash);
}

std::uint64_t pair_hash(std::string_view recorded, std::string_view replayed) {
  return mixed(hash_of(recorded), hash_of(replayed));
}

}  // namespace

bool Counterparts::agrees(std::string_view recorded, std::string_view replayed, Rule rule, std::uint64_t scope) const {
  if (rule == Rule::kAny || knows(recorded, replayed)) return true;
  if (replayed_.contains(hash_of(replayed, scope))) return false;
  return rule == Rule::kNotShared || !recorded_.contains(hash_of(recorded, scope));
}

bool Counterparts::learn(std::string_view recorded, std::string_view replayed, Rule rule, std::uint64_t scope) {
  if (!agrees(recorded, replayed, rule, scope)) return false;
  const bool is_known = knows(recorded, replayed);
  if (is_known && scope == 0) return true;
  if (!is_known && pairs_.size() >= kMaxPairs) return false;
  pairs_.insert(pair_hash(recorded, replayed));
  if (is_full()) return true;
  recorded_.insert(hash_of(recorded));
  if (rule == Rule::kAny) return true;
  if (scope != 0) recorded_.insert(hash_of(recorded, scope));
  replayed_.insert(hash_of(replayed, scope));
  return true;
}

void Counterparts::learn_same(std::string_view value, std::uint64_t scope) {
  if (is_full()) return;
  const bool is_taken = replayed_.contains(hash_of(value, scope)) && !recorded_.contains(hash_of(value, scope));
  if (is_taken && scope == 0) contested_.insert(hash_of(value));
  recorded_.insert(hash_of(value, scope));
  replayed_.insert(hash_of(value, scope));
}

bool Counterparts::knows(std::string_view recorded, std::string_view replayed) const {
  return pairs_.contains(pair_hash(recorded, replayed)) &&
         (contested_.empty() || !contested_.contains(hash_of(replayed)));
}

bool Counterparts::has(std::string_view recorded) const {
  return is_full() || recorded_.contains(hash_of(recorded));
}

}  // namespace tracerec::gate
