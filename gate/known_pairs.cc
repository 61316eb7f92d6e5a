#include "gate/known_pairs.h"

#include <functional>
#include <string>
#include <vector>

#include "base/text.h"
#include "diff/headers.h"
#include "gate/made_values.h"
#include "gate/token_pairs.h"
#include "http/secret_names.h"

namespace tracerec::gate {
namespace {

std::uint64_t times_hash(std::string_view recorded, std::string_view replayed) {
  const std::uint64_t a = std::hash<std::string_view>{}(recorded);
  return (a ^ (a >> 29)) * 0x9E3779B97F4A7C15 ^ std::hash<std::string_view>{}(replayed);
}

bool is_made_by_write(const diff::Pair& pair) {
  const bool writes = pair.method == "POST" || pair.method == "PUT" || pair.method == "PATCH";
  const bool succeeded = pair.recorded.status / 100 == 2 || pair.recorded.status / 100 == 3;
  return writes && succeeded && pair.recorded.status == pair.replayed.status;
}

// What the request had, the response repeats.
bool is_echo(const diff::Pair& pair, std::string_view recorded) {
  return pair.request.find(recorded) != std::string::npos || pair.target.find(recorded) != std::string::npos;
}

// The text between the spans is equal.
bool differ_in_spans_only(std::string_view recorded, const std::vector<GeneratedSpan>& before,
                          std::string_view replayed, const std::vector<GeneratedSpan>& after) {
  if (before.empty() || before.size() != after.size()) return false;
  std::size_t a = 0, b = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i].kind != after[i].kind) return false;
    if (recorded.substr(a, before[i].begin - a) != replayed.substr(b, after[i].begin - b)) return false;
    a = before[i].end;
    b = after[i].end;
  }
  return recorded.substr(a) == replayed.substr(b);
}

std::string_view text_of(std::string_view text, const GeneratedSpan& span) {
  return text.substr(span.begin, span.end - span.begin);
}

std::string_view name_in(std::string_view location) {
  const bool in_header = location.starts_with(diff::kHeaderPrefix);
  return in_header ? location.substr(diff::kHeaderPrefix.size()) : member_of(location);
}

// Of tokens: 0 where both sides have pseudonyms, or none has.
std::uint64_t scope_of(const diff::Pair& pair, std::string_view location) {
  const bool mixed = pair.recorded_is_redacted && !pair.both_are_redacted;
  return mixed ? token_scope(pair.method, pair.target, name_in(location)) : 0;
}

}  // namespace

std::string_view member_of(std::string_view location) {
  while (location.ends_with(']')) {
    const std::size_t open = location.rfind('[');
    if (open == std::string_view::npos) break;
    const std::string_view inside = location.substr(open + 1, location.size() - open - 2);
    if (inside.size() > 2 && inside.front() == '\'') return inside.substr(1, inside.size() - 2);
    location = location.substr(0, open);
  }
  const std::size_t dot = location.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : location.substr(dot + 1);
}

bool names_a_redacted_field(std::string_view location) {
  if (!location.starts_with(diff::kHeaderPrefix)) return http::is_secret_member(member_of(location));
  return http::is_secret_header(location.substr(diff::kHeaderPrefix.size()));
}

KnownPairs::Made KnownPairs::made_in(const diff::Pair& pair, std::string_view location) {
  const bool in_header = location.starts_with(diff::kHeaderPrefix);
  const std::string_view name = name_in(location);
  if (names_a_message(name)) return {true, true};
  if (!is_made_by_write(pair)) return {};
  if (in_header)
    return {equals_ignoring_case(name, "Location") || equals_ignoring_case(name, "Content-Location"), false};
  return {names_an_id(name), names_a_token(name)};
}

