// Takes what the connections produce: hands it to the store and keeps the books on every byte.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/glob.h"
#include "record/redact/redactor.h"
#include "schema/batch_writer.h"
#include "schema/rows.h"

namespace tracerec::record {

// Why bytes that came out of the ring are not stored. Ledger keys: skip_key().
enum class Skip {
  kNone,
  kOutgoing,     // a call that the process makes to others
  kUnsynced,     // before the first clean boundary, or after a hole until the next one
  kDuplicate,    // positions that were seen before
  kFiltered,     // --include, --exclude, --port
  kLimit,        // beyond --max-exchanges
  kMaxBody,      // of a body, beyond --max-body
  kOpaqueLimit,  // beyond what is kept of a stream that is not HTTP/1
  kWithheld,     // could hold a secret that cannot be replaced for certain
  kCiphertext,   // of connections whose plaintext is recorded
  kQueueFull,    // the store was too slow
  kWriteError,   // the disk refused
  kCount
};

// "skipped.outgoing", … and "lost.queue_full", … for what was wanted.
[[nodiscard]] const char* skip_key(Skip reason);

// An exchange that is being put together.
struct PendingExchange {
  schema::Exchange row;
  std::unique_ptr<BodyGuard> request_guard, response_guard;  // of bodies that may hold secrets
  std::int64_t started_boot_ns = 0;
  std::uint64_t held_bytes = 0;    // of bodies, in memory
  std::uint64_t taken_bytes = 0;   // captured so far: heads, interim heads and bodies
  std::uint64_t parted_bytes = 0;  // of bodies, handed to the store as parts
  Replaced replaced;
  std::uint64_t withheld_bytes = 0;
  std::uint64_t reencoded = 0;  // messages
  std::uint64_t reencoded_before_bytes = 0;
  std::uint64_t reencoded_after_bytes = 0;
  Skip dropped = Skip::kNone;
  bool request_done = false;
  bool response_done = false;
  bool cut = false;  // a body is longer than what is kept of one

  // What of it the store gets: measured, not added up on the way.
  [[nodiscard]] std::uint64_t stored_bytes() const;

  // Adds a word to the notes, once.
  void note(std::string_view word);
};

struct SinkCounts {
  struct Pair {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };
  Pair stored;      // exchanges, complete or not
  Pair incomplete;  // those of `stored` that are not complete
  Pair opaque;      // rows of streams that are not HTTP/1
  Pair redacted;    // values that were replaced in what is stored
  // Messages whose body was encoded again after a secret in it was replaced: what they were, and what is stored.
  Pair reencoded_before;
  Pair reencoded_after;
  std::array<Pair, static_cast<std::size_t>(Skip::kCount)> skipped;
  std::uint64_t connections = 0;
  std::uint64_t http2 = 0;      // connections that speak HTTP/2
  std::uint64_t gap_bytes = 0;  // missing by position
};

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
    Redactor* redactor = nullptr;  // outlives the sink and its pending exchanges; none: secrets are stored as they are
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
  void store_opaque(schema::Opaque&& row, LinesState& lines, schema::Connection& connection, bool& connection_stored);

  // How much of the gathered bytes of such a stream should be one row, so that no secret is cut in two.
  [[nodiscard]] std::size_t opaque_row_bytes(std::string_view gathered) const;

  void skip(Skip reason, std::uint64_t bytes, std::uint64_t count = 1);

  // Bytes that are missing by position, although no event told of them.
  void count_gap(std::uint64_t bytes) { counts_.gap_bytes += bytes; }

  void count_http2() { ++counts_.http2; }

  [[nodiscard]] bool wants_outgoing() const { return options_.outgoing; }
  [[nodiscard]] bool wants_port(std::uint16_t port) const;

  [[nodiscard]] const SinkCounts& counts() const { return counts_; }
  [[nodiscard]] bool limit_reached() const { return counts_.stored.count >= options_.max_exchanges; }

 private:
  void drop(PendingExchange& pending, Skip reason);
  [[nodiscard]] std::size_t part_bytes() const;
  void hold(PendingExchange& pending, std::uint64_t bytes_before, std::uint64_t bytes_now);
  void release(PendingExchange& pending, std::uint64_t bytes);
  void discard_parts(PendingExchange& pending);
  bool submit_parts(PendingExchange& pending, schema::BodyIn& body, std::size_t keep_bytes);
  void finish_redaction(PendingExchange& pending);
  BodyGuard::Outcome finish_body(PendingExchange& pending, bool is_request);
  void count_stored(const PendingExchange& pending, std::uint64_t bytes);
  bool submit_connection(schema::Connection& connection, bool& stored);

  schema::Store& store_;
  Options options_;
  SinkCounts counts_;
  std::uint64_t held_bytes_ = 0;  // of all pending exchanges
  std::uint64_t next_stream_key_ = 1;
  std::vector<std::uint64_t> discards_;  // that the queue had no room for yet
};

}  // namespace tracerec::record
