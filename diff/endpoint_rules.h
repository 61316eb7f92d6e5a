// The rules of one endpoint, applied to differences and asked by comparisons.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/difference.h"
#include "diff/rules.h"

namespace tracerec::diff {

// What the rules say about one difference.
struct RuleDecision {
  enum class Verdict : std::uint8_t {
    kSilent,    // no rule lets it pass: none speaks of it, or the first that does wants it compared
    kPasses,    // a rule lets it pass
    kViolates,  // a rule asks for a shape that the new value does not have: `why`
  };
  Verdict verdict = Verdict::kSilent;
  std::size_t rule = 0;  // index into Rules::rules, unless silent
  std::string why;
};

// Borrows the rules. Any thread may read it.
class EndpointRules {
 public:
  EndpointRules() = default;
  EndpointRules(const Rules& rules, std::string_view endpoint);

  [[nodiscard]] bool empty() const { return indices_.empty(); }
  [[nodiscard]] bool has_arrays() const { return has_arrays_; }

  // The first rule that speaks of the difference decides, `exact` too. A tolerance speaks of numbers and times.
  [[nodiscard]] RuleDecision decide(const Difference& difference) const;

  // The members by whose values the elements of this array belong together; nullptr when no rule says so.
  [[nodiscard]] const std::vector<std::string>* keys_at(std::string_view location, std::string_view path) const;

  // The value must be looked at although it usually varies: no noise, no volatile header. So is all below it.
  [[nodiscard]] bool is_exact(std::string_view location, std::string_view path) const;

  // A rule speaks of the value at this very location as a whole, so that nothing inside it is compared: a text with a
  // shape is not read as JSON.
  [[nodiscard]] bool wants_whole_value(std::string_view location, std::string_view path) const;

  // An index in a rule may mean one element of this array.
  [[nodiscard]] bool has_indices() const { return has_indices_; }
  [[nodiscard]] bool is_ignored(std::string_view location, std::string_view path) const;
  [[nodiscard]] bool wants_header_value(std::string_view header_location) const;

  [[nodiscard]] bool is_redacted(std::string_view location, std::string_view path) const;

  // Something inside of the value may be what a rule redacts: of an object, an array, a document in a string.
  [[nodiscard]] bool may_redact_below(std::string_view location) const;

  // Which of them, as indices into Rules::rules, take this location out of the exact comparison or loosen it.
  [[nodiscard]] std::vector<std::size_t> loosening(std::string_view location) const;
  [[nodiscard]] bool is_ignored(std::string_view location) const { return is_ignored(location, location); }

 private:
  template <class Accepts>
  [[nodiscard]] const Rule* find(Accepts accepts) const;

  const Rules* rules_ = nullptr;
  std::vector<std::size_t> indices_;
  bool has_arrays_ = false;
  bool has_indices_ = false;
};

}  // namespace tracerec::diff
