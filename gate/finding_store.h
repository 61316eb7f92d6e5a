// Findings by endpoint, location and kind: a bounded number, chosen so that no cause pushes out another one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "diff/difference.h"
#include "diff/rules.h"
#include "gate/finding.h"

namespace tracerec::gate {

using Findings = std::unordered_map<std::string, Finding>;  // by key_of_finding()

[[nodiscard]] std::string key_of_finding(std::string_view endpoint, std::string_view location, diff::Kind kind);
// Changes of status of other classes are other findings.
[[nodiscard]] std::string key_of_finding(std::string_view endpoint, const diff::Difference& difference);

// Those that an approval names are kept apart: they take no room from the others. Of the others crowds give way: of
// many findings of one kind at one endpoint, or of one kind and name at many endpoints, the later ones. Among those
// that are as crowded the first of every (endpoint, kind, last name of the location) is kept before the second of any,
// and then the more severe one. One thread.
class FindingStore {
 public:
  FindingStore(const diff::Rules& rules, std::size_t limit);

  // The finding of this difference, made when it is new. nullptr: there is no room for it; it is counted.
  [[nodiscard]] Finding* find_or_make(const std::string& endpoint, const diff::Difference& difference);

  // Calls visit(const Finding&) for each.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const auto* findings : {&findings_, &approved_}) {
      for (const auto& [key, finding] : *findings) visit(finding);
    }
  }

  // Differences whose finding was not kept.
  [[nodiscard]] std::uint64_t not_kept() const { return not_kept_; }

  // Of what they are, the most first. At most kMaxCauses; the rest is what not_kept() is more.
  [[nodiscard]] std::vector<NotKept> not_kept_by_cause() const;

  static constexpr std::size_t kMaxCauses = 100;

 private:
  enum Crowd : std::size_t {
    kSame,
    kOfEndpoint,
    kOfName
  };  // endpoint, kind and name; endpoint and kind; kind and name
  using CrowdKeys = std::array<std::string, 3>;

  // Where a finding stands among the kept ones; the greatest goes first.
  struct Place {
    bool is_repeated = false;  // not the first of its endpoint, kind and name
    std::size_t crowding = 0;  // how crowded it is around it, roughly: doubled counts
    int mildness = 0;          // the less severe, the more
    std::size_t rank = 0;      // in the larger one of its crowds
    std::uint64_t number = 0;  // of arrival
    const std::string* key = nullptr;
    NotKept cause{};     // what it is counted as when it goes
    CrowdKeys crowds{};  // that it is one of

    [[nodiscard]] auto order() const { return std::tuple(crowding, is_repeated, mildness, rank, number); }
    bool operator<(const Place& other) const { return order() < other.order(); }
  };

  [[nodiscard]] bool is_approved(const std::string& endpoint, const diff::Difference& difference) const;
  [[nodiscard]] std::size_t count_of(const std::string& crowd) const;
  [[nodiscard]] Place place_of(const std::string& endpoint, const diff::Difference& difference) const;
  [[nodiscard]] bool make_room(const Place& place);
  void take_place(Place place, const std::string& key);
  void forget(const Place& place);
  void count_not_kept(const NotKept& cause, std::uint64_t differences);

  std::unordered_set<std::string> approved_signatures_;
  std::size_t limit_;
  Findings findings_;
  Findings approved_;
  std::set<Place> places_;                              // of findings_
  std::unordered_map<std::string, std::size_t> sizes_;  // of the crowds of findings_
  std::uint64_t arrivals_ = 0;
  std::uint64_t not_kept_ = 0;
  std::map<std::tuple<std::string, std::string, diff::Kind>, std::uint64_t> not_kept_of_;
};

}  // namespace tracerec::gate
