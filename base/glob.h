// Patterns for --include and --exclude.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tracerec {

// `*` matches any run of characters, `/` and nothing included; `?` matches one character. Linear time in practice,
// O(pattern × text) at worst, no recursion.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

// One 'METHOD /path/glob' or '/path/glob' of the command line. The query string takes no part in the match.
struct EndpointPattern {
  std::string method;  // empty or "*": any method
  std::string path;    // glob

  // Nothing when `text` is neither of the two forms.
  [[nodiscard]] static std::optional<EndpointPattern> parse(std::string_view text);
  [[nodiscard]] bool matches(std::string_view request_method, std::string_view target) const;
};

// --include (none given: everything) minus --exclude.
struct EndpointFilter {
  std::vector<EndpointPattern> include;
  std::vector<EndpointPattern> exclude;

  [[nodiscard]] bool accepts(std::string_view method, std::string_view target) const;
};

}  // namespace tracerec
