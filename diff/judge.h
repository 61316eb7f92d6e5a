// Takes pair after pair and adds up what differs.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "diff/difference.h"
#include "diff/finding.h"
#include "diff/input.h"
#include "diff/noise.h"

namespace tracerec::diff {

struct JudgeLimits {
  std::size_t max_findings = 1000;  // distinct ones that are kept
  std::size_t max_samples = 3;      // of each
};

// What a run came to. compared = equal + different.
struct Summary {
  std::uint64_t compared = 0;     // answered pairs that were judged
  std::uint64_t equal = 0;        // nothing to report
  std::uint64_t equal_noisy = 0;  // of these: they differed, but only where and how noise allows it
  std::uint64_t different = 0;    // with at least one finding
  std::uint64_t status_changes = 0;
  std::uint64_t failed = 0;  // pairs without an answer
  std::map<std::string, std::uint64_t> failed_by_reason;
  std::map<std::string, std::uint64_t> not_compared;  // reason → how often; docs/diff.md lists the reasons
  std::vector<Finding> findings;                      // by severity, then by count, the largest first
  std::uint64_t findings_not_kept = 0;                // differences beyond JudgeLimits::max_findings
  std::vector<NoiseEntry> noise;                      // with what each let pass

  [[nodiscard]] double match_rate() const;  // equal / compared; 0 when nothing was compared
};

// Memory does not grow with the number of pairs. One thread at a time; several judges may share one Noise.
class Judge {
 public:
  // `noise` is borrowed and must outlive the judge; it is not learning any more.
  explicit Judge(const Noise& noise, JudgeLimits limits = {}) : noise_(noise), limits_(limits) {}

  void add_pair(const Pair& pair);

  // What was added so far.
  [[nodiscard]] Summary summary() const;

 private:
  friend class PairSink;
  void add_failure(const std::string& reason);
  void add_finding(const std::string& endpoint, std::int64_t exchange_id, const Difference& difference);
  [[nodiscard]] Finding* find_or_make(const std::string& endpoint, const Difference& difference);

  const Noise& noise_;
  JudgeLimits limits_;
  Summary totals_;  // of the parts that are counted as pairs come in
  std::array<std::uint64_t, kNotComparedCount> not_compared_{};
  std::unordered_map<std::string, Finding> findings_;
  std::unordered_map<std::string, std::uint64_t> noise_applied_;  // by place_key()
};

// The numbers that a gate speaks of (gate.h): compared, equal, different, findings, findings.high|medium|low,
// match_rate, status_changes, failed, failed.REASON, not_compared, not_compared.REASON. The caller adds latency.* and
// others.
[[nodiscard]] std::map<std::string, double> metrics_of(const Summary& summary);

}  // namespace tracerec::diff
