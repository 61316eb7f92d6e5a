#include "gate/rule_audit.h"

#include <string>
#include <unordered_set>

namespace tracerec::gate {
namespace {

constexpr std::size_t kQuietExamples = 3;

// Which locations varied: in the recording, or in the run.
class Variation {
 public:
  Variation(const Observations& seen, const Noise& noise) : seen_(seen), noise_(noise) {
    seen.findings.for_each(
        [&](const Finding& finding) { different_.insert(location_key(finding.endpoint, finding.location)); });
  }

  [[nodiscard]] bool has(const std::string& endpoint, const std::string& location) const {
    const std::string key = location_key(endpoint, location);
    return seen_.varied.contains(key) || different_.contains(key) || noise_.find(endpoint, location) != nullptr;
  }

 private:
  const Observations& seen_;
  const Noise& noise_;
  std::unordered_set<std::string> different_;
};

void note_covered(RuleUse& use, const diff::Rule& rule, const SurveyedLocation& at, const Variation& variation) {
  const bool about_arrays = rule.unordered || !rule.keys.empty();
  if (at.seen.container && !about_arrays) return;
  ++use.locations;
  const bool loosens = rule.ignore || rule.tolerance || rule.shape;
  if (!loosens || at.seen.container || variation.has(at.endpoint, at.location)) return;
  ++use.quiet;
  if (use.quiet_examples.size() < kQuietExamples) use.quiet_examples.push_back(at.endpoint + " " + at.location);
}

std::string problem_of(const RuleUse& use) {
  if (use.locations == 0 && use.passed == 0) return "matches nothing: remove it, or correct its endpoint or path";
  if (use.quiet == 0) return {};
  const std::string quiet = std::to_string(use.quiet);
  if (use.quiet == use.locations && use.passed == 0) {
    return "covers " + quiet + " locations that never varied: is it still needed?";
  }
  return "too broad: " + quiet + " of the " + std::to_string(use.locations) + " locations that it covers never varied";
}

}  // namespace

std::vector<RuleUse> audit_rules(const diff::Rules& rules, const Observations& seen, const Noise& noise) {
  std::vector<RuleUse> uses;
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    const diff::Rule& rule = rules.rules[i];
    uses.push_back({rule.name, rule.endpoint, rule.location.text(), seen.rule_passed[i], 0, 0, {}, {}});
  }
  const Variation variation(seen, noise);
  for (const SurveyedLocation& at : seen.survey.locations()) {
    const EndpointState* endpoint = seen.find(at.endpoint);
    if (!endpoint) continue;
    for (const std::size_t index : endpoint->rules.loosening(at.location)) {
      note_covered(uses[index], rules.rules[index], at, variation);
    }
  }
  for (RuleUse& use : uses) use.problem = problem_of(use);
  return uses;
}

}  // namespace tracerec::gate
