// Takes pair after pair and adds up what differs.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "diff/difference.h"
#include "diff/input.h"
#include "diff/rules.h"
#include "gate/dependents.h"
#include "gate/endpoint.h"
#include "gate/finding.h"
#include "gate/known_pairs.h"
#include "gate/noise.h"
#include "gate/observations.h"
#include "gate/summary.h"

namespace tracerec::gate {

struct JudgeLimits {
  std::size_t max_findings = 1000;  // distinct ones that are kept
  std::size_t max_samples = 3;      // of each
};

// Memory does not grow with the number of pairs. One thread at a time; several judges may share what they borrow.
class Judge {
 public:
  // `noise`, `rules` and `endpoints` are borrowed, must outlive the judge, and are not learning any more.
  explicit Judge(const Noise& noise, JudgeLimits limits = {});
  Judge(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints, JudgeLimits limits = {});
  // `counterparts` is borrowed, and learns.
  Judge(const Noise& noise, const diff::Rules& rules, const Endpoints& endpoints, Counterparts& counterparts);

  struct Outcome {
    bool different = false;  // it has a finding
    bool clocks = false;     // a value of one of them may be a clock: a number, or a time
  };
  Outcome add_pair(const diff::Pair& pair);

  // What was added so far, approvals left aside.
  [[nodiscard]] Summary summary() const;

 private:
  friend class PairSink;
  EndpointState& state_of(const diff::Pair& pair);
  void add_failure(const diff::Pair& pair);
  [[nodiscard]] std::string root_of_unsent(const diff::Pair& pair);
  void add_finding(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference,
                   const std::string* cause);
  void add_to(Finding& finding, const EndpointState& endpoint, const diff::Pair& pair,
              const diff::Difference& difference, const std::string* cause);
  void add_noise(const EndpointState& endpoint, const diff::Pair& pair, const diff::Difference& difference);
  void add_generated(const EndpointState& endpoint, const diff::Difference& difference);
  void note_rule(const std::string& endpoint, const diff::Difference& difference, std::size_t rule);

  const Noise& noise_;
  const diff::Rules& rules_;
  const Endpoints& endpoints_;
  JudgeLimits limits_;
  Summary totals_;  // of the parts that are counted as pairs come in
  std::array<std::uint64_t, diff::kNotComparedCount> not_compared_{};
  Observations seen_;
  Counterparts own_counterparts_;
  KnownPairs known_;
  EndpointState beyond_;  // of a pair whose endpoint is one too many
  Dependents dependents_;
  std::unordered_map<std::int64_t, std::string> needed_;  // exchange that others needed → signature of its finding
  std::unordered_map<std::string, std::uint64_t> unsent_of_;  // signature → exchanges that were not sent
};

}  // namespace tracerec::gate
