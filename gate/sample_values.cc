#include "gate/sample_values.h"

#include <algorithm>

#include "base/ascii.h"
#include "gate/changed_words.h"

namespace tracerec::gate {
namespace {

bool is_one_word(std::string_view part) {
  return part.size() >= kMinPartBytes && is_word(part) &&
         !std::all_of(part.begin(), part.end(), [](char c) { return is_digit(c) || c == '.' || c == '-'; });
}

template <class ChangeOf>
std::optional<ValueChange> common_change(const Finding& finding, const ChangeOf& change_of) {
  std::optional<ValueChange> common;
  for (const Sample& sample : finding.samples) {
    ValueChange change = change_of(sample);
    if (is_redacted(sample)) return std::nullopt;
    if (common && (common->before != change.before || common->after != change.after)) return std::nullopt;
    common = std::move(change);
  }
  return common;
}

}  // namespace

std::optional<ValueChange> single_change(const Finding& finding) {
  if (finding.all.change_varies) return std::nullopt;
  return common_change(finding, [](const Sample& one) { return ValueChange{one.recorded, one.replayed}; });
}

std::optional<ValueChange> changed_part(const Finding& finding) {
  if (finding.all.part_varies) return std::nullopt;
  auto part = common_change(finding, [](const Sample& one) {
    const ChangedWords words = changed_words(one.recorded, one.replayed);
    return ValueChange{std::string(words.before), std::string(words.after)};
  });
  if (!part || part->before == part->after || !is_one_word(part->before) || !is_one_word(part->after))
    return std::nullopt;
  return part;
}

std::string_view json_type_of(std::string_view shown) {
  if (shown.empty()) return "text";
  switch (shown.front()) {
    case '"':
      return "string";
    case '{':
      return "object";
    case '[':
      return "array";
    default:
      break;
  }
  if (shown == "null") return "null";
  if (shown == "true" || shown == "false") return "boolean";
  return is_digit(shown.front()) || shown.front() == '-' ? "number" : "text";
}

std::string types_of(const Finding& finding) {
  if (finding.samples.empty()) return {};
  const Sample& sample = finding.samples.front();
  if (is_redacted(sample)) return {};
  const std::string more = finding.all.types_vary ? " and others" : "";
  if (finding.kind == diff::Kind::kMissing) return std::string(json_type_of(sample.recorded)) + more;
  if (finding.kind == diff::Kind::kAdded) return std::string(json_type_of(sample.replayed)) + more;
  return std::string(json_type_of(sample.recorded)) + " → " + std::string(json_type_of(sample.replayed)) + more;
}

}  // namespace tracerec::gate
