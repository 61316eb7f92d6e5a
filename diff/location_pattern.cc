// A pattern is matched like a glob over steps, where `..` is the star: on a mismatch the last `..` takes one step more.
// Going back to earlier ones is not needed: what those could take, the last one can take as well.
#include "diff/location_pattern.h"

#include <algorithm>

#include "base/glob.h"
#include "base/text.h"

namespace tracerec::diff {
namespace {

constexpr std::size_t kMaxPatternBytes = 1024;
constexpr std::string_view kJsonStep = "json()";

bool is_name_end(char c) {
  return c == '.' || c == '[';
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What stands between quotes, with \' and \\ resolved; takes the closing quote.
bool take_quoted(std::string_view& rest, char quote, std::string& name) {
  while (!rest.empty() && rest.front() != quote) {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    name += rest.front();
    rest.remove_prefix(1);
  }
  if (rest.empty()) return false;
  rest.remove_prefix(1);
  return true;
}

// "header:Set-Cookie" holds "header:Set-Cookie sid", and that "header:Set-Cookie sid; Path".
bool holds_header_location(std::string_view text, std::string_view location) {
  if (location.size() <= text.size() || !location.starts_with("header:")) return false;
  const char next = location[text.size()];
  return (next == ' ' || next == ';') && equals_ignoring_case(text, location.substr(0, text.size()));
}

}  // namespace

bool LocationPattern::take_bracket(std::string_view& rest, Steps& steps) {
  rest.remove_prefix(1);
  Step step;
  if (rest.starts_with('\'') || rest.starts_with('"')) {
    const char quote = rest.front();
    rest.remove_prefix(1);
    if (!take_quoted(rest, quote, step.name)) return false;
  } else {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return false;
    step.name = rest.substr(0, end);
    if (step.name != "*" && !is_digits(step.name)) return false;
    step.kind = step.name == "*" ? Step::Kind::kAnything : Step::Kind::kIndex;
    rest.remove_prefix(end);
  }
  if (!rest.starts_with(']')) return false;
  rest.remove_prefix(1);
  steps.push_back(std::move(step));
  return true;
}

bool LocationPattern::take_step(std::string_view& rest, Steps& steps) {
  if (rest.front() == '[') return take_bracket(rest, steps);
  if (rest.front() != '.') return false;
  rest.remove_prefix(1);
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    steps.push_back({Step::Kind::kDescend, {}});
    if (rest.starts_with('[')) return take_bracket(rest, steps);
  }
  const auto end = std::find_if(rest.begin(), rest.end(), is_name_end);
  const std::string name(rest.begin(), end);
  if (name.empty()) return false;
  const bool is_glob = name.find('*') != std::string::npos;
  const Step::Kind named = name == kJsonStep ? Step::Kind::kJson : is_glob ? Step::Kind::kGlob : Step::Kind::kMember;
  steps.push_back({name == "*" ? Step::Kind::kAnything : named, name});
  rest.remove_prefix(name.size());
  return true;
}

LocationPattern::Steps LocationPattern::steps_of(std::string_view path) {
  Steps steps;
  path.remove_prefix(1);
  while (!path.empty() && take_step(path, steps)) continue;
  return steps;
}

Result<LocationPattern> LocationPattern::parse(std::string_view text) {
  LocationPattern pattern;
  pattern.text_ = text;
  const std::string shown = "'" + printable(text, 80) + "'";
  if (text.size() > kMaxPatternBytes) return Error{shown + " is longer than 1,024 bytes"};
  if (!text.starts_with('$')) {
    const bool header = text.size() > 7 && text.starts_with("header:");
    const bool trailer = text.size() > 8 && text.starts_with("trailer:");
    if (text == "status" || text == "version" || text == "body" || header || trailer) return pattern;
    return Error{
        shown +
        " is not a valid location; write a JSONPath like $.items[*].id, header:Name, trailer:Name, body or status"};
  }
  pattern.is_json_ = true;
  std::string_view rest = text.substr(1);
  while (!rest.empty()) {
    if (!take_step(rest, pattern.steps_)) {
      return Error{shown + " is not understood from '" + printable(rest, 40) +
                   "'; there are .name .na*e ['odd name'] [*] [3] ..name .json()"};
    }
  }
  pattern.has_index_ = std::any_of(pattern.steps_.begin(), pattern.steps_.end(),
                                   [](const Step& step) { return step.kind == Step::Kind::kIndex; });
  return pattern;
}

bool LocationPattern::fits(const Step& pattern, const Step& location) {
  using Kind = Step::Kind;
  if (location.kind == Kind::kJson || pattern.kind == Kind::kJson) return pattern.kind == location.kind;
  if (pattern.kind == Kind::kGlob) return location.kind == Kind::kMember && glob_match(pattern.name, location.name);
  // [*] stands for any index in a location.
  const bool index = pattern.kind == Kind::kIndex && location.kind == Kind::kAnything;
  return index || pattern.kind == Kind::kAnything || pattern == location;
}

bool LocationPattern::may_lie_below(std::string_view location) const {
  if (!is_json_) return false;
  if (location == "body") return true;
  if (!location.starts_with('$')) return false;
  const Steps outer = steps_of(location);
  for (std::size_t i = 0; i < outer.size(); ++i) {
    if (i == steps_.size() || (steps_[i].kind != Step::Kind::kDescend && !fits(steps_[i], outer[i]))) return false;
    if (steps_[i].kind == Step::Kind::kDescend) return true;
  }
  return steps_.size() > outer.size();
}

// Whether a location may go on with its step `at` where the pattern has ended.
bool LocationPattern::may_follow(const Steps& steps, std::size_t at, Reach reach) {
  if (reach == Reach::kBelow || at == steps.size()) return true;
  return reach == Reach::kElements &&
         std::all_of(steps.begin() + static_cast<std::ptrdiff_t>(at), steps.end(), [](const Step& step) {
           return step.kind == Step::Kind::kAnything || step.kind == Step::Kind::kIndex;
         });
}

// A header or a trailer, status, version or body.
bool LocationPattern::match_field(std::string_view location, Reach reach) const {
  const bool below = reach == Reach::kBelow;
  if (text_.find('*') == std::string::npos)
    return equals_ignoring_case(text_, location) || (below && holds_header_location(text_, location));
  const std::string pattern = to_lower(text_);
  const std::string lower = to_lower(location);
  return glob_match(pattern, lower) || (below && glob_match(pattern, lower.substr(0, lower.find(' ')))) ||
         (below && glob_match(pattern, lower.substr(0, lower.find(';'))));
}

bool LocationPattern::match(std::string_view location, std::string_view path, Reach reach) const {
  if (!is_json_) return match_field(location, reach);
  const std::string_view location_text = has_index_ ? path : location;
  if (!location_text.starts_with('$')) return false;
  const Steps steps = steps_of(location_text);
  std::size_t p = 0, at = 0;
  std::size_t star = steps_.size(), resume = 0;
  while (p < steps_.size() || !may_follow(steps, at, reach)) {
    if (p < steps_.size() && steps_[p].kind == Step::Kind::kDescend) {
      star = p++;
      resume = at;
    } else if (p < steps_.size() && at < steps.size() && fits(steps_[p], steps[at])) {
      ++p;
      ++at;
    } else if (star < steps_.size() && resume < steps.size()) {
      p = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return true;
}

bool LocationPattern::matches(std::string_view location, std::string_view path) const {
  return match(location, path, Reach::kSelf);
}

bool LocationPattern::reaches(std::string_view location, std::string_view path) const {
  return match(location, path, Reach::kElements);
}

bool LocationPattern::covers(std::string_view location, std::string_view path) const {
  return match(location, path, Reach::kBelow);
}

}  // namespace tracerec::diff
