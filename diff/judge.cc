#include "diff/judge.h"

#include <algorithm>
#include <tuple>

#include "diff/compare.h"
#include "diff/endpoint.h"

namespace tracerec::diff {
namespace {

// Reasons come from our own transport; a bound all the same, since they are keys in memory.
constexpr std::size_t kMaxFailureReasons = 64;

bool more_important(const Finding& a, const Finding& b) {
  return std::tuple(b.severity, b.exchanges, std::tie(a.endpoint, a.location, a.kind)) <
         std::tuple(a.severity, a.exchanges, std::tie(b.endpoint, b.location, b.kind));
}

}  // namespace

// The differences of one pair on their way into the judge.
class PairSink final : public DifferenceSink {
 public:
  PairSink(Judge& judge, const Pair& pair) : judge_(judge), pair_(pair) {}

  void on_difference(const Difference& difference) override {
    if (endpoint_.empty()) endpoint_ = endpoint_of(pair_.method, pair_.target);
    if (difference.kind == Kind::kStatus) ++judge_.totals_.status_changes;
    if (passes_as_noise(difference)) return;
    different_ = true;
    judge_.add_finding(endpoint_, pair_.exchange_id, difference);
  }

  void on_not_compared(NotCompared reason) override { ++judge_.not_compared_[static_cast<std::size_t>(reason)]; }

  [[nodiscard]] bool different() const { return different_; }
  [[nodiscard]] bool noisy() const { return noisy_; }

 private:
  // A value of the wrong shape at a noisy place becomes a finding of its own kind here.
  bool passes_as_noise(const Difference& difference) {
    const LocationNoise* noise = judge_.noise_.find(endpoint_, difference.location);
    if (!noise || !Noise::covers(*noise, difference)) return false;
    if (const auto why = noise->shape.violation(difference.recorded, difference.replayed)) {
      different_ = true;
      Difference shape = difference;
      shape.kind = Kind::kShape;
      shape.note = *why;
      judge_.add_finding(endpoint_, pair_.exchange_id, shape);
      return true;
    }
    noisy_ = true;
    ++judge_.noise_applied_[place_key(endpoint_, difference.location)];
    return true;
  }

  Judge& judge_;
  const Pair& pair_;
  std::string endpoint_;
  bool different_ = false;
  bool noisy_ = false;
};

double Summary::match_rate() const {
  return compared == 0 ? 0 : static_cast<double>(equal) / static_cast<double>(compared);
}

void Judge::add_pair(const Pair& pair) {
  if (!pair.failure.empty()) return add_failure(pair.failure);
  PairSink sink(*this, pair);
  if (!pair.recorded_complete) return sink.on_not_compared(NotCompared::kRecordedIncomplete);
  ++totals_.compared;
  compare_messages(pair.method, pair.recorded, pair.replayed, sink);
  ++(sink.different() ? totals_.different : totals_.equal);
  totals_.equal_noisy += sink.noisy() && !sink.different();
}

void Judge::add_failure(const std::string& reason) {
  ++totals_.failed;
  auto& reasons = totals_.failed_by_reason;
  const bool room = reasons.size() < kMaxFailureReasons || reasons.contains(reason);
  ++reasons[room ? reason : "other"];
}

Finding* Judge::find_or_make(const std::string& endpoint, const Difference& difference) {
  std::string key = place_key(endpoint, difference.location);
  key += '\0';
  key += name_of(difference.kind);
  const auto at = findings_.find(key);
  if (at != findings_.end()) return &at->second;
  if (findings_.size() >= limits_.max_findings) return nullptr;
  Finding& finding = findings_[std::move(key)];
  finding.endpoint = endpoint;
  finding.location = difference.location.substr(0, kMaxLocationBytes);
  finding.kind = difference.kind;
  return &finding;
}

void Judge::add_finding(const std::string& endpoint, std::int64_t exchange_id, const Difference& difference) {
  Finding* finding = find_or_make(endpoint, difference);
  if (!finding) {
    ++totals_.findings_not_kept;
    return;
  }
  finding->severity = std::max(finding->severity, severity_of(difference));
  finding->exchanges += finding->differences == 0 || finding->last_pair != totals_.compared;
  ++finding->differences;
  finding->last_pair = totals_.compared;
  if (finding->samples.size() < limits_.max_samples) finding->samples.push_back(make_sample(exchange_id, difference));
}

Summary Judge::summary() const {
  Summary summary = totals_;
  for (std::size_t reason = 0; reason < kNotComparedCount; ++reason) {
    const auto name = std::string(name_of(static_cast<NotCompared>(reason)));
    if (not_compared_[reason] > 0) summary.not_compared[name] = not_compared_[reason];
  }
  for (const auto& [key, finding] : findings_) summary.findings.push_back(finding);
  std::sort(summary.findings.begin(), summary.findings.end(), more_important);
  summary.noise = noise_.entries();
  for (NoiseEntry& entry : summary.noise) {
    const auto applied = noise_applied_.find(place_key(entry.endpoint, entry.location));
    if (applied != noise_applied_.end()) entry.applied = applied->second;
  }
  return summary;
}

std::map<std::string, double> metrics_of(const Summary& summary) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  std::map<std::string, double> metrics = {{"compared", number(summary.compared)},
                                           {"equal", number(summary.equal)},
                                           {"different", number(summary.different)},
                                           {"findings", number(summary.findings.size())},
                                           {"findings.high", 0},
                                           {"findings.medium", 0},
                                           {"findings.low", 0},
                                           {"match_rate", summary.match_rate()},
                                           {"status_changes", number(summary.status_changes)},
                                           {"failed", number(summary.failed)},
                                           {"not_compared", 0}};
  for (const Finding& finding : summary.findings) metrics["findings." + std::string(name_of(finding.severity))] += 1;
  for (const auto& [reason, count] : summary.failed_by_reason) metrics["failed." + reason] = number(count);
  for (std::size_t reason = 0; reason < kNotComparedCount; ++reason) {
    const auto name = std::string(name_of(static_cast<NotCompared>(reason)));
    const auto at = summary.not_compared.find(name);
    const double count = at == summary.not_compared.end() ? 0 : number(at->second);
    metrics["not_compared." + name] = count;
    metrics["not_compared"] += count;
  }
  return metrics;
}

}  // namespace tracerec::diff
