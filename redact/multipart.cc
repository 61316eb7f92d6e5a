#include "redact/multipart.h"

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "body/media_type.h"
#include "body/multipart.h"
#include "redact/json.h"
#include "redact/pairs.h"

namespace tracerec::redact {
namespace {

// What one Content-Disposition may be read to say, with and without the escapes that some resolve (RFC 9110 §5.6.4).
std::vector<std::string> names_in(std::string_view disposition) {
  std::vector<std::string> names = body::header_parameters(disposition, "name");
  for (std::size_t i = 0, count = names.size(); i < count; ++i) {
    if (names[i].find('\\') == std::string::npos) continue;
    std::string resolved = names[i];
    std::erase(resolved, '\\');
    names.push_back(std::move(resolved));
  }
  return names;
}

// By any of its names: readers differ in which one counts. Each part has one (RFC 7578 §4.2): of one that cannot be
// read, or is encoded (name*, which §4.2 forbids), the content may be a secret.
bool is_secret_part(std::string_view head, std::string_view content, const PairNames& secrets) {
  bool has_name = false;
  while (const auto field = body::next_part_field(head)) {
    if (!equals_ignoring_case(field->name, "Content-Disposition")) continue;
    const std::vector<std::string> names = names_in(field->value);
    if (names.empty() || !body::header_parameters(field->value, "name*").empty()) return true;
    for (const std::string& name : names) {
      if (name.empty() || is_replaced(secrets.of(name), content)) return true;
    }
    has_name = true;
  }
  return !has_name;
}

bool says_json(std::string_view head) {
  while (const auto field = body::next_part_field(head)) {
    const bool is_type = equals_ignoring_case(field->name, "Content-Type");
    if (is_type && body::type_of(field->value).find("json") != std::string::npos) return true;
  }
  return false;
}

bool redact_part(std::string_view head, Bytes content, const RedactionRules& rules, Replacer& replacer) {
  if (is_secret_part(head, view(content), rules.form)) {
    replacer.plain(content);
    return true;
  }
  // The parts `operations` and `map` of GraphQL's multipart requests are JSON without a type.
  const bool is_json = says_json(head);
  if (!is_json && !view(content).starts_with('{') && !view(content).starts_with('[')) return true;
  const std::vector<JsonRule>& paths = rules.json.in(view(content));
  return paths.empty() || redact_json(content, paths, replacer) || !is_json;
}

}  // namespace

bool redact_multipart(Bytes content, std::string_view boundary, const RedactionRules& rules, Replacer& replacer) {
  body::MultipartReader reader(view(content), boundary);
  while (const auto part = reader.next()) {
    if (!part->has_content) return false;
    const Bytes inside = content.subspan(part->content_begin, part->end - part->content_begin);
    if (!redact_part(part->head(view(content)), inside, rules, replacer)) return false;
  }
  return reader.complete() && !reader.has_other_text();
}

}  // namespace tracerec::redact
