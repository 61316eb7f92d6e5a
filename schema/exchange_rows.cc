#include "schema/exchange_rows.h"

#include "schema/request_key.h"

namespace tracerec::schema {
namespace {

std::int64_t key_of(const ExchangeView& exchange, const PlacedBody& body) {
  return body.body_id != 0 ? request_key(exchange.method, exchange.target, body.digest)
                           : request_key(exchange.method, exchange.target, body.inline_bytes());
}

}  // namespace

void fill_body(int column, std::uint64_t wire_bytes, const PlacedBody& body, const Cell& cell) {
  switch (column) {
    case 0:
      return cell.integer(static_cast<std::int64_t>(wire_bytes));
    case 1:
      return cell.integer(static_cast<std::int64_t>(body.captured_bytes));
    case 2:
      return cell.integer_or_null(body.body_id, 0);
    default:
      if (body.body_id == 0) cell.blob(body.inline_bytes());
  }
}

void ExchangeRows::add(const ExchangeView& exchange, PlacedBody request, PlacedBody response) {
  const std::int64_t key = key_of(exchange, request);
  rows_.push_back({exchange, std::move(request), std::move(response), key});
}

void ExchangeRows::fill(std::size_t index, int column, const Cell& cell) const {
  const Row& row = rows_[index];
  const ExchangeView& e = row.exchange;
  if (column >= 20) return fill_body(column - 20, e.response_body.wire_bytes, row.response, cell);
  if (column >= 16) return fill_body(column - 16, e.request_body.wire_bytes, row.request, cell);
  switch (column) {
    case 0:
      return cell.integer(e.id);
    case 1:
      return cell.integer(e.recording_id);
    case 2:
      return cell.integer(e.connection_id);
    case 3:
      return cell.integer(e.seq);
    case 4:
      return cell.integer(e.started_unix_ns);
    case 5:
      return cell.integer_or_null(e.ttfb_ns, -1);
    case 6:
      return cell.integer_or_null(e.duration_ns, -1);
    case 7:
      return cell.integer_or_null(e.status, 0);
    case 8:
      return cell.integer(e.complete ? 1 : 0);
    case 9:
      return cell.integer(row.key);
    case 10:
      return cell.text(e.method);
    case 11:
      return cell.text(e.target);
    case 12:
      return cell.text(e.notes);
    case 13:
      return cell.blob(e.request_head);
    case 14:
      return cell.blob(e.response_head);
    default:
      return cell.blob(e.interim);
  }
}

}  // namespace tracerec::schema
