#include "gate/drift.h"

#include <cstdio>
#include <optional>
#include <string>

#include "gate/coverage.h"
#include "gate/statistics.h"

namespace tracerec::gate {
namespace {

// False discoveries accepted among the noisy locations that are reported because they differ more than on their own.
constexpr double kFalseDiscoveryRate = 0.01;
// A location that may well vary in half of all groups is noisy; no count of differences says that it is more.
constexpr double kMostlyStable = 0.5;
// Below these odds a flag that varies more often at one endpoint than at others does so for a reason.
constexpr double kVariesMoreHere = 0.001;

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", share * 100);
  return text;
}

// A noisy location, and what is known of it.
struct Tested {
  const Finding* finding;
  Share own;       // groups of equal requests in which it varied
  Share observed;  // compared responses in which it differs
  bool shared;     // `own` is that of other endpoints: Noise::shared_flag()
};

// Other endpoints tell how often a flag varies, unless it varies more often here.
std::optional<Tested> test_of(const Finding& finding, const EndpointState& endpoint, const Noise& noise) {
  const Share observed{finding.exchanges, endpoint.compared};
  const LocationNoise* known = noise.find(finding.endpoint, finding.location);
  const auto pooled = noise.shared_flag(finding.location);
  if (!known) return pooled ? std::optional(Tested{&finding, *pooled, observed, true}) : std::nullopt;
  const Share own = noise.drift(finding.endpoint, *known);
  const bool as_elsewhere = pooled && fisher_exact_p(*pooled, own) > kVariesMoreHere;
  return Tested{&finding, as_elsewhere ? *pooled : own, observed, false};
}

// What happened at other endpoints explains a few responses of many, whatever the odds say of few.
bool is_mostly_different(const Tested& one) {
  return one.shared && one.observed.hits * 4 >= one.observed.trials;
}

std::vector<Tested> testable(const Observations& seen, const Noise& noise) {
  std::vector<Tested> tested;
  for (const auto& [key, finding] : seen.noisy) {
    const EndpointState* endpoint = seen.find(finding.endpoint);
    if (!endpoint || is_presence_only(finding.location)) continue;
    const auto one = test_of(finding, *endpoint, noise);
    if (one && (one->shared || wilson_interval(one->own).high < kMostlyStable)) tested.push_back(*one);
  }
  return tested;
}

std::string evidence(const Tested& one) {
  const double share = static_cast<double>(one.observed.hits) / static_cast<double>(one.observed.trials);
  return "differs in " + percent(share) + " of the responses, on its own" + (one.shared ? " at other endpoints" : "") +
         " in " + std::to_string(one.own.hits) + " of " + std::to_string(one.own.trials) + " groups (at most " +
         percent(wilson_interval(one.own).high) + ")";
}

}  // namespace

std::vector<Finding> drifted_findings(const Observations& seen, const Noise& noise) {
  const std::vector<Tested> tested = testable(seen, noise);
  std::vector<double> p_values;
  for (const Tested& one : tested) p_values.push_back(fisher_exact_p(one.own, one.observed));
  const std::vector<bool> significant = benjamini_hochberg(p_values, kFalseDiscoveryRate);
  std::vector<Finding> findings;
  for (std::size_t i = 0; i < tested.size(); ++i) {
    if (!significant[i] && !is_mostly_different(tested[i])) continue;
    Finding& finding = findings.emplace_back(*tested[i].finding);
    for (Sample& sample : finding.samples) sample.note = evidence(tested[i]);
  }
  return findings;
}

}  // namespace tracerec::gate
