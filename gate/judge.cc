#include "gate/judge.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "diff/compare.h"
#include "diff/headers.h"
#include "gate/coverage.h"
#include "gate/drift.h"
#include "gate/made_values.h"
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

bool by_place(const NoiseEntry& a, const NoiseEntry& b) {
  return std::tie(a.endpoint, a.location) < std::tie(b.endpoint, b.location);
}

NoiseEntry entry_of_flag(const Finding& finding) {
  NoiseEntry entry;
  entry.endpoint = finding.endpoint;
  entry.location = finding.location;
  entry.kinds = "value";
  entry.shape = "a flag that varied at other endpoints";
  entry.applied = finding.differences;
  return entry;
}

std::string signature_of_status(const std::string& endpoint, const diff::Pair& pair) {
  return signature_of(endpoint, "status", diff::Kind::kStatus,
                      status_classes_of(pair.recorded.status, pair.replayed.status));
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
    if (is_pseudonym(difference)) return on_not_compared(diff::NotCompared::kRedacted);
    if (passes_as_noise(difference)) return;
    if (passes_as_shared_flag(difference)) return;
    if (passes_as_generated(difference)) return;
    if (difference.varies && !endpoint_.rules.is_exact(difference.location, difference.path))
      return on_not_compared(diff::NotCompared::kVolatileHeader);
    add(difference);
  }

  void on_not_compared(diff::NotCompared reason) override { ++judge_.not_compared_[static_cast<std::size_t>(reason)]; }

  void on_shared_cookie(const diff::SharedCookie& cookie) {
    const std::string location = std::string(diff::kHeaderPrefix) + "Set-Cookie " + cookie.name;
    diff::Difference difference{diff::Kind::kShape, location, location, {}, {}, "is that of another session"};
    difference.recorded = {body::ValueType::kString, cookie.recorded, cookie.recorded};
    difference.replayed = {body::ValueType::kString, cookie.replayed, cookie.replayed};
    on_difference(difference);
  }

  [[nodiscard]] bool different() const { return different_; }
  [[nodiscard]] bool noisy() const { return loose_; }
  [[nodiscard]] bool clocks() const { return clocks_; }
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
      signature_ = signature_of(endpoint_.name, difference.location, difference.kind, status_classes_of(difference));
    }
    different_ = true;
    clocks_ = clocks_ || may_be_a_clock(difference);
    judge_.add_finding(endpoint_, pair_, difference, cause_);
  }

  [[nodiscard]] bool was_redacted(const diff::Difference& difference) const {
    const std::vector<std::string>& values = pair_.redacted_values;
    return names_a_redacted_field(difference.location) ||
           std::find(values.begin(), values.end(), difference.recorded.text) != values.end();
  }

  // The recorded value was replaced before it was stored, and the target's may be what it was.
  [[nodiscard]] bool is_pseudonym(const diff::Difference& difference) {
    if (!pair_.recorded_is_redacted || difference.kind != diff::Kind::kValue) return false;
    return difference.recorded.type == difference.replayed.type && was_redacted(difference) &&
           diff::has_characters_like(difference.recorded.text, difference.replayed.text) &&
           judge_.known_.keeps_tokens_apart(pair_, difference);
  }

  // A value of the wrong shape at a noisy location becomes a finding of its own kind here.
  bool passes_as_noise(const diff::Difference& difference) {
    const LocationNoise* noise =
        judge_.noise_.find(endpoint_.name, endpoint_.guessed, pair_.target, difference.location, difference.path);
    if (!noise || !Noise::covers(*noise, difference)) return false;
    if (judge_.known_.contradicts(pair_, difference)) return false;
    if (!noise->baseline_varied &&
        (changes_its_type(difference) || was_constant(*noise, difference) || has_other_claims(difference)))
      return false;
    if (!endpoint_.rules.empty() && endpoint_.rules.is_exact(difference.location, difference.path)) return false;
    const diff::ResponseTimes times{pair_.recorded.at_unix_ns, pair_.replayed.at_unix_ns};
    if (const auto why =
            noise->shape.violation(difference.recorded, difference.replayed, times, noise->baseline_varied)) {
      add_shape(difference, *why);
      return true;
    }
    if (leaves_its_response(difference.recorded.text, difference.replayed.text, times, !noise->baseline_varied)) {
      add_shape(difference, "is a time further away from the moment of the response than it was");
      return true;
    }
    loose_ = true;
    judge_.add_noise(endpoint_, pair_, difference);
    return true;
  }

  // drifted_findings() reports it when it is more than seldom.
  bool passes_as_shared_flag(const diff::Difference& difference) {
    if (!Noise::is_flag(difference) || !judge_.noise_.shared_flag(difference.location)) return false;
    if (judge_.noise_.find(endpoint_.name, difference.location)) return false;
    if (!endpoint_.rules.empty() && endpoint_.rules.is_exact(difference.location, difference.path)) return false;
    loose_ = true;
    judge_.add_noise(endpoint_, pair_, difference);
    return true;
  }

  static bool has_other_claims(const diff::Difference& difference) {
    return diff::format_of(difference.recorded.text) == diff::TextFormat::kJwt &&
           !may_stand_for(difference.recorded.text, difference.replayed.text);
  }

  // Equal requests were recorded, and it did not vary between them. Where endpoints were guessed, they may be of
  // another.
  [[nodiscard]] bool was_constant(const LocationNoise& noise, const diff::Difference& difference) const {
    const bool clock = may_be_a_clock(difference) && noise.shape.may_be_a_clock();
    return !endpoint_.guessed && judge_.noise_.knows_constants(endpoint_.name, clock);
  }

  static bool may_be_a_clock(const diff::Difference& difference) {
    const auto is_number = [](const body::Value& value) {
      return value.type == body::ValueType::kInteger || value.type == body::ValueType::kDecimal;
    };
    return is_number(difference.recorded) || is_number(difference.replayed) ||
           !generated_spans(difference.replayed.text.substr(0, KnownPairs::kMaxTextBytes)).empty();
  }

  // Only the candidate was seen to vary: that is no licence to write another type than was recorded.
  static bool changes_its_type(const diff::Difference& difference) {
    return difference.kind == diff::Kind::kType ||
           (difference.kind == diff::Kind::kValue && difference.recorded.type != difference.replayed.type);
  }

  // Times of their own responses, ids that were just made, and what both sides told before.
  bool passes_as_generated(const diff::Difference& difference) {
    if (difference.kind != diff::Kind::kValue || difference.varies) return false;
    if (!endpoint_.rules.empty() && endpoint_.rules.is_exact(difference.location, difference.path)) return false;
    if (!judge_.known_.explain(pair_, difference)) return false;
    loose_ = true;
    judge_.add_generated(endpoint_, difference);
    return true;
  }

  Judge& judge_;
  const EndpointState& endpoint_;
  const diff::Pair& pair_;
  const std::string* cause_;
  bool different_ = false;
  bool loose_ = false;
  bool clocks_ = false;
  Severity worst_ = Severity::kLow;
  std::string signature_;
};

