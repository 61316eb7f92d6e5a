// Takes what the connections produce: hands it to the store and counts every byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "record/body_budget.h"
#include "record/exchange_redaction.h"
#include "record/pending_exchange.h"
#include "record/sink_counts.h"
#include "record/written_rows.h"
#include "schema/rows.h"
#include "schema/store.h"

namespace tracerec::record {

// One thread.
class TraceSink {
 public:
  struct Options {
    schema::RowId recording_id = 0;
    schema::NextIds next;
    EndpointFilter filter;
    std::uint64_t max_exchanges = UINT64_MAX;
    std::int64_t unix_minus_boot_ns = 0;
    bool outgoing = false;                             // keep the calls that the process makes to others
    std::vector<std::uint16_t> ports;                  // local ports of connections that it serves; none: all
    std::uint64_t max_body_bytes = UINT64_MAX;         // kept of a body; the rest is counted
    std::size_t memory_bytes = std::size_t{16} << 20;  // of bodies that wait for their end here
    redact::Redactor* redactor =
        nullptr;  // outlives the sink and its pending exchanges; none: secrets are stored as they are
  };

  // `store` must outlive the sink.
  TraceSink(schema::Store& store, Options options);

  [[nodiscard]] std::int64_t to_unix_ns(std::int64_t boot_ns) const { return boot_ns + options_.unix_minus_boot_ns; }
  [[nodiscard]] schema::RowId new_connection_id() { return options_.next.connection++; }

  // Starts an exchange with its request head.
  [[nodiscard]] PendingExchange begin(std::string_view method, std::string_view target, std::string_view head);

  // The head of the final response of `pending`, or of one before it (1xx).
  void add_response_head(PendingExchange& pending, std::string_view head);
  void add_interim_head(PendingExchange& pending, std::string_view head);

  // The next bytes of a body of `pending`. Long bodies go to the store piece by piece.
  void append(PendingExchange& pending, schema::BodyIn& body, std::string_view bytes);

  // Bytes of `pending` that are missing: the body's true length grows, what is captured does not.
  static void append_hole(schema::BodyIn& body, std::uint64_t bytes) { body.wire_bytes += bytes; }

  // Stores the exchange with its secrets replaced, or counts why not. `connection` is stored before the first row that
  // needs it.
  void finish(PendingExchange&& pending, schema::Connection& connection, bool& connection_stored);

  // `lines` is the sink's note about the stream that the row belongs to: one for each, kept from row to row.
  void store_opaque(schema::Opaque&& row, redact::LinesState& lines, schema::Connection& connection,
                    bool& connection_stored);

  // How much of the gathered bytes of such a stream should be one row, so that no secret is cut in two.
  [[nodiscard]] std::size_t opaque_row_bytes(std::string_view gathered) const {
    return redaction_.opaque_row_bytes(gathered);
  }

  // The exchange is not stored, but counted when it is finished.
  void leave_out(PendingExchange& pending, Skip reason) {
    if (pending.dropped == Skip::kNone) drop(pending, reason);
  }

  // What the store has done with the rows that it was given.
  [[nodiscard]] WrittenRows& rows() { return rows_; }

  // From now on the last exchange that was stored is remembered, for whoever looks on: method and path, without the
  // query, as the client sent them.
  void keep_last_request(bool keep) { keeps_last_request_ = keep; }
  [[nodiscard]] const std::string& last_request() const { return last_request_; }

  void skip(Skip reason, std::uint64_t bytes, std::uint64_t count = 1) { counts_.skip(reason, bytes, count); }

  // Bytes that are missing by position, although no event reported them.
  void count_gap(std::uint64_t bytes) { counts_.gap_bytes += bytes; }

  void count_http2() { ++counts_.http2; }
  void count_not_http() { ++counts_.not_http; }
  void count_no_request() { ++counts_.no_request; }
  void count_unseen_request() { ++counts_.unseen_request; }
  void count_under_way() { ++counts_.under_way; }
  void count_unread(std::uint64_t bytes) { counts_.unread_bytes += bytes; }

  [[nodiscard]] bool wants_outgoing() const { return options_.outgoing; }
  [[nodiscard]] bool wants_port(std::uint16_t port) const;

  [[nodiscard]] const SinkCounts& counts() const { return counts_; }
  [[nodiscard]] bool limit_reached() const { return counts_.stored.count >= options_.max_exchanges; }

 private:
  void drop(PendingExchange& pending, Skip reason);
  void discard_parts(PendingExchange& pending);
  void submit_parts(PendingExchange& pending, schema::BodyIn& body, std::size_t keep_bytes);
  void starve(PendingExchange& pending, const schema::BodyIn& body, std::uint64_t bytes);
  void count_stored(const PendingExchange& pending, std::uint64_t bytes);
  bool submit_connection(schema::Connection& connection, bool& stored);

  schema::Store& store_;
  Options options_;
  ExchangeRedaction redaction_;
  BodyBudget budget_;
  SinkCounts counts_;
  WrittenRows rows_;
  bool keeps_last_request_ = false;
  std::string last_request_;
  std::uint64_t next_stream_key_ = 1;
  std::vector<std::uint64_t> discards_;  // that the queue had no room for yet
};

}  // namespace tracerec::record
