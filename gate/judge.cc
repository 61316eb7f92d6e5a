#include "gate/judge.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "diff/compare.h"
#include "gate/coverage.h"
#include "gate/drift.h"
#include "gate/rule_audit.h"

namespace tracerec::gate {
namespace {

// Reasons come from our own transport; a bound all the same, since they are keys in memory.
constexpr std::size_t kMaxFailureReasons = 64;

constexpr std::size_t kMaxEndpointStates = 10000;
constexpr std::size_t kMaxVariedLocations = 10000;

bool more_important(const Finding& a, const Finding& b) {
  return std::tuple(b.dependents + b.unsent > 0, b.severity, b.exchanges, std::tie(a.endpoint, a.location, a.kind)) <
         std::tuple(a.dependents + a.unsent > 0, a.severity, a.exchanges, std::tie(b.endpoint, b.location, b.kind));
}

const diff::Rules& no_rules() {
  static const diff::Rules kNone;
  return kNone;
}
const Endpoints& plain_endpoints() {
  static const Endpoints kPlain;
  return kPlain;
}

}  // namespace

// The differences of one pair on their way into the judge.
class PairSink final : public diff::DifferenceSink {
 public:
  PairSink(Judge& judge, const EndpointState& endpoint, const diff::Pair& pair, const std::string* cause)
      : judge_(judge), endpoint_(endpoint), pair_(pair), cause_(cause) {}

  void on_difference(const diff::Difference& difference) override {
    if (difference.kind == diff::Kind::kStatus) ++judge_.totals_.status_changes;
    using Verdict = diff::RuleDecision::Verdict;
    const diff::RuleDecision decision =
        endpoint_.rules.empty() ? diff::RuleDecision{} : endpoint_.rules.decide(difference);
    if (decision.verdict == Verdict::kViolates) return add_shape(difference, decision.why);
    if (decision.verdict == Verdict::kPasses) {
      loose_ = true;
      return judge_.note_rule(endpoint_.name, difference, decision.rule);
    }
    if (passes_as_noise(difference)) return;
    if (difference.varies && !endpoint_.rules.is_exact(difference.location, difference.path))
      return on_not_compared(diff::NotCompared::kVolatileHeader);
    add(difference);
  }

  void on_not_compared(diff::NotCompared reason) override { ++judge_.not_compared_[static_cast<std::size_t>(reason)]; }

  [[nodiscard]] bool different() const { return different_; }
  [[nodiscard]] bool noisy() const { return loose_; }
  // Of the most severe finding, the first of these; only of pairs that others need.
  [[nodiscard]] const std::string& signature() const { return signature_; }

 private:
  void add_shape(const diff::Difference& difference, const std::string& why) {
    diff::Difference shape = difference;
    shape.kind = diff::Kind::kShape;
    shape.note = why;
    add(shape);
  }

  void add(const diff::Difference& difference) {
    const Severity severity = severity_of(difference);
    if (pair_.is_needed && (!different_ || severity > worst_)) {
      worst_ = severity;
      signature_ = signature_of(endpoint_.name, difference.location, difference.kind);
    }
    different_ = true;
    judge_.add_finding(endpoint_, pair_, difference, cause_);
  }

  // A value of the wrong shape at a noisy location becomes a finding of its own kind here.
  bool passes_as_noise(const diff::Difference& difference) {
    const LocationNoise* noise = judge_.noise_.find(endpoint_.name, difference.location);
    if (!noise || !Noise::covers(*noise, difference)) return false;
    if (!endpoint_.rules.empty() && endpoint_.rules.is_exact(difference.location, difference.path)) return false;
    const diff::ResponseTimes times{pair_.recorded.at_unix_ns, pair_.replayed.at_unix_ns};
    if (const auto why =
            noise->shape.violation(difference.recorded, difference.replayed, times, noise->baseline_varied)) {
      add_shape(difference, *why);
      return true;
    }
    loose_ = true;
    judge_.add_noise(endpoint_, pair_, difference);
    return true;
  }

