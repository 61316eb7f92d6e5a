// Findings by endpoint, location and kind: a bounded number, the most severe ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "diff/difference.h"
#include "diff/rules.h"
#include "gate/finding.h"

namespace tracerec::gate {

using Findings = std::unordered_map<std::string, Finding>;  // by key_of_finding()

[[nodiscard]] std::string key_of_finding(std::string_view endpoint, std::string_view location, diff::Kind kind);

// Those that an approval names are kept apart: they take no room from the others.
class FindingStore {
 public:
  FindingStore(const diff::Rules& rules, std::size_t limit);

  // The finding of this difference, made when it is new. nullptr: there is room for none as severe as this one; it is
  // counted.
  [[nodiscard]] Finding* find_or_make(const std::string& endpoint, const diff::Difference& difference);

  // Calls visit(const Finding&) for each.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const auto* findings : {&findings_, &approved_}) {
      for (const auto& [key, finding] : *findings) visit(finding);
    }
  }

  // Differences whose finding was not kept. All of them are at most as severe as the least severe one that was.
  [[nodiscard]] std::uint64_t not_kept() const { return not_kept_; }

 private:
  [[nodiscard]] bool is_approved(const std::string& endpoint, const diff::Difference& difference) const;
  [[nodiscard]] bool make_room(Severity severity);

  std::unordered_set<std::string> approved_signatures_;
  std::size_t limit_;
  Findings findings_;
  Findings approved_;
  std::uint64_t not_kept_ = 0;
};

}  // namespace tracerec::gate
