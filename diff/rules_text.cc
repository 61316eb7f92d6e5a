#include "diff/rules_text.h"

#include <algorithm>
#include <utility>

namespace tracerec::diff {
namespace {

std::string without_comments(std::string_view text) {
  std::string plain(text);
  bool in_string = false;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == '"') in_string = !in_string;
    if (in_string && plain[i] == '\\') ++i;
    if (in_string || plain.compare(i, 1, "/") != 0) continue;
    const bool line = plain.compare(i, 2, "//") == 0;
    if (!line && plain.compare(i, 2, "/*") != 0) continue;
    std::size_t end = line ? plain.find('\n', i) : plain.find("*/", i + 2);
    end = end == std::string::npos ? plain.size() : end + (line ? 0 : 2);
    for (; i < end; ++i) {
      if (plain[i] != '\n') plain[i] = ' ';
    }
    --i;
  }
  return plain;
}

}  // namespace

std::string position_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(offset - line_start + 1);
}

Result<RulesText> parse_rules_text(std::string_view text) {
  auto plain = std::make_unique<std::string>(without_comments(text));
  auto document = body::JsonDocument::parse(*plain);
  if (document) return RulesText{std::move(plain), std::move(*document)};
  const bool too_deep = document.error().fault == body::JsonFault::kTooDeep;
  return Error{position_of(text, document.error().offset) +
               (too_deep ? ": this is nested too deep for a rules file"
                         : ": this is not JSON (comments are allowed, commas before ] and } are not)")};
}

std::vector<RulesMember> members_of(const body::JsonDocument& document, body::JsonNodeId object) {
  std::vector<RulesMember> members;
  body::JsonNodeId name = object + 1;
  for (std::uint32_t i = 0; i < document.node(object).children; ++i) {
    members.push_back({document.text(name), name, name + 1});
    name = document.node(name + 1).next;
  }
  return members;
}

}  // namespace tracerec::diff
