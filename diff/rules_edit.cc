// Edits of a rules file by inserting text: comments and layout stay as they are.
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

// The new elements, each once: by signature, in their order. What is there already is replaced in its place.
struct NewApprovals {
  explicit NewApprovals(const std::vector<Approval>& approvals) {
    for (const Approval& one : approvals) {
      if (by_signature.emplace(one.signature, elements.size()).second) elements.push_back(approval_json(one));
    }
    is_written.resize(elements.size());
  }

  // Those that replaced nothing.
  [[nodiscard]] std::string rest() const {
    std::string text;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (!is_written[i]) text += (text.empty() ? "" : ",\n    ") + elements[i];
    }
    return text;
  }

  std::vector<std::string> elements;
  std::unordered_map<std::string_view, std::size_t> by_signature;
  std::vector<bool> is_written;
};

// The file with its list of approvals as it becomes.
std::string with_approvals_in(std::string_view text, const body::JsonDocument& document, body::JsonNodeId list,
                              NewApprovals& added) {
  std::string edited;
  std::size_t copied = 0;  // of the text
  body::JsonNodeId id = list + 1;
  for (std::uint32_t i = 0; i < document.node(list).children; ++i, id = document.node(id).next) {
    const auto members = members_of(document, id);
    const RulesMember* const named = find(members, "signature");
    const auto same = added.by_signature.find(named == nullptr ? std::string_view() : document.text(named->value));
    edited += text.substr(copied, document.node(id).raw_begin - copied);
    copied = document.node(id).raw_end;
    if (same == added.by_signature.end()) {
      edited += document.raw(id);
    } else {
      edited += added.elements[same->second];
      added.is_written[same->second] = true;
    }
  }
  if (const std::string rest = added.rest(); !rest.empty()) edited += ",\n    " + rest;
  return edited += text.substr(copied);
}

Result<std::string> with_approvals(std::string_view text, NewApprovals& added) {
  if (text.empty()) return "{\n  \"approvals\": [\n    " + added.rest() + "\n  ]\n}\n";
  const auto file = read(text);
  if (!file) return file.error();
  const auto members = members_of(file->document, 0);
  const RulesMember* const list = find(members, "approvals");
  if (list == nullptr) return with_new_list(text, file->document, "approvals", added.rest());
  if (file->document.node(list->value).children == 0)
    return before_first(text, file->document, list->value, added.rest());
  return with_approvals_in(text, file->document, list->value, added);
}

}  // namespace

Result<std::string> add_approvals(std::string_view text, const std::vector<Approval>& approvals) {
  if (approvals.empty()) return std::string(text);
  NewApprovals added(approvals);
  auto edited = with_approvals(text, added);
  if (!edited) return edited.error();
  // What would be refused when it is read next is not written.
  if (auto valid = parse_rules(*edited); !valid) return with_context("with these approvals", valid.error());
  return edited;
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
