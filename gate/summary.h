// What a run came to, as a value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "diff/rules.h"
#include "gate/finding.h"
#include "gate/noise.h"

namespace tracerec::gate {

// What a rule did.
struct RuleUse {
  std::string name;  // "rules[3] (line 12)"
  std::string endpoint;
  std::string path;
  std::uint64_t passed = 0;     // differences that it allowed
  std::uint64_t locations = 0;  // (endpoint, location) that it covers in the recorded responses
  std::uint64_t quiet = 0;      // of these: locations that never varied, neither in the recording nor in the run
  std::vector<std::string> quiet_examples;
  std::string problem;  // "matches nothing", "covers 12 locations that never varied"; empty: none
};

struct ApprovalUse {
  diff::Approval approval;
  std::uint64_t exchanges = 0;  // of the finding that it names
  std::string problem;          // "expired", "unused", "covers at most 10 exchanges, there are 12"; empty: in use
};

// How much of the recorded responses the gate checks. Counted are (endpoint, location) with a value.
struct Coverage {
  std::uint64_t locations = 0;
  std::uint64_t exact = 0;     // another value is a finding
  std::uint64_t shape = 0;     // noisy or loosened: presence, type and shape are checked
  std::uint64_t presence = 0;  // headers that change on their own
  std::uint64_t ignored = 0;   // by rule
  std::uint64_t unreadable_responses = 0;

  [[nodiscard]] double share() const;  // (exact + shape) / locations; 0 when there are none
};

// A request that got no response.
struct FailedExchange {
  std::int64_t exchange_id = 0;
  std::string method;
  std::string target;  // cut after kMaxSampleBytes
  std::string reason;  // "timeout", "refused"…
};
constexpr std::size_t kMaxFailures = 1000;

// What a run came to. compared = equal + different.
struct Summary {
  std::uint64_t compared = 0;     // pairs with a new response that were compared
  std::uint64_t equal = 0;        // nothing to report
  std::uint64_t equal_noisy = 0;  // of these: they differed, but only where and how noise allows it
  std::uint64_t different = 0;    // with at least one finding
  std::uint64_t open_ended = 0;   // compared ones whose response has no end: as far as both go
  std::uint64_t status_changes = 0;
  std::uint64_t failed = 0;  // pairs without a response
  // Not everything was sent: a difference that is not among the findings may only not have been looked for.
  bool is_partial = false;
  std::map<std::string, std::uint64_t> failed_by_reason;
  std::vector<FailedExchange> failures;               // the first kMaxFailures of them
  std::map<std::string, std::uint64_t> not_compared;  // reason → how often; docs/diff.md lists the reasons
  std::vector<Finding> findings;   // root causes first, then by severity, then by count, the largest first
  std::vector<Finding> dependent;  // only there because of one of these (Finding::cause); the gate counts them once
  std::vector<Finding> approved;   // somebody accepted them
  std::uint64_t findings_not_kept = 0;          // differences beyond JudgeLimits::max_findings
  std::vector<NotKept> not_kept;                // of which causes, the most first; others are the rest of that number
  std::vector<NoiseEntry> noise;                // with what each allowed
  std::vector<NoiseEntry> generated;            // times and ids that differ as they must; `seen` and `drift` are empty
  std::vector<NoiseEntry> state;                // varied only across writes; differences there are findings
  std::map<std::string, std::uint64_t> limits;  // bounds that were reached, by name → what was not looked at
  std::vector<RuleUse> rules;
  std::vector<ApprovalUse> approvals;
  Coverage coverage;

  [[nodiscard]] double match_rate() const;  // equal / compared; 0 when nothing was compared
};

}  // namespace tracerec::gate
