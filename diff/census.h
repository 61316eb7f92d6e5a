// Which places the recorded answers have: what a gate could check, and what rules could mean.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "diff/input.h"

namespace tracerec::diff {

struct PlaceSeen {
  std::uint64_t answers = 0;
  bool container = false;  // an object or an array: its elements are places of their own
};

// Memory: at most kMaxPlaces places. The first kAnswersPerEndpoint answers of each endpoint are looked at; later ones
// seldom have other places, and reading all would cost as much as comparing them.
class Census {
 public:
  void survey(const std::string& endpoint, std::string_view method, const Message& answer);

  struct Place {
    std::string endpoint, location;
    PlaceSeen seen;
  };
  [[nodiscard]] std::vector<Place> places() const;  // sorted
  [[nodiscard]] std::uint64_t unreadable_answers() const { return unreadable_; }

  static constexpr std::size_t kMaxPlaces = 20000;
  static constexpr std::uint64_t kAnswersPerEndpoint = 50;

 private:
  void add(const std::string& endpoint, std::string_view location, bool container);
  void survey_json(const std::string& endpoint, std::string_view json);

  std::unordered_map<std::string, std::uint64_t> endpoints_;
  std::unordered_map<std::string, PlaceSeen> places_;  // by place_key()
  std::uint64_t unreadable_ = 0;
};

}  // namespace tracerec::diff