  Judge& judge_;
  const EndpointState& endpoint_;
  const diff::Pair& pair_;
  const std::string* cause_;
  bool different_ = false;
  bool loose_ = false;
  Severity worst_ = Severity::kLow;
  std::string signature_;
};

Judge::Judge(const Noise& noise, JudgeLimits limits) : Judge(noise, no_rules(), plain_endpoints(), limits) {}

Judge::Judge(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints, JudgeLimits limits)
    : noise_(noise), rules_(rules), endpoints_(endpoints), limits_(limits) {
  seen_.rule_passed.resize(rules.rules.size());
}

EndpointState& Judge::state_of(const diff::Pair& pair) {
  std::string name = endpoints_.name_of(pair.method, pair.target);
  auto at = seen_.endpoints.find(name);
  if (at != seen_.endpoints.end()) return at->second;
  if (seen_.endpoints.size() >= kMaxEndpointStates) seen_.endpoints.erase(seen_.endpoints.begin());
  EndpointState& state = seen_.endpoints[name];
  state.rules = diff::EndpointRules(rules_, name);
  state.name = std::move(name);
  return state;
}

bool Judge::add_pair(const diff::Pair& pair) {
  EndpointState& endpoint = state_of(pair);
  const std::string* cause = dependents_.cause_of(pair);
  bool different = false;
  const std::string here =
      is_failed_write(pair) ? signature_of(endpoint.name, "status", diff::Kind::kStatus) : std::string{};
  if (pair.failure.empty()) {
    PairSink sink(*this, endpoint, pair, cause);
    if (pair.baseline_failed || !pair.recorded_complete) {
      sink.on_not_compared(pair.baseline_failed ? diff::NotCompared::kBaselineFailed
                                                : diff::NotCompared::kRecordedIncomplete);
      return false;
    }
    ++totals_.compared;
    ++endpoint.compared;
    seen_.survey.survey(endpoint.name, pair.method, pair.recorded);
    diff::compare_messages(pair.method, pair.recorded, pair.replayed, endpoint.rules, sink);
    ++(sink.different() ? totals_.different : totals_.equal);
    totals_.equal_noisy += sink.noisy() && !sink.different();
    different = sink.different();
    if (pair.is_needed && different && needed_.size() < Dependents::kMaxTracked)
      needed_[pair.exchange_id] = cause ? *cause : sink.signature();
  } else {
    add_failure(pair.failure);
  }
  std::string origin = cause ? *cause : here;
  if (pair.needs_exchange != 0) origin = root_of_unsent(pair);
  if (!here.empty()) dependents_.learn(pair, origin);
  return different;
}

// What was not sent for want of a value is there because of the response that should have had it.
std::string Judge::root_of_unsent(const diff::Pair& pair) {
  const auto root = needed_.find(pair.needs_exchange);
  if (root == needed_.end()) return "exchange " + std::to_string(pair.needs_exchange);
  ++unsent_of_[root->second];
  return root->second;
}

void Judge::add_failure(const std::string& reason) {
  ++totals_.failed;
  auto& reasons = totals_.failed_by_reason;
  const bool room = reasons.size() < kMaxFailureReasons || reasons.contains(reason);
  ++reasons[room ? reason : "other"];
}

Finding* Judge::find_or_make(Findings& findings, std::size_t limit, const std::string& endpoint,
                             const diff::Difference& difference) {
  std::string key = location_key(endpoint, difference.location);
  key += '\0';
  key += name_of(difference.kind);
  const auto at = findings.find(key);
  if (at != findings.end()) return &at->second;
  if (findings.size() >= limit) return nullptr;
  Finding& finding = findings[std::move(key)];
  finding.endpoint = endpoint;
  finding.location = difference.location.substr(0, kMaxLocationBytes);
  finding.kind = difference.kind;
  return &finding;
}

void Judge::add_to(Finding& finding, const EndpointState& endpoint, const diff::Pair& pair,
                   const diff::Difference& difference, const std::string* cause) {
  finding.severity = std::max(finding.severity, severity_of(difference));
  const bool new_exchange = finding.differences == 0 || finding.last_pair != totals_.compared;
  finding.exchanges += new_exchange;
  if (cause && new_exchange) {
    ++finding.dependent_exchanges;
    if (finding.cause.empty()) finding.cause = *cause;
  }
  ++finding.differences;
  finding.last_pair = totals_.compared;
  if (finding.samples.size() >= limits_.max_samples) return;
  Sample& sample = finding.samples.emplace_back(make_sample(pair.exchange_id, difference));
  if (!endpoint.rules.empty() && endpoint.rules.is_redacted(difference.location, difference.path)) {
    sample.recorded = sample.replayed = "(redacted)";
    sample.note.clear();
  }
}

void Judge::add_finding(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference,
                        const std::string* cause) {
  Finding* finding = find_or_make(seen_.findings, limits_.max_findings, endpoint.name, difference);
  if (finding) {
    add_to(*finding, endpoint, pair, difference, cause);
  } else {
    ++totals_.findings_not_kept;
  }
}

void Judge::add_noise(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference) {
  Finding* finding = find_or_make(seen_.noisy, kMaxVariedLocations, endpoint.name, difference);
  if (finding) add_to(*finding, endpoint, pair, difference, nullptr);
}

void Judge::note_rule(const std::string& endpoint, const diff::Difference& difference, std::size_t rule) {
  ++seen_.rule_passed[rule];
  if (seen_.varied.size() < kMaxVariedLocations) seen_.varied.insert(location_key(endpoint, difference.location));
}

Summary Judge::summary() const {
  Summary summary = totals_;
  for (std::size_t reason = 0; reason < diff::kNotComparedCount; ++reason) {
    const auto name = std::string(name_of(static_cast<diff::NotCompared>(reason)));
    if (not_compared_[reason] > 0) summary.not_compared[name] = not_compared_[reason];
  }
  std::unordered_map<std::string, std::uint64_t> dependents;
  for (const auto& [key, finding] : seen_.findings) {
    const bool is_dependent = finding.dependent_exchanges > 0 && finding.dependent_exchanges == finding.exchanges &&
                              finding.cause != finding.signature();
    (is_dependent ? summary.dependent : summary.findings).push_back(finding);
    if (is_dependent) ++dependents[finding.cause];
  }
  for (Finding& finding : drifted_findings(seen_, noise_)) summary.findings.push_back(std::move(finding));
  for (Finding& finding : summary.findings) {
    const std::string signature = finding.signature();
    if (const auto at = dependents.find(signature); at != dependents.end()) finding.dependents = at->second;
    if (const auto at = unsent_of_.find(signature); at != unsent_of_.end()) finding.unsent = at->second;
  }
  std::sort(summary.findings.begin(), summary.findings.end(), more_important);
  std::sort(summary.dependent.begin(), summary.dependent.end(), more_important);
  summary.noise = noise_.entries();
  for (NoiseEntry& entry : summary.noise) {
    for (std::size_t kind = 0; kind < diff::kKindCount; ++kind) {
      std::string key = location_key(entry.endpoint, entry.location);
      key += '\0';
      key += name_of(static_cast<diff::Kind>(kind));
      const auto applied = seen_.noisy.find(key);
      if (applied != seen_.noisy.end()) entry.applied += applied->second.differences;
    }
  }
  summary.rules = audit_rules(rules_, seen_, noise_);
  summary.coverage = coverage_of(rules_, seen_, noise_);
  return summary;
}

}  // namespace tracerec::gate
