// What the trace file holds, as values. docs/trace-format.md describes each table and its invariants. Those that are
// written often come in two forms: with strings of their own, and (inside schema/) with views of bytes elsewhere.
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

// What became of secrets when a recording or a run was stored. Of older files it is not known.
enum class Secrets : std::uint8_t { kUnknown, kKept, kReplaced };

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
  Secrets secrets = Secrets::kUnknown;
  std::string uid{};  // 32 hexadecimal digits that no other one has; written empty: made; read empty: older format
};

// A recording of another file, of which a file has runs (docs/trace-format.md, Runs files).
struct SourceRecording {
  RowId recording_id = 0;  // in that file
  std::string uid;         // as Recording::uid
  std::string digest;      // SHA-256 of what it holds, 32 bytes (schema/digest.h)
  std::string path;        // where that file was, absolute
};

// What the recorded process is on a connection: it serves requests, or sends them.
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
template <class Text>
struct BasicBodyIn {
  std::uint64_t wire_bytes = 0;  // true length on the wire, chunk framing and trailers included
  Text bytes;                    // what was captured, when stream_key == 0
  std::uint64_t stream_key = 0;  // non-zero: see BodyPart; its captured length is what the parts add up to
};
using BodyIn = BasicBodyIn<std::string>;

// The next piece of a large body. Keys are chosen by the producer and are unique while in use; the exchange or response
// that names the key ends it, BodyDiscard forgets it.
template <class Text>
struct BasicBodyPart {
  std::uint64_t stream_key = 0;
  Text bytes;
};
using BodyPart = BasicBodyPart<std::string>;
struct BodyDiscard {
  std::uint64_t stream_key = 0;
};

// One request and its final response.
template <class Text>
struct BasicExchange {
  RowId id = 0;  // given by the recorder
  RowId recording_id = 0;
  RowId connection_id = 0;
  std::int64_t seq = 0;              // 0, 1, 2… on its connection, in request order
  std::int64_t started_unix_ns = 0;  // first byte of the request
  std::int64_t ttfb_ns = -1;         // from there to the first byte of the response; -1: no response seen
  std::int64_t duration_ns = -1;     // from there to the last byte of the response; -1: none
  Text method;
  Text target;
  int status = 0;         // 0: no response seen
  bool complete = false;  // every byte of both messages is here
  Text notes;             // why not complete, or other remarks; comma separated words (docs/trace-format.md)
  Text request_head;      // byte for byte, with the empty line
  BasicBodyIn<Text> request_body;
  Text response_head;  // of the final response
  BasicBodyIn<Text> response_body;
  Text interim;  // heads of 1xx responses that came before, byte for byte
};
using Exchange = BasicExchange<std::string>;

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
  RowId baseline_run_id = 0;       // the run against another target that was played beside this one; 0: none
  RowId recheck_of = 0;            // the run of which this one sent some exchanges again; 0: none
  Secrets secrets = Secrets::kUnknown;
};

// How a run ended.
struct RunEnd {
  RowId run_id = 0;
  std::int64_t ended_unix_ns = 0;
  Ledger ledger;
};

// What the target said to one exchange of a run.
template <class Text>
struct BasicResponse {
  RowId run_id = 0;
  RowId exchange_id = 0;
  Text failure;                   // empty: answered. Else a ledger reason: "timeout", "connection_closed", "refused"…
  std::int64_t intended_ns = 0;   // when it should have been sent, from the start of the run
  std::int64_t sent_ns = 0;       // when its first byte was handed to the kernel, from the start of the run
  std::int64_t ttfb_ns = -1;      // from sent_ns
  std::int64_t duration_ns = -1;  // from sent_ns to the last byte of the response
  int status = 0;
  Text response_head;
  BasicBodyIn<Text> response_body;
  Text interim{};  // status codes of the 1xx responses before it, "103 103": the first kMaxInterimCodes
};
constexpr std::size_t kMaxInterimCodes = 16;
using Response = BasicResponse<std::string>;

// How many responses of a run are in the file with their exchanges.
struct ResponseCounts {
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
};

// One value of a replayed request that came from an earlier response of the target.
struct Substitution {
  std::string location;  // "path segment 2", "header Authorization", "$.order.id": docs/replay.md
  RowId producer_exchange_id = 0;
  std::string producer_location;  // in the response to that one
  bool resolved = false;          // false: the response did not have it, and the request was not sent
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

// Exchange and Response as they come out of the file.
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

// The response is the beginning of a stream of events that was still running; all is here that came of it, and of the
// request. Such an exchange is not complete, but it can be sent, and its beginning compared.
[[nodiscard]] bool is_open_ended(const StoredExchange& exchange);

struct StoredResponse {
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
  std::string interim{};  // as Response::interim
};

}  // namespace tracerec::schema
