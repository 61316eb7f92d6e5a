// Exchanges that wait to be inserted, by one statement. Internal to schema/.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "schema/body_store.h"
#include "schema/bulk_insert.h"
#include "schema/packed.h"

namespace tracerec::schema {

// The four columns of a body that has found its place: length on the wire, captured, id, bytes. `column` counts from
// the first of them.
void fill_body(int column, std::uint64_t wire_bytes, const PlacedBody& body, const Cell& cell);

// Texts are not copied: they must live until `clear`.
class ExchangeRows final : public PendingRows {
 public:
  // In the order of `fill`.
  static constexpr const char* kColumns =
      "id, recording_id, connection_id, seq, started_unix_ns, ttfb_ns, duration_ns, status, complete, request_key,"
      " method, target, notes, request_head, response_head, interim,"
      " request_wire_bytes, request_captured_bytes, request_body_id, request_body,"
      " response_wire_bytes, response_captured_bytes, response_body_id, response_body";

  void add(const ExchangeView& exchange, PlacedBody request, PlacedBody response);
  void clear() { rows_.clear(); }

  [[nodiscard]] std::size_t size() const override { return rows_.size(); }
  void fill(std::size_t row, int column, const Cell& cell) const override;

 private:
  struct Row {
    ExchangeView exchange;
    PlacedBody request, response;
    std::int64_t key = 0;
  };
  std::vector<Row> rows_;
};

}  // namespace tracerec::schema
