// Edits of a rules file by inserting text: comments and layout stay as they are.
#include <string>
#include <string_view>

#include "diff/rules.h"
#include "diff/rules_text.h"

namespace tracerec::diff {
namespace {

std::string json_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + "\"";
}

std::string approval_json(const Approval& approval) {
  std::string json =
      R"({ "signature": )" + json_string(approval.signature) + R"(, "reason": )" + json_string(approval.reason);
  if (!approval.finding.empty()) json += R"(, "finding": )" + json_string(approval.finding);
  if (!approval.owner.empty()) json += R"(, "owner": )" + json_string(approval.owner);
  if (!approval.expires.empty()) json += R"(, "expires": )" + json_string(approval.expires);
  if (approval.max_count) json += R"(, "max": )" + std::to_string(*approval.max_count);
  return json + " }";
}

std::string rule_json(const NewRule& rule) {
  constexpr std::string_view kHeader = "header:";
  const bool is_header = rule.location.starts_with(kHeader);
  const std::string_view location = std::string_view(rule.location).substr(is_header ? kHeader.size() : 0);
  std::string json = rule.endpoint.empty() ? "{ " : R"({ "endpoint": )" + json_string(rule.endpoint) + ", ";
  json += (is_header ? R"("header": )" : R"("path": )") + json_string(location);
  json += rule.what == NewRule::What::kIgnore ? R"(, "ignore": true)" : R"(, "exact": true)";
  return json + R"(, "reason": )" + json_string(rule.reason) + " }";
}

std::string before_first(std::string_view text, const body::JsonDocument& document, body::JsonNodeId array,
                         const std::string& element) {
  const std::size_t begin = document.node(array).raw_begin + 1;
  const bool is_empty = document.node(array).children == 0;
  return std::string(text.substr(0, begin)) + "\n    " + element + (is_empty ? "\n  " : ",") +
         std::string(text.substr(begin));
}

std::string after_last(std::string_view text, const body::JsonDocument& document, body::JsonNodeId array,
                       const std::string& element) {
  if (document.node(array).children == 0) return before_first(text, document, array, element);
  std::size_t last_end = 0;
  body::JsonNodeId id = array + 1;
  for (std::uint32_t i = 0; i < document.node(array).children; ++i, id = document.node(id).next)
    last_end = document.node(id).raw_end;
  return std::string(text.substr(0, last_end)) + ",\n    " + element + std::string(text.substr(last_end));
}

std::string with_new_list(std::string_view text, const body::JsonDocument& document, const std::string& name,
                          const std::string& element) {
  const body::JsonNode& root = document.node(0);
  const std::size_t at = root.raw_begin + 1;
  return std::string(text.substr(0, at)) + "\n  \"" + name + "\": [\n    " + element + "\n  ]" +
         (root.children == 0 ? "\n" : ",") + std::string(text.substr(at));
}

// The file, read and found to be one.
Result<RulesText> read(std::string_view text) {
  if (auto valid = parse_rules(text); !valid) return valid.error();
  return parse_rules_text(text);
}

const RulesMember* find(const std::vector<RulesMember>& members, std::string_view name) {
  for (const RulesMember& member : members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

// The element of `list` with this signature; nothing: 0, which is the file itself.
body::JsonNodeId find_approval(const body::JsonDocument& document, body::JsonNodeId list, std::string_view signature) {
  body::JsonNodeId id = list + 1;
  for (std::uint32_t i = 0; i < document.node(list).children; ++i, id = document.node(id).next) {
    const auto members = members_of(document, id);
    const RulesMember* const named = find(members, "signature");
    if (named != nullptr && document.text(named->value) == signature) return id;
  }
  return 0;
}

}  // namespace

Result<std::string> add_approval(std::string_view text, const Approval& approval) {
  const std::string element = approval_json(approval);
  if (text.empty()) return "{\n  \"approvals\": [\n    " + element + "\n  ]\n}\n";
  const auto file = read(text);
  if (!file) return file.error();
  const auto members = members_of(file->document, 0);
  const RulesMember* const list = find(members, "approvals");
  if (list == nullptr) return with_new_list(text, file->document, "approvals", element);
  const body::JsonNodeId same = find_approval(file->document, list->value, approval.signature);
  if (same == 0) return after_last(text, file->document, list->value, element);
  const body::JsonNode& old = file->document.node(same);
  return std::string(text.substr(0, old.raw_begin)) + element + std::string(text.substr(old.raw_end));
}

Result<std::string> add_rule(std::string_view text, const NewRule& rule) {
  const std::string element = rule_json(rule);
  std::string edited = "{\n  \"rules\": [\n    " + element + "\n  ]\n}\n";
  if (!text.empty()) {
    const auto file = read(text);
    if (!file) return file.error();
    const auto members = members_of(file->document, 0);
    const RulesMember* const list = find(members, "rules");
    edited = list == nullptr ? with_new_list(text, file->document, "rules", element)
                             : before_first(text, file->document, list->value, element);
  }
  if (auto valid = parse_rules(edited); !valid) return valid.error();
  return edited;
}

}  // namespace tracerec::diff
