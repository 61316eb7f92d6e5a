#include "record/pending_exchange.h"

#include "body/event_stream.h"
#include "body/media_type.h"
#include "http/decode.h"
#include "http/message.h"

namespace tracerec::record {

bool PendingExchange::is_open_ended() const {
  if (!request_done || response_done || row.status / 100 != 2 || cut || notes.has_hole()) return false;
  if (dropped != Skip::kNone || request_starved || response_starved) return false;
  if (notes.has(Note::kUnsynced) || notes.has(Note::kResponseRefused)) return false;
  const auto head = http::parse_response_head(row.response_head);
  const std::string* const type = head ? head->headers.find("Content-Type") : nullptr;
  if (type == nullptr || !body::is_event_stream_type(body::type_of(*type))) return false;
  return http::decode_beginning(head->headers, {}).has_value();
}

}  // namespace tracerec::record
