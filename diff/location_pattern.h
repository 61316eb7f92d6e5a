// Which locations a rule speaks of: a subset of JSONPath (RFC 9535).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tracerec::diff {

// `$`, `.name`, `['odd name']`, `[*]` and `.*`, `[3]`, `..name` and `..*`, and `.json()` for the document in a string.
// In a name without quotes `*` stands for any characters: `$..*_url`. Besides these, the locations that are no JSONPath
// stand for themselves: "status", "version", "body", "header:Name", "trailer:Name" (the name in any case, with `*` for
// any characters).
class LocationPattern {
 public:
  // Error: what is wrong with `text`, in one line.
  [[nodiscard]] static Result<LocationPattern> parse(std::string_view text);

  // Whether the pattern means this very location. `location` has [*] for indices, `path` the indices themselves (see
  // difference.h); a pattern without indices looks at the location. O(steps of both multiplied) at worst, no recursion.
  [[nodiscard]] bool matches(std::string_view location, std::string_view path) const;

  // The same, or an element of an array that it means: `$.a` reaches `$.a[*]` and `$.a[*][*]`, not `$.a[*].b`.
  [[nodiscard]] bool reaches(std::string_view location, std::string_view path) const;

  // Whether the pattern means this location or one that it lies in: `$.a` holds `$.a.b[*]`, "header:Set-Cookie" holds
  // "header:Set-Cookie sid; Path".
  [[nodiscard]] bool covers(std::string_view location, std::string_view path) const;

  // Whether what the pattern means may lie inside of the value at this location: `$.a[*].b` and `$..b` below `$.a`, a
  // JSONPath below "body".
  [[nodiscard]] bool may_lie_below(std::string_view location) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool is_json() const { return is_json_; }
  [[nodiscard]] bool has_index() const { return has_index_; }

 private:
  struct Step {
    enum class Kind : std::uint8_t { kMember, kGlob, kIndex, kAnything, kDescend, kJson };
    Kind kind = Kind::kMember;
    std::string name;  // of a member; the pattern of a name; the digits of an index
    bool operator==(const Step&) const = default;
  };
  using Steps = std::vector<Step>;
  [[nodiscard]] static bool take_step(std::string_view& rest, Steps& steps);
  [[nodiscard]] static bool take_bracket(std::string_view& rest, Steps& steps);
  [[nodiscard]] static Steps steps_of(std::string_view path);
  [[nodiscard]] static bool fits(const Step& pattern, const Step& location);
  enum class Reach : std::uint8_t { kSelf, kElements, kBelow };
  [[nodiscard]] static bool may_follow(const Steps& steps, std::size_t at, Reach reach);
  [[nodiscard]] bool match_field(std::string_view location, Reach reach) const;
  [[nodiscard]] bool match(std::string_view location, std::string_view path, Reach reach) const;

  std::string text_;
  bool is_json_ = false;
  bool has_index_ = false;
  Steps steps_;
};

}  // namespace tracerec::diff
