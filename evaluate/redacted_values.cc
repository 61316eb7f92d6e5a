#include "evaluate/redacted_values.h"

#include "http/decode.h"
#include "redact/json.h"

// Tests: tests/evaluate/pseudonyms_test.cc.

namespace tracerec::evaluate {
namespace {

constexpr std::size_t kMostValues = 1000;
constexpr std::size_t kMostBytes = std::size_t{8} << 20;  // as redaction holds (redact/body_guard.h)

void add_json(std::string_view content, const redact::RedactionRules& rules, std::vector<std::string>& values) {
  const std::vector<redact::JsonRule>& paths = rules.json.in(content);
  if (paths.empty()) return;
  for (std::string& value : redact::secrets_in_json(content, paths)) {
    if (values.size() < kMostValues) values.push_back(std::move(value));
  }
}

}  // namespace

std::vector<std::string> redacted_values(const diff::Message& message, const redact::RedactionRules& rules) {
  std::vector<std::string> values;
  for (const http::Header& header : message.headers) {
    const redact::FieldKind* kind = rules.fields.find(header.name);
    if (kind != nullptr && *kind == redact::FieldKind::kSecret && values.size() < kMostValues)
      values.push_back(header.value);
  }
  if (message.body.empty()) return values;
  if (message.body_is_content) {
    add_json(message.body, rules, values);
  } else if (const auto content = http::decode_body(message.headers, message.body, kMostBytes)) {
    add_json(*content, rules, values);
  }
  return values;
}

}  // namespace tracerec::evaluate
