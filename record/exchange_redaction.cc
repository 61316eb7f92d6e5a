#include "record/exchange_redaction.h"

namespace tracerec::record {

void ExchangeRedaction::on_request_head(PendingExchange& pending) {
  if (!is_on()) return;
  pending.request_guard = redactor_->redact_request_head(pending.row.request_head, pending.row.target);
  pending.redaction.replaced += redactor_->take_replaced();
}

void ExchangeRedaction::on_response_head(PendingExchange& pending) {
  if (!is_on()) return;
  pending.response_guard = redactor_->redact_response_head(pending.row.response_head);
  pending.redaction.replaced += redactor_->take_replaced();
}

void ExchangeRedaction::on_interim_head(PendingExchange& pending, std::size_t bytes) {
  if (!is_on()) return;
  redactor_->redact_interim_head(redact::Bytes(pending.row.interim).last(bytes));
  pending.redaction.replaced += redactor_->take_replaced();
}

void ExchangeRedaction::finish_body(PendingExchange& pending, bool is_request) {
  const std::unique_ptr<redact::BodyGuard> guard =
      std::move(is_request ? pending.request_guard : pending.response_guard);
  if (guard == nullptr) return;
  schema::BodyIn& body = is_request ? pending.row.request_body : pending.row.response_body;
  std::string& head = is_request ? pending.row.request_head : pending.row.response_head;
  const bool whole = is_request ? pending.request_done : pending.response_done;
  const redact::BodyGuard::Outcome outcome = guard->finish(whole, head, is_request, {body.bytes, body.wire_bytes});
  RedactionCounts& counts = pending.redaction;
  counts.withheld_bytes += outcome.withheld_bytes;
  counts.reencoded += outcome.reencoded_before > 0 ? 1U : 0U;
  counts.reencoded_before_bytes += outcome.reencoded_before;
  counts.reencoded_after_bytes += outcome.reencoded_after;
}

void ExchangeRedaction::finish(PendingExchange& pending) {
  if (!is_on()) return;
  finish_body(pending, true);
  finish_body(pending, false);
  RedactionCounts& counts = pending.redaction;
  counts.replaced += redactor_->take_replaced();
  if (counts.withheld_bytes > 0) {
    pending.notes.add(Note::kWithheld);
    pending.row.complete = false;
  }
  if (counts.reencoded > 0) pending.notes.add(Note::kReencoded);
  if (counts.replaced.values > 0) pending.notes.add(Note::kRedacted);
}

std::size_t ExchangeRedaction::opaque_row_bytes(std::string_view gathered) const {
  return is_on() ? redact::whole_lines(gathered) : gathered.size();
}

redact::Replaced ExchangeRedaction::on_opaque(schema::Opaque& row, redact::LinesState& lines) {
  if (!is_on()) return {};
  row.bytes.resize(redactor_->redact_opaque(row.bytes, row.reason, lines));
  return redactor_->take_replaced();
}

}  // namespace tracerec::record