Judge::Judge(const Noise& noise, JudgeLimits limits) : Judge(noise, no_rules(), plain_endpoints(), limits) {}

Judge::Judge(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints, JudgeLimits limits)
    : noise_(noise),
      rules_(rules),
      endpoints_(endpoints),
      limits_(limits),
      seen_(rules, limits.max_findings),
      known_(own_counterparts_) {}

Judge::Judge(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints, Counterparts& counterparts)
    : noise_(noise), rules_(rules), endpoints_(endpoints), seen_(rules, limits_.max_findings), known_(counterparts) {}

EndpointState& Judge::state_of(const diff::Pair& pair) {
  EndpointName named = endpoints_.name_of(pair.method, pair.target, pair.operation);
  auto at = seen_.endpoints.find(named.name);
  if (at != seen_.endpoints.end()) return at->second;
  const bool room = seen_.endpoints.size() < kMaxEndpointStates;
  if (!room) ++totals_.limits["endpoints"];
  EndpointState& state = room ? seen_.endpoints[named.name] : beyond_;
  state.rules = diff::EndpointRules(rules_, named.name);
  state.name = std::move(named.name);
  state.guessed = named.guessed;
  state.compared = 0;
  return state;
}

Judge::Outcome Judge::add_pair(const diff::Pair& pair) {
  EndpointState& endpoint = state_of(pair);
  const std::string* cause = dependents_.cause_of(pair);
  Outcome outcome;
  const std::string here = is_failed_write(pair) ? signature_of_status(endpoint.name, pair) : std::string{};
  if (pair.failure.empty()) {
    PairSink sink(*this, endpoint, pair, cause);
    if (pair.baseline_failed || !pair.recorded_complete) {
      sink.on_not_compared(pair.baseline_failed ? diff::NotCompared::kBaselineFailed
                                                : diff::NotCompared::kRecordedIncomplete);
      return outcome;
    }
    ++totals_.compared;
    ++endpoint.compared;
    totals_.open_ended += pair.recorded.open_ended;
    seen_.survey.survey(endpoint.name, pair.method, pair.recorded);
    diff::compare_messages(pair.method, pair.recorded, pair.replayed, endpoint.rules, sink);
    for (const diff::SharedCookie& cookie : pair.shared_cookies) sink.on_shared_cookie(cookie);
    ++(sink.different() ? totals_.different : totals_.equal);
    totals_.equal_noisy += sink.noisy() && !sink.different();
    outcome = {sink.different(), sink.clocks()};
    if (pair.is_needed && outcome.different && needed_.size() < Dependents::kMaxTracked)
      needed_[pair.exchange_id] = cause ? *cause : sink.signature();
  } else {
    add_failure(pair);
  }
  std::string origin = cause ? *cause : here;
  if (pair.needs_exchange != 0) origin = root_of_unsent(pair);
  if (!here.empty()) dependents_.learn(pair, origin);
  return outcome;
}

// What was not sent for want of a value is there because of the response that should have had it.
std::string Judge::root_of_unsent(const diff::Pair& pair) {
  const auto root = needed_.find(pair.needs_exchange);
  if (root == needed_.end()) return "exchange " + std::to_string(pair.needs_exchange);
  ++unsent_of_[root->second];
  return root->second;
}

