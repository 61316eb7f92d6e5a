// Takes pair after pair and adds up what differs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "diff/difference.h"
#include "diff/endpoint_rules.h"
#include "diff/input.h"
#include "diff/rules.h"
#include "gate/dependents.h"
#include "gate/endpoint.h"
#include "gate/finding.h"
#include "gate/location_survey.h"
#include "gate/noise.h"

namespace tracerec::gate {

struct JudgeLimits {
  std::size_t max_findings = 1000;  // distinct ones that are kept
  std::size_t max_samples = 3;      // of each
};

// What a rule did.
struct RuleUse {
  std::string name;  // "rules[3] (line 12)"
  std::string endpoint;
  std::string path;
  std::uint64_t passed = 0;  // differences that it let pass
  std::uint64_t places = 0;  // (endpoint, location) that it covers in the recorded responses
  std::uint64_t quiet = 0;   // of these: locations that never varied, neither in the recording nor in the run
  std::vector<std::string> quiet_examples;
  std::string problem;  // "matches nothing", "covers 12 locations that never varied"; empty: none
};

struct ApprovalUse {
  diff::Approval approval;
  std::uint64_t exchanges = 0;  // of the finding that it names
  std::string problem;          // "expired", "unused", "covers at most 10 exchanges, there are 12"; empty: in use
};

// How much of the recorded responses the gate looks at. A location is an (endpoint, location) with a value.
struct Coverage {
  std::uint64_t places = 0;
  std::uint64_t exact = 0;     // another value is a finding
  std::uint64_t shape = 0;     // noisy or loosened: presence, type and shape are checked
  std::uint64_t presence = 0;  // headers that change by themselves
  std::uint64_t ignored = 0;   // by rule
  std::uint64_t unreadable_responses = 0;

  [[nodiscard]] double share() const;  // (exact + shape) / locations; 0 when there are none
};

// What a run came to. compared = equal + different.
struct Summary {
  std::uint64_t compared = 0;     // answered pairs that were judged
  std::uint64_t equal = 0;        // nothing to report
  std::uint64_t equal_noisy = 0;  // of these: they differed, but only where and how noise allows it
  std::uint64_t different = 0;    // with at least one finding
  std::uint64_t status_changes = 0;
  std::uint64_t failed = 0;  // pairs without a response
  std::map<std::string, std::uint64_t> failed_by_reason;
  std::map<std::string, std::uint64_t> not_compared;  // reason → how often; docs/diff.md lists the reasons
  std::vector<Finding> findings;  // root causes first, then by severity, then by count, the largest first
  std::vector<Finding> folded;    // only there because of one of these (Finding::cause); the gate counts them once
  std::vector<Finding> approved;  // somebody accepted them
  std::uint64_t findings_not_kept = 0;  // differences beyond JudgeLimits::max_findings
  std::vector<NoiseEntry> noise;        // with what each let pass
  std::vector<RuleUse> rules;
  std::vector<ApprovalUse> approvals;
  Coverage coverage;

  [[nodiscard]] double match_rate() const;  // equal / compared; 0 when nothing was compared
};

// Memory does not grow with the number of pairs. One thread at a time; several judges may share what they borrow.
class Judge {
 public:
  // `noise`, `rules` and `endpoints` are borrowed, must outlive the judge, and are not learning any more.
  explicit Judge(const Noise& noise, JudgeLimits limits = {});
  Judge(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints, JudgeLimits limits = {});

  // True: it has a finding.
  bool add_pair(const diff::Pair& pair);

  // What was added so far, approvals left aside.
  [[nodiscard]] Summary summary() const;

 private:
  friend class PairSink;
  struct EndpointState {
    std::string name;
    diff::EndpointRules rules;
    std::uint64_t compared = 0;
  };
  using Findings = std::unordered_map<std::string, Finding>;

  EndpointState& state_of(const diff::Pair& pair);
  void add_failure(const std::string& reason);
  [[nodiscard]] std::string root_of_unsent(const diff::Pair& pair);
  void add_finding(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference,
                   const std::string* cause);
  void add_to(Finding& finding, const EndpointState& endpoint, const diff::Pair& pair,
              const diff::Difference& difference, const std::string* cause);
  [[nodiscard]] static Finding* find_or_make(Findings& findings, std::size_t limit, const std::string& endpoint,
                                             const diff::Difference& difference);
  void add_noise(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference);
  void note_rule(const std::string& endpoint, const diff::Difference& difference, std::size_t rule);
  void add_drifted(Summary& summary) const;
  void add_rules(Summary& summary) const;
  [[nodiscard]] bool has_varied(const std::string& endpoint, const std::string& location) const;
  void add_coverage(Summary& summary) const;

  const Noise& noise_;
  const diff::Rules& rules_;
  const Endpoints& endpoints_;
  JudgeLimits limits_;
  Summary totals_;  // of the parts that are counted as pairs come in
  std::array<std::uint64_t, diff::kNotComparedCount> not_compared_{};
  std::unordered_map<std::string, EndpointState> states_;
  Findings findings_;
  Findings noisy_;  // what noise let pass, in case that it is more than noise explains; by location and kind
  std::unordered_set<std::string> varied_;  // locations where rules let something pass, by location_key()
  std::vector<std::uint64_t> rule_passed_;
  LocationSurvey survey_;
  Dependents dependents_;
  std::unordered_map<std::int64_t, std::string> needed_;  // exchange that others needed → signature of its finding
  std::unordered_map<std::string, std::uint64_t> unsent_of_;  // signature → exchanges that were not sent
};

// Moves findings that somebody accepted out of `findings` (and with them their consequences) and tells what each
// approval did. `today` is "2027-01-31": approvals that expired before it do not count.
void apply_approvals(const diff::Rules& rules, const std::string& today, Summary& summary);

// The numbers that a gate speaks of (gate.h): compared, equal, different, findings, findings.high|medium|low,
// findings.folded, findings.approved, match_rate, status_changes, failed, failed.REASON, not_compared,
// not_compared.REASON, coverage, rules.problems, approvals.problems. The caller adds latency.* and others.
[[nodiscard]] std::map<std::string, double> metrics_of(const Summary& summary);

}  // namespace tracerec::gate
