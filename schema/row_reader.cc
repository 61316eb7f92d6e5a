#include "schema/row_reader.h"

#include <algorithm>
#include <string>

namespace tracerec::schema {
namespace {

// Times and sizes are added and subtracted everywhere: what the file says is kept where no sum of two overflows.
constexpr std::int64_t kMost = std::int64_t{1} << 61;

}  // namespace

std::int64_t time_at(const Statement& row, int column, std::int64_t when_null) {
  return std::clamp(row.integer_at(column, when_null), std::int64_t{-1}, kMost);
}

std::uint64_t size_at(const Statement& row, int column) {
  return static_cast<std::uint64_t>(std::clamp(row.integer_at(column), std::int64_t{0}, kMost));
}

int status_at(const Statement& row, int column) {
  return static_cast<int>(std::clamp(row.integer_at(column), std::int64_t{0}, std::int64_t{999'999'999}));
}

namespace {

StoredBody read_body(const Statement& row, int column) {
  StoredBody body;
  body.wire_bytes = size_at(row, column);
  body.captured_bytes = size_at(row, column + 1);
  body.body_id = row.integer_at(column + 2);
  if (body.body_id == 0) body.bytes = row.string_at(column + 3);
  return body;
}

}  // namespace

bool has_note(std::string_view notes, std::string_view word) {
  while (!notes.empty()) {
    const std::size_t comma = notes.find(',');
    if (notes.substr(0, comma) == word) return true;
    notes.remove_prefix(comma == std::string_view::npos ? notes.size() : comma + 1);
  }
  return false;
}

bool is_open_ended(const StoredExchange& exchange) {
  return !exchange.complete && exchange.status != 0 && has_note(exchange.notes, "open_ended") &&
         exchange.request_body.whole() && exchange.response_body.whole();
}

namespace {

Error wrong_length(const std::string& whose, std::uint64_t there, std::uint64_t said) {
  return Error{whose + " has " + std::to_string(there) + " bytes, but its row says " + std::to_string(said) +
               ": the file is damaged or was changed; record again, or use -d for another file"};
}

Result<void> check_body(const StoredBody& body, const std::string& whose, bool must_be_whole) {
  if (body.body_id == 0 && body.bytes.size() != body.captured_bytes)
    return wrong_length(whose, body.bytes.size(), body.captured_bytes);
  if (must_be_whole && !body.whole()) return wrong_length(whose, body.captured_bytes, body.wire_bytes);
  return {};
}

}  // namespace

Result<void> check_lengths(const StoredExchange& exchange) {
  const std::string who = "exchange " + std::to_string(exchange.id) + ": the stored body of its ";
  const Result<void> request = check_body(exchange.request_body, who + "request", exchange.complete);
  return request ? check_body(exchange.response_body, who + "response", exchange.complete) : request;
}

Result<void> check_lengths(const StoredResponse& response) {
  return check_body(response.response_body,
                    "exchange " + std::to_string(response.exchange_id) + ": the stored body of its response in run " +
                        std::to_string(response.run_id),
                    false);
}

StoredExchange read_exchange(const Statement& row, int first_column) {
  int column = first_column;
  StoredExchange e;
  e.id = row.integer_at(column++);
  e.recording_id = row.integer_at(column++);
  e.connection_id = row.integer_at(column++);
  e.seq = row.integer_at(column++);
  e.started_unix_ns = time_at(row, column++);
  e.ttfb_ns = time_at(row, column++, -1);
  e.duration_ns = time_at(row, column++, -1);
  e.method = row.string_at(column++);
  e.target = row.string_at(column++);
  e.status = status_at(row, column++);
  e.complete = row.integer_at(column++) != 0;
  e.notes = row.string_at(column++);
  e.request_head = row.string_at(column++);
  e.response_head = row.string_at(column++);
  e.interim = row.string_at(column++);
  e.request_body = read_body(row, column);
  e.response_body = read_body(row, column + 4);
  return e;
}

void read_request(const Statement& row, StoredExchange& e) {
  int column = 0;
  e.id = row.integer_at(column++);
  e.seq = row.integer_at(column++);
  e.started_unix_ns = time_at(row, column++);
  e.ttfb_ns = time_at(row, column++, -1);
  e.method = row.string_at(column++);
  e.target = row.string_at(column++);
  e.status = status_at(row, column++);
  e.complete = row.integer_at(column++) != 0;
  e.notes = row.string_at(column++);
  e.request_head = row.string_at(column++);
  e.request_body = read_body(row, column);
}

StoredResponse read_response(const Statement& row, int first_column) {
  int column = first_column;
  StoredResponse a;
  a.run_id = row.integer_at(column++);
  a.exchange_id = row.integer_at(column++);
  a.failure = row.string_at(column++);
  a.intended_ns = time_at(row, column++);
  a.sent_ns = time_at(row, column++);
  a.ttfb_ns = time_at(row, column++, -1);
  a.duration_ns = time_at(row, column++, -1);
  a.status = status_at(row, column++);
  a.response_head = row.string_at(column++);
  a.interim = row.string_at(column++);
  a.response_body = read_body(row, column);
  return a;
}

namespace {

Secrets secrets_at(const Statement& row, int column) {
  if (row.is_null(column)) return Secrets::kUnknown;
  return row.integer_at(column) == 1 ? Secrets::kReplaced : Secrets::kKept;
}

}  // namespace

Recording read_recording(const Statement& row) {
  Recording r;
  r.id = row.integer_at(0);
  r.name = row.string_at(1);
  r.command = row.string_at(2);
  r.pid = row.integer_at(3);
  r.host = row.string_at(4);
  r.version = row.string_at(5);
  r.options = row.string_at(6);
  r.started_unix_ns = time_at(row, 7);
  r.ended_unix_ns = time_at(row, 8);
  r.secrets = secrets_at(row, 9);
  r.uid = row.string_at(10);
  return r;
}

Run read_run(const Statement& row) {
  Run r;
  r.id = row.integer_at(0);
  r.recording_id = row.integer_at(1);
  r.target = row.string_at(2);
  r.options = row.string_at(3);
  r.started_unix_ns = time_at(row, 4);
  r.ended_unix_ns = time_at(row, 5);
  r.baseline_run_id = row.integer_at(6);
  r.recheck_of = row.integer_at(7);
  r.secrets = secrets_at(row, 8);
  return r;
}

}  // namespace tracerec::schema
