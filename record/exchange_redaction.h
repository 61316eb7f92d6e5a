// Secrets of one exchange after the other replaced on their way into the store.
#pragma once

#include <string_view>

#include "record/pending_exchange.h"
#include "redact/redactor.h"

namespace tracerec::record {

// `redactor` may be nullptr: then nothing is changed. It is borrowed and outlives the object. One thread.
class ExchangeRedaction {
 public:
  explicit ExchangeRedaction(redact::Redactor* redactor) : redactor_(redactor) {}

  [[nodiscard]] bool is_on() const { return redactor_ != nullptr; }

  // The head is in the row. What follows of its body goes through the guard that may be there now.
  void on_request_head(PendingExchange& pending);
  void on_response_head(PendingExchange& pending);
  // The last `bytes` of the interim heads are new.
  void on_interim_head(PendingExchange& pending, std::size_t bytes);

  // No more comes: bodies that were held are replaced, and what was done is counted and noted.
  void finish(PendingExchange& pending);

  // How much of the gathered bytes of an opaque stream should be one row, so that no secret is cut in two.
  [[nodiscard]] std::size_t opaque_row_bytes(std::string_view gathered) const;

  // Bytes that are not HTTP/1; cut where what is in them cannot be said.
  [[nodiscard]] redact::Replaced on_opaque(schema::Opaque& row, redact::LinesState& lines);

 private:
  void finish_body(PendingExchange& pending, bool is_request);

  redact::Redactor* redactor_;
};

}  // namespace tracerec::record