bool KnownPairs::is_explained(const GeneratedSpan& recorded, std::string_view recorded_text,
                              const GeneratedSpan& replayed, std::string_view replayed_text, const diff::Pair& pair,
                              bool makes_ids) const {
  if (recorded_text == replayed_text || times_.contains(times_hash(recorded_text, replayed_text))) return true;
  if (recorded.kind == GeneratedSpan::Kind::kId) {
    if (counterparts_.knows(recorded_text, replayed_text)) return true;
    return makes_ids && recorded_text.size() == replayed_text.size() && !is_echo(pair, recorded_text) &&
           counterparts_.agrees(recorded_text, replayed_text);
  }
  return is_written_alike(recorded_text, replayed_text) &&
         follow_their_responses(recorded, replayed, {pair.recorded.at_unix_ns, pair.replayed.at_unix_ns});
}

void KnownPairs::remember(const GeneratedSpan& span, std::string_view recorded, std::string_view replayed) {
  if (recorded == replayed) return;
  if (span.kind == GeneratedSpan::Kind::kId) {
    counterparts_.learn(recorded, replayed);
  } else if (times_.size() < kMaxTimes) {
    times_.insert(times_hash(recorded, replayed));
  }
}

bool KnownPairs::explain(const diff::Pair& pair, const diff::Difference& difference) {
  const std::string_view recorded = difference.recorded.text, replayed = difference.replayed.text;
  if (difference.recorded.type != difference.replayed.type) return false;
  if (recorded.size() > kMaxTextBytes || replayed.size() > kMaxTextBytes) return false;
  const Made made = made_in(pair, difference.location);
  if (made.tokens && difference.recorded.type == body::ValueType::kString && explain_token(pair, difference))
    return true;
  return explain_spans(pair, recorded, replayed, made.ids);
}

bool KnownPairs::keeps_tokens_apart(const diff::Pair& pair, const diff::Difference& difference) {
  constexpr std::size_t kShortest = 16;  // shorter secrets may have one pseudonym by chance
  const std::string_view recorded = difference.recorded.text, replayed = difference.replayed.text;
  const bool compared = recorded.size() >= kShortest && made_in(pair, difference.location).tokens;
  if (!compared || is_echo(pair, recorded)) return true;
  return learn_token(counterparts_, recorded, replayed, scope_of(pair, difference.location));
}

bool KnownPairs::contradicts(const diff::Pair& pair, const diff::Difference& difference) const {
  const std::string_view recorded = difference.recorded.text, replayed = difference.replayed.text;
  if (!is_made_by_write(pair)) return false;
  if (diff::format_of(recorded) == diff::TextFormat::kJwt && made_in(pair, difference.location).tokens)
    return !agrees_token(counterparts_, recorded, replayed, scope_of(pair, difference.location));
  return names_an_id(member_of(difference.location)) && is_made_by_programs(recorded) &&
         is_made_by_programs(replayed) && !counterparts_.agrees(recorded, replayed);
}

bool KnownPairs::explain_token(const diff::Pair& pair, const diff::Difference& difference) {
  constexpr std::size_t kShortest = 6;
  const std::string_view recorded = difference.recorded.text, replayed = difference.replayed.text;
  if (recorded.size() < kShortest || is_echo(pair, recorded) || !may_stand_for(recorded, replayed)) return false;
  return learn_token(counterparts_, recorded, replayed, scope_of(pair, difference.location));
}

bool KnownPairs::explain_spans(const diff::Pair& pair, std::string_view recorded, std::string_view replayed,
                               bool makes_ids) {
  const std::vector<GeneratedSpan> before = generated_spans(recorded);
  if (before.empty()) return false;
  const std::vector<GeneratedSpan> after = generated_spans(replayed);
  if (!differ_in_spans_only(recorded, before, replayed, after)) return false;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (!is_explained(before[i], text_of(recorded, before[i]), after[i], text_of(replayed, after[i]), pair, makes_ids))
      return false;
  }
  for (std::size_t i = 0; i < before.size(); ++i)
    remember(before[i], text_of(recorded, before[i]), text_of(replayed, after[i]));
  return true;
}

}  // namespace tracerec::gate
