// What the trace file holds, as values. docs/trace-format.md describes each table and its invariants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tracerec::schema {

using RowId = std::int64_t;  // 0: none

// How much of something was counted, and why. Used by recordings and by runs; docs/trace-format.md lists the keys.
struct LedgerEntry {
  std::string key;      // "seen", "stored", "lost.ring_full", "planned", "sent", "failed.timeout", …
  std::uint64_t count;  // exchanges, events or requests
  std::uint64_t bytes;
  bool operator==(const LedgerEntry&) const = default;
};
using Ledger = std::vector<LedgerEntry>;

struct Recording {
  RowId id = 0;
  std::string name;     // --name, may be empty
  std::string command;  // command line of the recorded process
  std::int64_t pid = 0;
  std::string host;     // host name and kernel release
  std::string version;  // of the tracerec that wrote it
  std::string options;  // JSON object: the options of the record command
  std::int64_t started_unix_ns = 0;
  std::int64_t ended_unix_ns = 0;  // 0 while it runs, or when the recorder was killed
};

// What the recorded process is on a connection: it answers, or it asks.
enum class Role { kServer, kClient };

// "server", "client", as in the file.
[[nodiscard]] constexpr const char* role_name(Role role) {
  return role == Role::kServer ? "server" : "client";
}

// One TCP or Unix stream, or one TLS session, as the recorded process saw it. Ids are given by the recorder
// (BatchWriter::next_ids).
struct Connection {
  RowId id = 0;
  RowId recording_id = 0;
  std::string local;  // "127.0.0.1:8080", "[::1]:8080", "unix:/run/app.sock"
  std::string peer;
  std::int64_t opened_unix_ns = 0;  // of the accept, or of the first byte seen when it was open before attaching
  bool open_before = false;         // was open before the recorder attached
  Role role = Role::kServer;
  bool tls = false;  // what is stored is the plaintext of a TLS session
};

// A body on its way into the file. Small bodies travel inside the row; large ones were submitted before, piece by
// piece, as BodyPart with this `stream_key`, and are stored once per distinct content.
struct BodyIn {
  std::uint64_t wire_bytes = 0;  // true length on the wire, chunk framing and trailers included
  std::string bytes;             // what was captured, when stream_key == 0
  std::uint64_t stream_key = 0;  // non-zero: see BodyPart; its captured length is what the parts add up to
};

// The next piece of a large body. Keys are chosen by the producer and are unique while in use; the exchange or answer
// that names the key ends it, BodyDiscard forgets it.
struct BodyPart {
  std::uint64_t stream_key = 0;
  std::string bytes;
};
struct BodyDiscard {
  std::uint64_t stream_key = 0;
};

// One request and its final response.
struct Exchange {
  RowId id = 0;  // given by the recorder
  RowId recording_id = 0;
  RowId connection_id = 0;
  std::int64_t seq = 0;              // 0, 1, 2… on its connection, in request order
  std::int64_t started_unix_ns = 0;  // first byte of the request
  std::int64_t ttfb_ns = -1;         // from there to the first byte of the response; -1: no response seen
  std::int64_t duration_ns = -1;     // from there to the last byte of the response; -1: none
  std::string method;
  std::string target;
  int status = 0;            // 0: no response seen
  bool complete = false;     // every byte of both messages is here
  std::string notes;         // why not complete, or other remarks; comma separated words (docs/trace-format.md)
  std::string request_head;  // byte for byte, with the empty line
  BodyIn request_body;
  std::string response_head;  // of the final response
  BodyIn response_body;
  std::string interim;  // heads of 1xx responses that came before, byte for byte
};

// Bytes of a connection that are not HTTP/1 as far as we can tell: an upgraded protocol, garbage, what the parser
// refuses.
struct Opaque {
  RowId recording_id = 0;
  RowId connection_id = 0;
  bool from_client = false;    // direction
  std::uint64_t position = 0;  // of the first byte in its direction, relative to the first byte seen
  std::int64_t at_unix_ns = 0;
  std::string reason;
  std::string bytes;
};

// One replay of a recording against one target.
struct Run {
  RowId id = 0;
  RowId recording_id = 0;
  std::string target;   // "http://staging:8080"
  std::string options;  // JSON object
  std::int64_t started_unix_ns = 0;
  std::int64_t ended_unix_ns = 0;  // 0 while it runs, or when the replayer was killed
};

// What the target said to one exchange of a run.
struct Answer {
  RowId run_id = 0;
  RowId exchange_id = 0;
  std::string failure;            // empty: answered. Else a ledger reason: "timeout", "connection_closed", "refused"…
  std::int64_t intended_ns = 0;   // when it should have been sent, from the start of the run
  std::int64_t sent_ns = 0;       // when its first byte was handed to the kernel, from the start of the run
  std::int64_t ttfb_ns = -1;      // from sent_ns
  std::int64_t duration_ns = -1;  // from sent_ns to the last byte of the response
  int status = 0;
  std::string response_head;
  BodyIn response_body;
};

// One value of a replayed request that came from an earlier answer of the target.
struct Substitution {
  std::string location;  // "path segment 2", "header Authorization", "$.order.id": docs/replay.md
  RowId producer_exchange_id = 0;
  std::string producer_location;  // in the answer to that one
  bool resolved = false;          // false: the answer did not have it, and the request was not sent
  bool operator==(const Substitution&) const = default;
};

// Those of one exchange.
struct Substitutions {
  RowId run_id = 0;
  RowId exchange_id = 0;
  std::vector<Substitution> rows;
};

// True when `word` is one of the comma separated words of an exchange's notes.
[[nodiscard]] bool has_note(std::string_view notes, std::string_view word);

// A body in the file. Inline when small, else by content (body_id).
struct StoredBody {
  std::uint64_t wire_bytes = 0;
  std::uint64_t captured_bytes = 0;
  std::string bytes;  // when body_id == 0
  RowId body_id = 0;

  [[nodiscard]] bool whole() const { return wire_bytes == captured_bytes; }
};

// Exchange and Answer as they come out of the file.
struct StoredExchange {
  RowId id = 0;
  RowId recording_id = 0;
  RowId connection_id = 0;
  std::int64_t seq = 0;
  std::int64_t started_unix_ns = 0;
  std::int64_t ttfb_ns = -1;
  std::int64_t duration_ns = -1;
  std::string method;
  std::string target;
  int status = 0;
  bool complete = false;
  std::string notes;
  std::string request_head;
  StoredBody request_body;
  std::string response_head;
  StoredBody response_body;
  std::string interim;
};

struct StoredAnswer {
  RowId run_id = 0;
  RowId exchange_id = 0;
  std::string failure;
  std::int64_t intended_ns = 0;
  std::int64_t sent_ns = 0;
  std::int64_t ttfb_ns = -1;
  std::int64_t duration_ns = -1;
  int status = 0;
  std::string response_head;
  StoredBody response_body;
};

}  // namespace tracerec::schema
