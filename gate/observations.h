// What is counted while pairs come in; the summary of a run is made from it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "diff/endpoint_rules.h"
#include "gate/finding.h"
#include "gate/finding_store.h"
#include "gate/location_survey.h"

namespace tracerec::gate {

struct EndpointState {
  std::string name;
  bool guessed = false;  // EndpointName::guessed
  diff::EndpointRules rules;
  std::uint64_t compared = 0;
};

// Bounded, whatever comes in: the judge sees to that.
struct Observations {
  Observations(const diff::Rules& rules_in, std::size_t max_findings)
      : findings(rules_in, max_findings), rule_passed(rules_in.rules.size()) {}

  std::unordered_map<std::string, EndpointState> endpoints;  // by name
  FindingStore findings;
  Findings noisy;  // what noise allowed, in case that it is more than noise explains
  std::unordered_map<std::string, std::uint64_t> generated;  // by location_key(): differences in times and ids
  std::unordered_set<std::string> varied;  // locations where rules allowed something, by location_key()
  std::vector<std::uint64_t> rule_passed;  // by rule: differences that it allowed
  LocationSurvey survey;

  // nullptr: no response of it was compared.
  [[nodiscard]] const EndpointState* find(const std::string& endpoint) const {
    const auto at = endpoints.find(endpoint);
    return at == endpoints.end() ? nullptr : &at->second;
  }
};

}  // namespace tracerec::gate
