#include "evaluate/equal_requests.h"

#include "base/text.h"
#include "evaluate/operation.h"
#include "http/message.h"
#include "http/request_traits.h"
#include "replay/value_text.h"

namespace tracerec::evaluate {
namespace {

// A refused request has changed nothing.
bool was_refused(const schema::StoredExchange& request) {
  return request.status / 100 == 4;
}

}  // namespace

std::string selecting_fields(std::string_view request_head) {
  const auto head = http::parse_request_head(request_head);
  if (!head) return std::string(request_head);
  std::string fields;
  for (const http::Header& header : head->headers) {
    if (!http::may_select_response(header.name)) continue;
    fields += to_lower(header.name) + ": " + header.value + '\n';
  }
  return fields;
}

Effect EqualRequests::effect_of(const schema::StoredExchange& request) {
  if (!http::may_write(request.method)) return Effect::kRead;
  if (request.method != "POST") return Effect::kWrite;
  const auto operation = operation_of(bodies_, request);
  if (!operation) outcome_ = operation.error();
  if (operation && operation->writes) return Effect::kWrite;
  return operation && operation->reads ? Effect::kRead : Effect::kCreate;
}

std::optional<schema::EqualKey> EqualRequests::key_of(const schema::RequestEvent& event) {
  const schema::StoredExchange& request = event.request;
  if (!outcome_ || schema::has_note(request.notes, "outgoing")) return std::nullopt;
  const Effect effect = effect_of(request);
  const std::string_view path = http::path_of(request.target);
  const bool changes = effect != Effect::kRead && !was_refused(request);
  if (changes && !event.has_ended) epochs_.write_begins(path, effect);
  if (!event.has_ended) return std::nullopt;
  if (changes) epochs_.write_ends(path, effect, event.at_unix_ns);
  const auto epoch = epochs_.epoch_of(path, effect, request.started_unix_ns);
  if (!epoch) return std::nullopt;
  return schema::EqualKey{replay::hash_of(selecting_fields(request.request_head)), *epoch};
}

}  // namespace tracerec::evaluate