void Judge::add_failure(const diff::Pair& pair) {
  ++totals_.failed;
  auto& reasons = totals_.failed_by_reason;
  const bool room = reasons.size() < kMaxFailureReasons || reasons.contains(pair.failure);
  ++reasons[room ? pair.failure : "other"];
  if (totals_.failures.size() >= kMaxFailures) return;
  totals_.failures.push_back({pair.exchange_id, pair.method, cut(pair.target, kMaxSampleBytes), pair.failure});
}

namespace {

bool holds_values(const body::Value& value) {
  return value.text.find_first_of("{[") != std::string_view::npos ||
         value.shown.find_first_of("{[") != std::string_view::npos;
}

// A whole object shows what a rule hides in it.
void redact(const diff::EndpointRules& rules, const diff::Difference& difference, Sample& sample) {
  const bool is_below = rules.may_redact_below(difference.location);
  const bool hides = rules.is_redacted(difference.location, difference.path) ||
                     (is_below && (holds_values(difference.recorded) || holds_values(difference.replayed)));
  if (hides) sample.recorded = sample.replayed = kRedactedValue;
  if (hides || is_below) sample.note.clear();
}

}  // namespace

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
  finding.all.add(pair.exchange_id, difference);
  if (finding.samples.size() >= limits_.max_samples) return;
  Sample& sample = finding.samples.emplace_back(make_sample(pair.exchange_id, difference));
  if (!endpoint.rules.empty()) redact(endpoint.rules, difference, sample);
}

void Judge::add_finding(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference,
                        const std::string* cause) {
  Finding* finding = seen_.findings.find_or_make(endpoint.name, difference);
  if (finding) add_to(*finding, endpoint, pair, difference, cause);
}

void Judge::add_noise(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference) {
  std::string key = key_of_finding(endpoint.name, difference);
  if (seen_.noisy.size() >= kMaxVariedLocations && !seen_.noisy.contains(key)) {
    ++totals_.limits["noisy_locations"];
    return;
  }
  Finding& finding = seen_.noisy[std::move(key)];
  finding.endpoint = endpoint.name;
  finding.location = difference.location.substr(0, kMaxLocationBytes);
  finding.kind = difference.kind;
  finding.status_classes = status_classes_of(difference);
  add_to(finding, endpoint, pair, difference, nullptr);
}

void Judge::add_generated(const EndpointState& endpoint, const diff::Difference& difference) {
  std::string key = location_key(endpoint.name, difference.location);
  if (seen_.generated.size() < kMaxVariedLocations || seen_.generated.contains(key)) ++seen_.generated[std::move(key)];
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
  summary.findings_not_kept = seen_.findings.not_kept();
  summary.not_kept = seen_.findings.not_kept_by_cause();
  if (summary.findings_not_kept > 0) summary.limits["findings"] = summary.findings_not_kept;
  seen_.findings.for_each([&](const Finding& finding) {
    const bool is_dependent = finding.dependent_exchanges > 0 && finding.dependent_exchanges == finding.exchanges &&
                              finding.cause != finding.signature();
    (is_dependent ? summary.dependent : summary.findings).push_back(finding);
    if (is_dependent) ++dependents[finding.cause];
  });
  for (Finding& finding : drifted_findings(seen_, noise_)) summary.findings.push_back(std::move(finding));
  for (Finding& finding : summary.findings) {
    const std::string signature = finding.signature();
    if (const auto at = dependents.find(signature); at != dependents.end()) finding.dependents = at->second;
    if (const auto at = unsent_of_.find(signature); at != unsent_of_.end()) finding.unsent = at->second;
  }
  std::sort(summary.findings.begin(), summary.findings.end(), more_important);
  std::sort(summary.dependent.begin(), summary.dependent.end(), more_important);
  summary.noise = noise_.entries();
  std::unordered_map<std::string, std::uint64_t> allowed;
  for (const auto& [key, finding] : seen_.noisy)
    allowed[location_key(finding.endpoint, finding.location)] += finding.differences;
  for (NoiseEntry& entry : summary.noise) {
    const auto at = allowed.find(location_key(entry.endpoint, entry.location));
    if (at != allowed.end()) entry.applied += at->second;
  }
  for (const auto& [key, finding] : seen_.noisy) {
    if (!noise_.find(finding.endpoint, finding.location)) summary.noise.push_back(entry_of_flag(finding));
  }
  std::sort(summary.noise.begin(), summary.noise.end(), by_place);
  for (const auto& [key, applied] : seen_.generated) {
    const std::size_t end = key.find('\0');
    NoiseEntry& entry = summary.generated.emplace_back();
    entry.endpoint = key.substr(0, end);
    entry.location = key.substr(end + 1);
    entry.kinds = "value";
    entry.shape = "a time or an id that the target made";
    entry.applied = applied;
  }
  std::sort(summary.generated.begin(), summary.generated.end(), by_place);
  summary.rules = audit_rules(rules_, seen_, noise_);
  summary.coverage = coverage_of(rules_, seen_, noise_);
  return summary;
}

}  // namespace tracerec::gate
