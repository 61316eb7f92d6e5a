// What a team decided about differences: the content of tracerec.rules.json, as values. docs/diff.md has the format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "diff/location_pattern.h"
#include "diff/shape.h"

namespace tracerec::diff {

// How far a new value may be from the recorded one. Each that is set is enough on its own.
struct Tolerance {
  std::optional<double> absolute;
  std::optional<double> relative;  // of the recorded value
  std::optional<std::int64_t> time_ns;
};

// One entry of "rules": at these locations of these endpoints, all that it says.
struct Rule {
  std::string name;            // for people: "rules[3] (line 12)"
  std::string endpoint = "*";  // glob over endpoints, as "GET /users/*"
  LocationPattern location;
  bool ignore = false;            // no difference here or below counts
  bool unordered = false;         // arrays: the order of elements has no meaning
  bool redact = false;            // compared, but values never stand in a report
  bool exact = false;             // compared by value although it is volatile or noisy
  std::vector<std::string> keys;  // arrays: elements belong together by the values of these members
  std::optional<Tolerance> tolerance;
  std::optional<NamedShape> shape;  // any value of this shape
  std::string reason;
};

// A finding that somebody accepted.
struct Approval {
  std::string signature;
  std::string reason;
  std::string owner;
  std::string expires;                     // "2027-01-31", the last day; empty: never
  std::optional<std::uint64_t> max_count;  // exchanges
  std::string name;                        // for people: "approvals[0] (line 30)"
  std::string finding{};                   // for readers of the file: what was approved; written, and ignored when read
};

struct Rules {
  std::vector<std::string> endpoints;  // templates: "GET /users/{name}/orders"
  std::vector<Rule> rules;
  std::vector<Approval> approvals;
};

// Reads the text of a rules file: JSON with // and /* */ comments. Error: one line with line and column, what is wrong
// there and what to write.
[[nodiscard]] Result<Rules> parse_rules(std::string_view text);

// `text` with more approvals, everything else as it stands, comments included; approvals of the same signatures are
// replaced. An empty `text` gives a new file. Linear. Error: `text` is not a rules file, or with them would be none
// that parse_rules() takes.
[[nodiscard]] Result<std::string> add_approvals(std::string_view text, const std::vector<Approval>& approvals);

// One more rule, for a location as a report names it.
struct NewRule {
  std::string endpoint;  // a glob, as Rule::endpoint
  std::string location;  // "$.items[*].price", "header:Server"
  enum class What : std::uint8_t { kIgnore, kExact } what = What::kIgnore;
  std::string reason;
};

// `text` with that rule before all others, so that it decides; everything else as it stands, comments included. An
// empty `text` gives a new file. Error: `text` is not a rules file, or would not be one with it.
[[nodiscard]] Result<std::string> add_rule(std::string_view text, const NewRule& rule);

// "2027-01-31": four, two and two digits, and a day that exists.
[[nodiscard]] bool is_date(std::string_view text);

}  // namespace tracerec::diff
