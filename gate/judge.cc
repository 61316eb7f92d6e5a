#include "gate/judge.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <tuple>
#include <utility>

#include "diff/compare.h"
#include "diff/headers.h"

namespace tracerec::gate {
namespace {

// Reasons come from our own transport; a bound all the same, since they are keys in memory.
constexpr std::size_t kMaxFailureReasons = 64;

constexpr std::size_t kMaxEndpointStates = 10000;
constexpr std::size_t kMaxVariedLocations = 10000;
constexpr std::size_t kQuietExamples = 3;

// False discoveries accepted among the noisy locations that are reported because they differ more than by themselves.
constexpr double kFalseDiscoveryRate = 0.01;
// A location that may well vary in half of all groups is noisy; no count of differences says that it is more.
constexpr double kMostlyStable = 0.5;

bool more_important(const Finding& a, const Finding& b) {
  return std::tuple(b.dependents + b.unsent > 0, b.severity, b.exchanges, std::tie(a.endpoint, a.location, a.kind)) <
         std::tuple(a.dependents + a.unsent > 0, a.severity, a.exchanges, std::tie(b.endpoint, b.location, b.kind));
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", share * 100);
  return text;
}

bool is_presence_only(std::string_view location) {
  for (const std::string_view prefix : {diff::kHeaderPrefix, diff::kTrailerPrefix}) {
    if (location.starts_with(prefix))
      return diff::header_check(location.substr(prefix.size())) == diff::HeaderCheck::kPresence;
  }
  return false;
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
  PairSink(Judge& judge, const Judge::EndpointState& endpoint, const diff::Pair& pair, const std::string* cause)
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
  const Judge::EndpointState& endpoint_;
  const diff::Pair& pair_;
  const std::string* cause_;
  bool different_ = false;
  bool loose_ = false;
  Severity worst_ = Severity::kLow;
  std::string signature_;
};

double Summary::match_rate() const {
  return compared == 0 ? 0 : static_cast<double>(equal) / static_cast<double>(compared);
}

double Coverage::share() const {
  return places == 0 ? 0 : static_cast<double>(exact + shape) / static_cast<double>(places);
}

Judge::Judge(const Noise& noise, JudgeLimits limits) : Judge(noise, no_rules(), plain_endpoints(), limits) {}

Judge::Judge(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints, JudgeLimits limits)
    : noise_(noise), rules_(rules), endpoints_(endpoints), limits_(limits), rule_passed_(rules.rules.size(), 0) {}

Judge::EndpointState& Judge::state_of(const diff::Pair& pair) {
  std::string name = endpoints_.name_of(pair.method, pair.target);
  auto at = states_.find(name);
  if (at != states_.end()) return at->second;
  if (states_.size() >= kMaxEndpointStates) states_.erase(states_.begin());
  EndpointState& state = states_[name];
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
    survey_.survey(endpoint.name, pair.method, pair.recorded);
    diff::compare_messages(pair.method, pair.recorded, pair.replayed, endpoint.rules, sink);
    ++(sink.different() ? totals_.different : totals_.equal);
    totals_.equal_noisy += sink.noisy() && !sink.different();
    different = sink.different();
    if (pair.is_needed && different && needed_.size() < Dependents::kMaxThings)
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
    ++finding.behind;
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
  Finding* finding = find_or_make(findings_, limits_.max_findings, endpoint.name, difference);
  if (finding) {
    add_to(*finding, endpoint, pair, difference, cause);
  } else {
    ++totals_.findings_not_kept;
  }
}

void Judge::add_noise(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference) {
  Finding* finding = find_or_make(noisy_, kMaxVariedLocations, endpoint.name, difference);
  if (finding) add_to(*finding, endpoint, pair, difference, nullptr);
}

void Judge::note_rule(const std::string& endpoint, const diff::Difference& difference, std::size_t rule) {
  ++rule_passed_[rule];
  if (varied_.size() < kMaxVariedLocations) varied_.insert(location_key(endpoint, difference.location));
}

// Noise let these pass one by one; together they may be more than the location varies by itself.
void Judge::add_drifted(Summary& summary) const {
  std::vector<const Finding*> tested;
  std::vector<double> odds;
  for (const auto& [key, finding] : noisy_) {
    const LocationNoise* noise = noise_.find(finding.endpoint, finding.location);
    const auto state = states_.find(finding.endpoint);
    if (!noise || state == states_.end() || is_presence_only(finding.location)) continue;
    const Share own = noise_.drift(finding.endpoint, *noise);
    if (wilson_interval(own).high >= kMostlyStable) continue;
    tested.push_back(&finding);
    odds.push_back(fisher_exact_p(own, {finding.exchanges, state->second.compared}));
  }
  const std::vector<bool> found = benjamini_hochberg(odds, kFalseDiscoveryRate);
  for (std::size_t i = 0; i < tested.size(); ++i) {
    if (!found[i]) continue;
    Finding& finding = summary.findings.emplace_back(*tested[i]);
    const Share own = noise_.drift(finding.endpoint, *noise_.find(finding.endpoint, finding.location));
    const auto compared = static_cast<double>(states_.at(finding.endpoint).compared);
    for (Sample& sample : finding.samples) {
      sample.note = "differs in " + percent(static_cast<double>(finding.exchanges) / compared) +
                    " of the responses, by itself in " + std::to_string(own.hits) + " of " +
                    std::to_string(own.trials) + " groups (at most " + percent(wilson_interval(own).high) + ")";
    }
  }
}

bool Judge::has_varied(const std::string& endpoint, const std::string& location) const {
  const std::string key = location_key(endpoint, location);
  if (varied_.contains(key) || noise_.find(endpoint, location)) return true;
  return std::any_of(findings_.begin(), findings_.end(), [&](const auto& one) {
    return one.second.endpoint == endpoint && one.second.location == location;
  });
}

void Judge::add_rules(Summary& summary) const {
  for (std::size_t i = 0; i < rules_.rules.size(); ++i) {
    const diff::Rule& rule = rules_.rules[i];
    summary.rules.push_back({rule.name, rule.endpoint, rule.location.text(), rule_passed_[i], 0, 0, {}, {}});
  }
  for (const LocationSurvey::Place& place : survey_.places()) {
    const auto state = states_.find(place.endpoint);
    if (state == states_.end()) continue;
    for (const std::size_t index : state->second.rules.loosening(place.location)) {
      const diff::Rule& rule = rules_.rules[index];
      RuleUse& use = summary.rules[index];
      const bool about_arrays = rule.unordered || !rule.keys.empty();
      if (place.seen.container && !about_arrays) continue;
      ++use.places;
      const bool loosens = rule.ignore || rule.tolerance || rule.shape;
      if (!loosens || place.seen.container || has_varied(place.endpoint, place.location)) continue;
      ++use.quiet;
      if (use.quiet_examples.size() < kQuietExamples)
        use.quiet_examples.push_back(place.endpoint + " " + place.location);
    }
  }
  for (RuleUse& use : summary.rules) {
    if (use.places == 0 && use.passed == 0) use.problem = "matches nothing: remove it, or correct its endpoint or path";
    if (use.quiet > 0 && use.quiet == use.places && use.passed == 0) {
      use.problem = "covers " + std::to_string(use.quiet) + " locations that never varied: is it still needed?";
    } else if (use.quiet > 0) {
      use.problem = "too broad: " + std::to_string(use.quiet) + " of the " + std::to_string(use.places) +
                    " locations that it covers never varied";
    }
  }
}

void Judge::add_coverage(Summary& summary) const {
  Coverage& coverage = summary.coverage;
  coverage.unreadable_responses = survey_.unreadable_responses();
  for (const LocationSurvey::Place& place : survey_.places()) {
    const auto state = states_.find(place.endpoint);
    if (place.seen.container || state == states_.end()) continue;
    ++coverage.places;
    const diff::EndpointRules& rules = state->second.rules;
    const LocationNoise* noise = noise_.find(place.endpoint, place.location);
    const bool by_presence = is_presence_only(place.location);
    const auto loosening = rules.loosening(place.location);
    const bool loosened = std::any_of(loosening.begin(), loosening.end(), [&](std::size_t index) {
      return rules_.rules[index].tolerance || rules_.rules[index].shape;
    });
    if (rules.is_ignored(place.location)) {
      ++coverage.ignored;
    } else if (rules.is_exact(place.location, place.location)) {
      ++coverage.exact;
    } else if (by_presence && !loosened && !(noise && noise->varied_in(diff::Kind::kValue))) {
      ++coverage.presence;
    } else {
      ++((noise && noise->varied_in(diff::Kind::kValue)) || loosened ? coverage.shape : coverage.exact);
    }
  }
}

Summary Judge::summary() const {
  Summary summary = totals_;
  for (std::size_t reason = 0; reason < diff::kNotComparedCount; ++reason) {
    const auto name = std::string(name_of(static_cast<diff::NotCompared>(reason)));
    if (not_compared_[reason] > 0) summary.not_compared[name] = not_compared_[reason];
  }
  std::unordered_map<std::string, std::uint64_t> dependents;
  for (const auto& [key, finding] : findings_) {
    const bool folded =
        finding.behind > 0 && finding.behind == finding.exchanges && finding.cause != finding.signature();
    (folded ? summary.folded : summary.findings).push_back(finding);
    if (folded) ++dependents[finding.cause];
  }
  add_drifted(summary);
  for (Finding& finding : summary.findings) {
    const std::string signature = finding.signature();
    if (const auto at = dependents.find(signature); at != dependents.end()) finding.dependents = at->second;
    if (const auto at = unsent_of_.find(signature); at != unsent_of_.end()) finding.unsent = at->second;
  }
  std::sort(summary.findings.begin(), summary.findings.end(), more_important);
  std::sort(summary.folded.begin(), summary.folded.end(), more_important);
  summary.noise = noise_.entries();
  for (NoiseEntry& entry : summary.noise) {
    for (std::size_t kind = 0; kind < diff::kKindCount; ++kind) {
      std::string key = location_key(entry.endpoint, entry.location);
      key += '\0';
      key += name_of(static_cast<diff::Kind>(kind));
      const auto applied = noisy_.find(key);
      if (applied != noisy_.end()) entry.applied += applied->second.differences;
    }
  }
  add_rules(summary);
  add_coverage(summary);
  return summary;
}

namespace {

std::string problem_of(const diff::Approval& approval, const std::string& today, const Finding* finding) {
  if (!approval.expires.empty() && approval.expires < today)
    return "expired on " + approval.expires + ": renew or remove it";
  if (!finding) return "unused: the difference is gone; remove it";
  if (approval.max_count && finding->exchanges > *approval.max_count) {
    return "covers at most " + std::to_string(*approval.max_count) + " exchanges, there are " +
           std::to_string(finding->exchanges);
  }
  return {};
}

}  // namespace

void apply_approvals(const diff::Rules& rules, const std::string& today, Summary& summary) {
  std::unordered_map<std::string, Finding*> by_signature;
  for (Finding& finding : summary.findings) by_signature.emplace(finding.signature(), &finding);
  for (Finding& finding : summary.folded) by_signature.emplace(finding.signature(), &finding);
  for (const diff::Approval& approval : rules.approvals) {
    const auto at = by_signature.find(approval.signature);
    Finding* finding = at == by_signature.end() ? nullptr : at->second;
    const std::string problem = problem_of(approval, today, finding);
    summary.approvals.push_back({approval, finding ? finding->exchanges : 0, problem});
    if (problem.empty())
      finding->approval = approval.owner.empty() ? approval.reason : approval.reason + " (" + approval.owner + ")";
  }
  for (auto* list : {&summary.findings, &summary.folded}) {
    const auto approved =
        std::stable_partition(list->begin(), list->end(), [](const Finding& one) { return one.approval.empty(); });
    std::move(approved, list->end(), std::back_inserter(summary.approved));
    list->erase(approved, list->end());
  }
}

std::map<std::string, double> metrics_of(const Summary& summary) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  const auto problems = [&](const auto& uses) {
    return number(static_cast<std::uint64_t>(
        std::count_if(uses.begin(), uses.end(), [](const auto& use) { return !use.problem.empty(); })));
  };
  std::map<std::string, double> metrics = {{"compared", number(summary.compared)},
                                           {"equal", number(summary.equal)},
                                           {"different", number(summary.different)},
                                           {"findings", number(summary.findings.size())},
                                           {"findings.high", 0},
                                           {"findings.medium", 0},
                                           {"findings.low", 0},
                                           {"findings.folded", number(summary.folded.size())},
                                           {"findings.approved", number(summary.approved.size())},
                                           {"match_rate", summary.match_rate()},
                                           {"status_changes", number(summary.status_changes)},
                                           {"failed", number(summary.failed)},
                                           {"coverage", summary.coverage.share()},
                                           {"rules.problems", problems(summary.rules)},
                                           {"approvals.problems", problems(summary.approvals)},
                                           {"not_compared", 0}};
  for (const Finding& finding : summary.findings) metrics["findings." + std::string(name_of(finding.severity))] += 1;
  for (const auto& [reason, count] : summary.failed_by_reason) metrics["failed." + reason] = number(count);
  for (std::size_t reason = 0; reason < diff::kNotComparedCount; ++reason) {
    const auto name = std::string(name_of(static_cast<diff::NotCompared>(reason)));
    const auto at = summary.not_compared.find(name);
    const double count = at == summary.not_compared.end() ? 0 : number(at->second);
    metrics["not_compared." + name] = count;
    metrics["not_compared"] += count;
  }
  return metrics;
}

}  // namespace tracerec::gate
