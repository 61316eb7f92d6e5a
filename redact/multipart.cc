#include "redact/multipart.h"

#include <string>

#include "body/media_type.h"
#include "body/multipart.h"
#include "redact/json.h"
#include "redact/pairs.h"

namespace tracerec::redact {
namespace {

bool redact_part(std::string_view head, Bytes content, const RedactionRules& rules, Replacer& replacer) {
  const std::string name = body::header_parameter(body::part_field(head, "Content-Disposition"), "name");
  if (name.empty() ||
      is_replaced(rules.form.of(name),
                  view(content))) {  // each part has a name (RFC 7578 §4.2): one not read may be the one
    replacer.plain(content);
    return true;
  }
  // The parts `operations` and `map` of GraphQL's multipart requests are JSON without a type.
  const bool is_json = body::type_of(body::part_field(head, "Content-Type")).find("json") != std::string::npos;
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
