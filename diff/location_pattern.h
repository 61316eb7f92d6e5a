// Which locations a rule speaks of: a subset of JSONPath (RFC 9535).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace tracerec::diff {

// `$`, `.name`, `['odd name']`, `[*]` and `.*`, `[3]`, `..name` and `..*`. Besides these, the locations that are no
// JSONPath stand for themselves: "status", "body", "header:Name", "trailer:Name" (the
// name in any case).
class LocationPattern {
 public:
  // Error: what is wrong with `text`, in one line.
  [[nodiscard]] static Result<LocationPattern> parse(std::string_view text);

  // Whether the pattern means this very location. `location` has [*] for indices, `path` the indices themselves (see
  // difference.h); a pattern without indices looks at the location. O(steps of both multiplied) at worst, no recursion.
  [[nodiscard]] bool matches(std::string_view location, std::string_view path) const;

  // Whether the pattern means this location or one that it lies in: `$.a` holds `$.a.b[*]`, "header:Set-Cookie" holds
  // "header:Set-Cookie sid; Path".
  [[nodiscard]] bool covers(std::string_view location, std::string_view path) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct Step {
    enum class Kind : std::uint8_t { kMember, kIndex, kAnything, kDescend };
    Kind kind = Kind::kMember;
    std::string name;  // of a member; the digits of an index
    bool operator==(const Step&) const = default;
  };
  using Steps = std::vector<Step>;
  [[nodiscard]] static bool take_step(std::string_view& rest, Steps& steps);
  [[nodiscard]] static bool take_bracket(std::string_view& rest, Steps& steps);
  [[nodiscard]] static Steps steps_of(std::string_view path);
  [[nodiscard]] static bool fits(const Step& pattern, const Step& location);
  [[nodiscard]] bool match(std::string_view location, std::string_view path, bool prefix) const;

  std::string text_;
  bool is_json_ = false;
  bool has_index_ = false;
  Steps steps_;
};

}  // namespace tracerec::diff
