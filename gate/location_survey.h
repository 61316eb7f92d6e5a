// Which locations the recorded responses have: what a gate could check, and what rules could mean.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "body/json_document.h"
#include "body/json_path.h"
#include "diff/input.h"

namespace tracerec::gate {

struct LocationSeen {
  std::uint64_t responses = 0;
  bool container = false;  // an object or an array: its elements are locations of their own
};

struct SurveyedLocation {
  std::string endpoint, location;
  LocationSeen seen;
};

// Memory: at most kMaxLocations locations. The first kResponsesPerEndpoint responses of each endpoint are looked at;
// later ones seldom have other locations, and reading all would cost as much as comparing them.
class LocationSurvey {
 public:
  void survey(const std::string& endpoint, std::string_view method, const diff::Message& response);

  [[nodiscard]] std::vector<SurveyedLocation> locations() const;  // sorted
  [[nodiscard]] std::uint64_t unreadable_responses() const { return unreadable_; }

  static constexpr std::size_t kMaxLocations = 20000;
  static constexpr std::uint64_t kResponsesPerEndpoint = 50;

 private:
  void add(const std::string& endpoint, std::string_view location, bool container);
  void survey_json(const std::string& endpoint, const body::JsonDocument& document, body::JsonPath& path, int embedded);

  std::unordered_map<std::string, std::uint64_t> endpoints_;
  std::unordered_map<std::string, LocationSeen> locations_;  // by location_key()
  std::uint64_t unreadable_ = 0;
};

}  // namespace tracerec::gate
