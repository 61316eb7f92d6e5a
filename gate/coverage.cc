#include "gate/coverage.h"

#include <algorithm>

#include "diff/headers.h"

namespace tracerec::gate {
namespace {

// Which of the counts of a Coverage a location belongs to.
std::uint64_t Coverage::*check_of(const diff::Rules& rules, const diff::EndpointRules& of_endpoint,
                                  const std::string& location, const LocationNoise* noise) {
  if (of_endpoint.is_ignored(location)) return &Coverage::ignored;
  if (of_endpoint.is_exact(location, location)) return &Coverage::exact;
  const auto loosening = of_endpoint.loosening(location);
  const bool loosened = std::any_of(loosening.begin(), loosening.end(), [&](std::size_t index) {
    return rules.rules[index].tolerance || rules.rules[index].shape;
  });
  const bool noisy = noise && noise->varied_in(diff::Kind::kValue);
  if (is_presence_only(location) && !loosened && !noisy) return &Coverage::presence;
  return noisy || loosened ? &Coverage::shape : &Coverage::exact;
}

}  // namespace

Coverage coverage_of(const diff::Rules& rules, const Observations& seen, const Noise& noise) {
  Coverage coverage;
  coverage.unreadable_responses = seen.survey.unreadable_responses();
  for (const SurveyedLocation& at : seen.survey.locations()) {
    const EndpointState* endpoint = seen.find(at.endpoint);
    if (at.seen.container || !endpoint) continue;
    ++coverage.locations;
    ++(coverage.*check_of(rules, endpoint->rules, at.location, noise.find(at.endpoint, at.location)));
  }
  return coverage;
}

bool is_presence_only(std::string_view location) {
  for (const std::string_view prefix : {diff::kHeaderPrefix, diff::kTrailerPrefix}) {
    if (location.starts_with(prefix))
      return diff::header_check(location.substr(prefix.size())) == diff::HeaderCheck::kPresence;
  }
  return false;
}

}  // namespace tracerec::gate
