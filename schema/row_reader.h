// From columns to values. Internal to schema/.
#pragma once

#include <string_view>

#include "schema/rows.h"
#include "schema/sqlite.h"

namespace tracerec::schema {

// The column lists that the functions below read, in their order; `e.` and `a.` are the aliases of the tables.
constexpr std::string_view kExchangeColumns =
    "e.id, e.recording_id, e.connection_id, e.seq, e.started_unix_ns, e.ttfb_ns, e.duration_ns, e.method, e.target,"
    " e.status, e.complete, e.notes, e.request_head, e.response_head, e.interim,"
    " e.request_wire_bytes, e.request_captured_bytes, e.request_body_id, e.request_body,"
    " e.response_wire_bytes, e.response_captured_bytes, e.response_body_id, e.response_body";
constexpr int kExchangeColumnCount = 23;

constexpr std::string_view kRequestColumns =
    "e.id, e.seq, e.started_unix_ns, e.ttfb_ns, e.method, e.target, e.status, e.complete, e.notes, e.request_head, "
    "e.request_wire_bytes, e.request_captured_bytes, e.request_body_id, e.request_body";
constexpr int kRequestColumnCount = 14;

constexpr std::string_view kResponseColumns =
    "a.run_id, a.exchange_id, a.failure, a.intended_ns, a.sent_ns, a.ttfb_ns, a.duration_ns, a.status, a.response_head,"
    " a.interim, a.response_wire_bytes, a.response_captured_bytes, a.response_body_id, a.response_body";

constexpr std::string_view kRecordingColumns =
    "r.id, r.name, r.command, r.pid, r.host, r.version, r.options, r.started_unix_ns, r.ended_unix_ns,"
    " r.secrets_replaced, r.uid";
constexpr int kRecordingColumnCount = 11;

constexpr std::string_view kRunColumns =
    "r.id, r.recording_id, r.target, r.options, r.started_unix_ns, r.ended_unix_ns, r.baseline_run_id, r.recheck_of,"
    " r.secrets_replaced";
constexpr int kRunColumnCount = 9;

// What a row says of its bodies' lengths must be what is there (docs/trace-format.md, Invariants): a body in the row
// has the captured length, and one of a complete exchange that of the wire. Error: names the exchange, the message and
// both numbers. Bodies outside the row are looked at as they are read.
[[nodiscard]] Result<void> check_lengths(const StoredExchange& exchange);
[[nodiscard]] Result<void> check_lengths(const StoredResponse& response);

// What the file says of times, sizes and codes, kept where no sum of two overflows.
[[nodiscard]] std::int64_t time_at(const Statement& row, int column, std::int64_t when_null = 0);
[[nodiscard]] std::uint64_t size_at(const Statement& row, int column);
[[nodiscard]] int status_at(const Statement& row, int column);

[[nodiscard]] StoredExchange read_exchange(const Statement& row, int first_column = 0);
void read_request(const Statement& row, StoredExchange& into);
[[nodiscard]] StoredResponse read_response(const Statement& row, int first_column = 0);
[[nodiscard]] Recording read_recording(const Statement& row);
[[nodiscard]] Run read_run(const Statement& row);

}  // namespace tracerec::schema
