#include "gate/gate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "base/nearest.h"
#include "base/text.h"

namespace tracerec::gate {
namespace {

constexpr std::string_view kOperatorCharacters = "<>=!";

// Longest first, so that "<=" is not taken for "<".
constexpr std::array<std::pair<std::string_view, Comparison>, 5> kOperators = {{
    {"<=", Comparison::kLessOrEqual},
    {">=", Comparison::kGreaterOrEqual},
    {"==", Comparison::kEqual},
    {"<", Comparison::kLess},
    {">", Comparison::kGreater},
}};

bool is_metric_name(std::string_view name) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789._";
  return !name.empty() && name.find_first_not_of(kAllowed) == std::string_view::npos;
}

Error bad(std::string_view text, const std::string& why) {
  return {"--fail-if '" + printable(text, 80) + "': " + why + "; write METRIC OPERATOR NUMBER, like findings.high > 0"};
}

bool parse_number(std::string_view text, double& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number - number == 0;  // finite
}

bool holds(const Condition& condition, double value) {
  switch (condition.comparison) {
    case Comparison::kLess:
      return value < condition.bound;
    case Comparison::kLessOrEqual:
      return value <= condition.bound;
    case Comparison::kGreater:
      return value > condition.bound;
    case Comparison::kGreaterOrEqual:
      return value >= condition.bound;
    case Comparison::kEqual:
      return value == condition.bound;
  }
  return false;
}

std::string format_number(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6g", value);
  return buffer;
}

Error unknown_metric(const Condition& condition, const Metrics& metrics) {
  std::string known;
  for (const auto& [name, value] : metrics) known += (known.empty() ? "" : ", ") + name;
  return {"--fail-if '" + printable(condition.text, 80) + "': there is no metric " + condition.metric +
          did_you_mean(condition.metric, known) + "; known here: " + known};
}

// Names that older releases gave; scripts still use them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kFormerNames = {{
    {"findings.folded", "findings.dependent"},
    {"mutation.caught", "mutation.score"},
}};

std::string current_name(std::string_view metric) {
  for (const auto& [former, current] : kFormerNames) {
    if (metric == former) return std::string(current);
  }
  return std::string(metric);
}

// Of requests without a response (docs/replay.md).
constexpr std::array<std::string_view, 11> kFailures = {
    "timeout", "connection_closed", "bad_response", "too_long", "surplus_bytes", "refused", "connect", "tls",
    "io",      "unresolved",        "interrupted"};

// "failed.timeout" of a run where nothing timed out is 0, not unknown; so is a reason for not comparing that we know.
const double* find_metric(const Metrics& metrics, const std::string& name) {
  static constexpr double kZero = 0;
  constexpr std::string_view kFailed = "failed.";
  const auto at = metrics.find(name);
  if (at != metrics.end()) return &at->second;
  const bool is_failure = name.starts_with(kFailed) &&
                          std::find(kFailures.begin(), kFailures.end(), name.substr(kFailed.size())) != kFailures.end();
  const bool is_default = name == "failed" || name == "not_compared.baseline_failed" ||
                          name == "not_compared.replayed_incomplete" || name == "not_compared.undecodable";
  return is_failure || is_default ? &kZero : nullptr;
}

}  // namespace

Result<Condition> parse_condition(std::string_view text) {
  Condition condition;
  condition.text = trim(text);
  const std::string_view all = condition.text;
  const std::size_t at = std::min(all.find_first_of(kOperatorCharacters), all.size());
  condition.metric = current_name(trim(all.substr(0, at)));
  if (!is_metric_name(condition.metric)) return bad(text, "it names no metric");
  if (at == all.size()) return condition;
  for (const auto& [symbol, comparison] : kOperators) {
    if (!all.substr(at).starts_with(symbol)) continue;
    condition.comparison = comparison;
    if (!parse_number(trim(all.substr(at + symbol.size())), condition.bound))
      return bad(text, "the number to compare with is missing or not valid");
    return condition;
  }
  return bad(text, "that is not one of the operators < <= > >= ==");
}

std::vector<Condition> default_conditions() {
  return {{"findings", Comparison::kGreater, 0, "findings > 0"},
          {"failed", Comparison::kGreater, 0, "failed > 0"},
          {"not_compared.baseline_failed", Comparison::kGreater, 0, "not_compared.baseline_failed > 0"},
          {"not_compared.replayed_incomplete", Comparison::kGreater, 0, "not_compared.replayed_incomplete > 0"},
          {"not_compared.undecodable", Comparison::kGreater, 0, "not_compared.undecodable > 0"}};
}

std::vector<Condition> with_defaults(const std::vector<Condition>& given) {
  std::vector<Condition> all = given;
  for (Condition& condition : default_conditions()) {
    const bool is_named = std::any_of(given.begin(), given.end(), [&](const Condition& one) {
      return one.metric == condition.metric || one.metric.starts_with(condition.metric + ".");
    });
    if (given.empty() || (condition.metric != "findings" && !is_named)) all.push_back(std::move(condition));
  }
  return all;
}

Result<Verdict> evaluate(const std::vector<Condition>& conditions, const Metrics& metrics) {
  Verdict verdict;
  for (const Condition& condition : with_defaults(conditions)) {
    const double* value = find_metric(metrics, condition.metric);
    if (!value) return unknown_metric(condition, metrics);
    if (holds(condition, *value))
      verdict.reasons.push_back(condition.text + " (" + condition.metric + " = " + format_number(*value) + ")");
  }
  const double* compared = find_metric(metrics, "compared");
  if (!compared || *compared <= 0) verdict.reasons.insert(verdict.reasons.begin(), "nothing was compared");
  verdict.passed = verdict.reasons.empty();
  return verdict;
}

}  // namespace tracerec::gate
