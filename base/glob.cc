#include "base/glob.h"

#include <algorithm>

namespace tracerec {

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::optional<EndpointPattern> EndpointPattern::parse(std::string_view text) {
  const std::size_t space = text.find(' ');
  EndpointPattern pattern;
  if (space != std::string_view::npos) {
    pattern.method = text.substr(0, space);
    text.remove_prefix(space + 1);
  }
  if (text.empty() || (text.front() != '/' && text.front() != '*')) return std::nullopt;
  pattern.path = text;
  return pattern;
}

bool EndpointPattern::matches(std::string_view request_method, std::string_view target) const {
  if (!method.empty() && method != "*" && method != request_method) return false;
  return glob_match(path, target.substr(0, target.find('?')));
}

bool EndpointFilter::accepts(std::string_view method, std::string_view target) const {
  const auto matches = [&](const EndpointPattern& pattern) { return pattern.matches(method, target); };
  if (!include.empty() && std::none_of(include.begin(), include.end(), matches)) return false;
  return std::none_of(exclude.begin(), exclude.end(), matches);
}

}  // namespace tracerec
