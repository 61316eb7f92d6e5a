// The paths of JSON rules: redact/rules.h.
#include <charconv>

#include "base/text.h"
#include "redact/rules.h"

namespace tracerec::redact {
namespace {

using Step = JsonRule::Step;

bool ends_name(char c) {
  return c == '.' || c == '[';
}

Error not_a_path(std::string_view path) {
  return Error{"not a path: " + printable(path, 60) + " (write $.a.b, $.list[*].token, $['odd name'] or $..password)"};
}

// `.name`, `..name`, `.*`, `..*`; `rest` begins after the dots.
bool take_name(std::string_view& rest, Step& step) {
  std::size_t end = 0;
  while (end < rest.size() && !ends_name(rest[end])) ++end;
  step.name = rest.substr(0, end);
  step.wildcard = step.name == "*";
  rest.remove_prefix(end);
  return end > 0;
}

// What stands in the brackets, quotes taken off.
bool take_brackets(std::string_view& rest, Step& step) {
  if (rest.size() > 1 && (rest[1] == '\'' || rest[1] == '"')) {
    const std::size_t end = rest.find(std::string{rest[1], ']'}, 2);
    if (end == std::string_view::npos) return false;
    step.name = rest.substr(2, end - 2);
    rest.remove_prefix(end + 2);
    return true;
  }
  const std::size_t end = rest.find(']');
  if (end == std::string_view::npos) return false;
  const std::string_view inside = rest.substr(1, end - 1);
  rest.remove_prefix(end + 1);
  step.wildcard = inside == "*";
  if (step.wildcard) return true;
  step.is_index = true;
  const auto [stop, failed] = std::from_chars(inside.data(), inside.data() + inside.size(), step.index);
  return !inside.empty() && failed == std::errc{} && stop == inside.data() + inside.size();
}

bool take_step(std::string_view& rest, Step& step) {
  step.any_depth = rest.starts_with("..");
  if (step.any_depth) rest.remove_prefix(2);
  if (rest.starts_with('[')) return take_brackets(rest, step);
  if (!step.any_depth && !rest.starts_with('.')) return false;
  if (!step.any_depth) rest.remove_prefix(1);
  return take_name(rest, step);
}

}  // namespace

Result<JsonRule> parse_json_rule(std::string_view path) {
  JsonRule rule;
  std::string_view rest = path;
  if (!rest.starts_with('$')) return not_a_path(path);
  rest.remove_prefix(1);
  while (!rest.empty()) {
    Step step;
    if (!take_step(rest, step)) return not_a_path(path);
    rule.steps.push_back(std::move(step));
  }
  if (rule.steps.empty()) return Error{"$ names the whole document: name a field in it, or write $.* for all of them"};
  return rule;
}

}  // namespace tracerec::redact
