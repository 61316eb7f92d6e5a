#include "redact/redactor.h"

#include "redact/pairs.h"

namespace tracerec::redact {

Result<std::unique_ptr<Redactor>> Redactor::create(RedactionRules rules, std::size_t hold_bytes) {
  const auto key = random_redaction_key();
  if (!key) return key.error();
  auto redactor = std::make_unique<Redactor>(std::move(rules), *key);
  redactor->budget_.limit_bytes = hold_bytes;
  return redactor;
}

std::unique_ptr<BodyGuard> Redactor::redact_request_head(Bytes head, Bytes target) {
  BodyFields fields;
  redact_head(head, true, rules_, replacer_, fields);
  const Replaced so_far = replacer_.replaced();  // the same values again, not more of them
  redact_query(target, rules_, replacer_);
  replacer_.set_replaced(so_far);
  return guard(fields);
}

std::unique_ptr<BodyGuard> Redactor::redact_response_head(Bytes head) {
  BodyFields fields;
  redact_head(head, true, rules_, replacer_, fields);
  return guard(fields);
}

void Redactor::redact_interim_head(Bytes head) {
  BodyFields fields;
  redact_head(head, true, rules_, replacer_, fields);
}

std::unique_ptr<BodyGuard> Redactor::guard(const BodyFields& fields) {
  BodyPlan plan = plan_body(fields, rules_);
  if (!plan.needs_guard()) return nullptr;
  return std::make_unique<BodyGuard>(std::move(plan), rules_, replacer_, budget_);
}

std::size_t Redactor::redact_opaque(Bytes bytes, std::string_view reason, LinesState& state) {
  if (reason == "tls") return bytes.size();
  // HPACK (RFC 7541) hides field values from a search for lines, and from no reader; so does the mask of WebSocket
  // frames (RFC 6455 §5.3). After a broken chunk the bytes begin anywhere in a body. Fields of bodies cannot be found
  // in bytes whose framing is not known.
  const bool is_hidden = reason == "http/2" || reason == "upgraded" || reason.find("chunk") != std::string_view::npos;
  if (is_hidden || rules_.concern_bodies()) return 0;
  return redact_lines(bytes, rules_, replacer_, state);
}

}  // namespace tracerec::redact
