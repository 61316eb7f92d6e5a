#include "gate/sample_values.h"

#include <algorithm>

#include "base/ascii.h"

namespace tracerec::gate {
namespace {

// Of a word: a host name, a version, an identifier.
bool is_word(char c) {
  return is_digit(c) || is_lower(c) || is_upper(c) || std::string_view("._-").find(c) != std::string_view::npos ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Both sides without the words that they begin and end with in common.
ValueChange changed_words(std::string_view a, std::string_view b) {
  std::size_t front = 0;
  while (front < std::min(a.size(), b.size()) && a[front] == b[front]) ++front;
  while (front > 0 && is_word(a[front - 1])) --front;
  const std::size_t room = std::min(a.size(), b.size()) - front;
  std::size_t back = 0;
  while (back < room && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  while (back > 0 && is_word(a[a.size() - back])) --back;
  return {std::string(a.substr(front, a.size() - front - back)), std::string(b.substr(front, b.size() - front - back))};
}

bool is_one_word(std::string_view part) {
  return part.size() >= kMinPartBytes && std::all_of(part.begin(), part.end(), is_word) &&
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
  auto part = common_change(finding, [](const Sample& one) { return changed_words(one.recorded, one.replayed); });
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
