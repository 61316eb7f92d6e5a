#include "diff/endpoint_rules.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/glob.h"
#include "diff/timestamps.h"

namespace tracerec::diff {
namespace {

std::optional<double> number_of(const body::Value& value) {
  double number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [parsed_to, error] = std::from_chars(value.text.data(), end, number);
  if (error != std::errc{} || parsed_to != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

// 0.3 - 0.2 must be within 0.1.
constexpr double kRounding = 1 + 1e-9;

// Nothing when they are not two numbers, or two times where a time is asked for.
std::optional<bool> is_within(const Tolerance& tolerance, const body::Value& recorded, const body::Value& replayed) {
  const auto earlier = tolerance.time_ns ? time_in_value(recorded) : std::nullopt;
  const auto later = tolerance.time_ns ? time_in_value(replayed) : std::nullopt;
  const bool times = earlier && later;
  if (times && std::llabs(*later - *earlier) <= *tolerance.time_ns) return true;
  const auto before = number_of(recorded);
  const auto after = number_of(replayed);
  const bool numbers = before && after && (tolerance.absolute || tolerance.relative);
  if (!numbers) return times ? std::optional(false) : std::nullopt;
  const double distance = std::fabs(*after - *before);
  if (tolerance.absolute && distance <= *tolerance.absolute * kRounding) return true;
  return tolerance.relative && distance <= std::fabs(*before) * *tolerance.relative * kRounding;
}

bool is_about_values(Kind kind) {
  return kind == Kind::kValue || kind == Kind::kRepresentation;
}

// The path of the array when it is its length that differs: the element that is too many is named by the path, but what
// a rule says of that element is not about the array.
std::string_view path_of(const Difference& difference) {
  const std::size_t bracket = difference.path.rfind('[');
  const bool of_array = difference.kind == Kind::kLength && difference.path.ends_with(']');
  return of_array && bracket != std::string_view::npos ? difference.path.substr(0, bracket) : difference.path;
}

// What a rule for values says of one; nothing when it does not speak of it.
std::optional<RuleDecision> decide_value(const Rule& rule, std::size_t index, const Difference& difference) {
  using Verdict = RuleDecision::Verdict;
  const auto within =
      rule.tolerance ? is_within(*rule.tolerance, difference.recorded, difference.replayed) : std::nullopt;
  if (within && *within) return RuleDecision{Verdict::kPasses, index, {}};
  if (rule.shape) {
    auto why = violation_of(*rule.shape, difference.replayed);
    return why ? RuleDecision{Verdict::kViolates, index, std::move(*why)} : RuleDecision{Verdict::kPasses, index, {}};
  }
  return within ? std::optional(RuleDecision{Verdict::kSilent, index, {}}) : std::nullopt;
}

// What one rule says; nothing when it does not speak of this difference.
std::optional<RuleDecision> decide_by(const Rule& rule, std::size_t index, const Difference& difference) {
  using Verdict = RuleDecision::Verdict;
  const std::string_view path = path_of(difference);
  if (rule.ignore && rule.location.covers(difference.location, path)) return RuleDecision{Verdict::kPasses, index, {}};
  const bool at_array = difference.kind == Kind::kOrder && (rule.unordered || !rule.keys.empty());
  if (at_array && rule.location.matches(difference.location, path)) return RuleDecision{Verdict::kPasses, index, {}};
  const bool at_value = is_about_values(difference.kind) && (rule.tolerance || rule.shape);
  if (at_value && rule.location.reaches(difference.location, path)) {
    if (auto decision = decide_value(rule, index, difference)) return decision;
  }
  if (rule.exact && rule.location.covers(difference.location, path)) return RuleDecision{Verdict::kSilent, index, {}};
  return std::nullopt;
}

// Of any difference at this location.
bool speaks_of(const Rule& rule, std::string_view location) {
  if (rule.ignore || rule.redact || rule.exact) return rule.location.covers(location, location);
  const bool about_values = rule.tolerance || rule.shape;
  return about_values ? rule.location.reaches(location, location) : rule.location.matches(location, location);
}

// "POST /graphql Products" → "POST /graphql": a rule for a URL speaks of all its operations.
std::string_view url_of(std::string_view endpoint) {
  const std::size_t method = endpoint.find(' ');
  return method == std::string_view::npos ? endpoint : endpoint.substr(0, endpoint.find(' ', method + 1));
}

}  // namespace

EndpointRules::EndpointRules(const Rules& rules, std::string_view endpoint) : rules_(&rules) {
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    const Rule& rule = rules.rules[i];
    if (!glob_match(rule.endpoint, endpoint) && !glob_match(rule.endpoint, url_of(endpoint))) continue;
    indices_.push_back(i);
    has_arrays_ = has_arrays_ || !rule.keys.empty();
    has_indices_ = has_indices_ || rule.location.has_index();
  }
}

template <class Accepts>
const Rule* EndpointRules::find(Accepts accepts) const {
  for (const std::size_t index : indices_) {
    if (accepts(rules_->rules[index])) return &rules_->rules[index];
  }
  return nullptr;
}

RuleDecision EndpointRules::decide(const Difference& difference) const {
  for (const std::size_t index : indices_) {
    if (auto decision = decide_by(rules_->rules[index], index, difference)) return std::move(*decision);
  }
  return {};
}

const std::vector<std::string>* EndpointRules::keys_at(std::string_view location, std::string_view path) const {
  const Rule* rule = find([&](const Rule& one) { return !one.keys.empty() && one.location.matches(location, path); });
  return rule ? &rule->keys : nullptr;
}

bool EndpointRules::is_exact(std::string_view location, std::string_view path) const {
  return find([&](const Rule& rule) { return rule.exact && rule.location.covers(location, path); }) != nullptr;
}

bool EndpointRules::wants_whole_value(std::string_view location, std::string_view path) const {
  return find([&](const Rule& rule) {
           return (rule.tolerance || rule.shape) && rule.location.reaches(location, path);
         }) != nullptr;
}

bool EndpointRules::wants_header_value(std::string_view header_location) const {
  return find([&](const Rule& rule) {
           return (rule.exact || rule.tolerance || rule.shape) &&
                  rule.location.matches(header_location, header_location);
         }) != nullptr;
}

bool EndpointRules::is_redacted(std::string_view location, std::string_view path) const {
  return find([&](const Rule& rule) { return rule.redact && rule.location.covers(location, path); }) != nullptr;
}

bool EndpointRules::may_redact_below(std::string_view location) const {
  return find([&](const Rule& rule) { return rule.redact && rule.location.may_lie_below(location); }) != nullptr;
}

bool EndpointRules::is_ignored(std::string_view location, std::string_view path) const {
  const Rule* first =
      find([&](const Rule& rule) { return (rule.ignore || rule.exact) && rule.location.covers(location, path); });
  return first != nullptr && first->ignore;
}

std::vector<std::size_t> EndpointRules::loosening(std::string_view location) const {
  std::vector<std::size_t> found;
  for (const std::size_t index : indices_) {
    const Rule& rule = rules_->rules[index];
    if (speaks_of(rule, location)) found.push_back(index);
  }
  return found;
}

}  // namespace tracerec::diff
