#include "body/form.h"

#include <algorithm>

#include "base/percent.h"
#include "body/json_text.h"

namespace tracerec::body {

std::optional<FormField> next_form_field(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  FormField field;
  field.begin = at;
  field.end = std::min(text.find('&', at), text.size());
  field.name_end = at + std::min(text.substr(at, field.end - at).find('='), field.end - at);
  field.value_begin = std::min(field.name_end + 1, field.end);
  at = field.end + 1;
  return field;
}

std::string form_as_json(std::string_view text) {
  std::string json = "{";
  std::size_t at = 0;
  while (const auto field = next_form_field(text, at)) {
    if (field->begin == field->end) continue;
    if (json.size() > 1) json += ',';
    append_json_string(json, decode_percent(field->name(text), Plus::kIsSpace));
    json += ':';
    append_json_string(json, decode_percent(field->value(text), Plus::kIsSpace));
  }
  return json + "}";
}

}  // namespace tracerec::body
