// Reads a trace file. Streaming: memory does not grow with the recording.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "schema/rows.h"

namespace tracerec::schema {

// Called per row; false stops the iteration early.
template <class Row>
using Visitor = std::function<bool(const Row&)>;

// What to read: a file with recordings and their runs, or one with runs alone, which names the file of its recordings.
struct TraceSource {
  TraceSource(std::string file) : path(std::move(file)) {}
  TraceSource(const char* file) : path(file) {}
  TraceSource(std::string runs, std::string recording) : path(std::move(runs)), recording_path(std::move(recording)) {}

  std::string path;
  std::string recording_path{};  // where the recordings of a file of runs are now; empty: where it says
};

struct RecordingSummary {
  Recording recording;
  std::uint64_t exchanges = 0;
  std::uint64_t incomplete = 0;
  std::uint64_t connections = 0;
  std::uint64_t pruned = 0;  // exchanges that it had and that `tracerec prune` removed
};

struct RunSummary {
  Run run;
  std::uint64_t responses = 0;
  std::uint64_t failed = 0;
};

// A connection of a recording, as the replay plan needs it.
struct ConnectionSpan {
  RowId connection_id = 0;
  std::int64_t first_started_unix_ns = 0;  // of its first exchange
  std::int64_t last_started_unix_ns = 0;
  std::int64_t ended_unix_ns = 0;  // end of its last response (or last start, when none)
  std::uint64_t exchanges = 0;
};

// A request that begins or ends, for Reader::for_each_duplicate.
struct RequestEvent {
  const StoredExchange& request;  // without its response, but for the status
  std::int64_t key;               // of method, target and body: request_key.h
  bool has_ended;                 // false: it begins; only of methods that may change something
  std::int64_t at_unix_ns;
};

// What makes two exchanges with equal method, target and body equal requests, and members of one group.
struct EqualKey {
  std::uint64_t headers = 0;  // hash of what else chooses a response
  std::uint64_t state = 0;    // equal: nothing that could change the response came in between
};

struct Duplicate {
  std::size_t request;  // counts from 0: one number for equal requests
  std::size_t group;    // counts from 0: one number for those of them that met the same state
  const StoredExchange& exchange;
};

struct DuplicateLimits {
  std::size_t requests = 500;
  std::size_t groups = 5;   // of each request
  std::size_t members = 5;  // of each group
};

// An exchange as one line of a list: nothing of its heads and bodies.
struct ExchangeLine {
  RowId id = 0;
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
  std::uint64_t request_bytes = 0;  // of the body, on the wire
  std::uint64_t response_bytes = 0;
  // Of the run that was asked for.
  bool sent = false;
  std::string failure;
  int new_status = 0;
  std::int64_t new_duration_ns = -1;
};

// Which of them, and in which order.
struct LineRange {
  RowId recording_id = 0;
  RowId run_id = 0;         // whose responses are beside them; 0: none
  RowId connection_id = 0;  // of this connection alone; 0: of all
  RowId after = 0;          // beyond this id in the given order; 0: from the first
  bool newest_first = false;
};

// When an exchange took place.
struct ExchangeTime {
  std::int64_t started_unix_ns = 0;
  std::int64_t duration_ns = -1;
  bool complete = false;
};

// A view of one file, of which it never changes the content. Exchanges whose lengths are not those of their bodies, or
// whose request is not one message (schema/request_check.h), are errors of the calls that read them. It may be read
// while a process writes it (this one, too). One thread at a time. A visitor may call back into the reader.
class Reader {
 public:
  // Of a file of runs, its recordings are those of the file that it names: everything of them is read from there, after
  // their ids and digests were compared. Errors: missing, not a database, not a tracerec file, written by a newer
  // version; another recording than that of the runs, or one that has changed.
  [[nodiscard]] static Result<std::unique_ptr<Reader>> open(const TraceSource& source);

  // The file that has the recordings: another one than was opened when that is a file of runs.
  [[nodiscard]] const std::string& recording_path() const;

  // What a file of runs says of the recording. Reads all of it, once for a file that does not change. Error: there is
  // none with this id.
  [[nodiscard]] Result<SourceRecording> source(RowId recording_id);

  // From now on a call that takes long ends with an error once `stop` is set, within some milliseconds. It is borrowed;
  // nullptr: none.
  void stop_when(const std::atomic<bool>* stop);
  ~Reader();

  // Oldest first.
  [[nodiscard]] Result<std::vector<RecordingSummary>> recordings();
  [[nodiscard]] Result<std::vector<RunSummary>> runs();
  [[nodiscard]] Result<std::optional<Recording>> newest_recording();
  [[nodiscard]] Result<std::optional<Recording>> recording(RowId id);
  [[nodiscard]] Result<std::optional<Run>> newest_run();  // rechecks left aside
  [[nodiscard]] Result<std::optional<Run>> run(RowId id);
  [[nodiscard]] Result<std::vector<Run>> rechecks_of(RowId run_id);  // oldest first
  [[nodiscard]] Result<Ledger> recording_ledger(RowId recording_id);
  [[nodiscard]] Result<Ledger> run_ledger(RowId run_id);

  [[nodiscard]] Result<std::optional<Connection>> connection(RowId id);

  // Distinct local addresses of a recording's connections ("127.0.0.1:8080").
  [[nodiscard]] Result<std::vector<std::string>> local_addresses(RowId recording_id);

  // Connections that have at least one exchange, by the start of their first exchange. Looked up once: what is
  // recorded after the first call is not among them. Error: what they have cannot be sent in order: two have one seq.
  [[nodiscard]] Result<void> for_each_connection(RowId recording_id, const Visitor<ConnectionSpan>& visit);

  // When each exchange was started, earliest first.
  [[nodiscard]] Result<void> for_each_start(RowId recording_id, const Visitor<std::int64_t>& visit);

  // Exchanges by id (the order in which they were completed while recording).
  [[nodiscard]] Result<void> for_each_exchange(RowId recording_id, const Visitor<StoredExchange>& visit);

  // The same without anything of the responses: a third of the time.
  [[nodiscard]] Result<void> for_each_request(RowId recording_id, const Visitor<StoredExchange>& visit);

  // The first and the last id; {0, -1} when there is none. Error, too: so few exchanges between them that the file must
  // be damaged; what is kept for each id from the first to the last follows the size of the file.
  [[nodiscard]] Result<std::pair<RowId, RowId>> exchange_ids(RowId recording_id);

  [[nodiscard]] Result<std::optional<StoredExchange>> exchange(RowId id);

  // By id, or from the newest back. Of a stopped visit, the id of the last line is where the next one goes on.
  [[nodiscard]] Result<void> for_each_line(const LineRange& range, const Visitor<ExchangeLine>& visit);

  // By id. Reads an index alone: a million take a third of a second.
  [[nodiscard]] Result<void> for_each_time(RowId recording_id, const Visitor<ExchangeTime>& visit);

  // The recording's next exchanges on the connection: those with seq > after_seq (start with -1), at most `limit`,
  // without their recording and their response (but for its status and when it began). None: there are no more of
  // those that were there at the first call of this or of for_each_connection().
  [[nodiscard]] Result<std::vector<StoredExchange>> next_requests(RowId recording_id, RowId connection_id,
                                                                  std::int64_t after_seq, std::size_t limit);

  // Every response of a run with its exchange, by exchange id.
  [[nodiscard]] Result<void> for_each_response(
      RowId run_id, const std::function<bool(const StoredExchange&, const StoredResponse&)>& visit);
  [[nodiscard]] Result<std::optional<StoredResponse>> response(RowId run_id, RowId exchange_id);
  [[nodiscard]] Result<ResponseCounts> count_responses(RowId run_id);

  // What was replaced in the request of an exchange, and in which requests values of its response were put.
  [[nodiscard]] Result<std::vector<Substitution>> substitutions_in(RowId run_id, RowId exchange_id);
  [[nodiscard]] Result<std::vector<std::pair<RowId, Substitution>>> substitutions_from(RowId run_id,
                                                                                       RowId producer_exchange_id);

  // Where the values came from, each location once, by exchange; and what was not resolved, with the exchange that
  // needed it, by that exchange.
  [[nodiscard]] Result<void> for_each_source(RowId run_id, const std::function<bool(RowId, std::string_view)>& visit);
  [[nodiscard]] Result<void> for_each_unresolved(RowId run_id,
                                                 const std::function<bool(RowId, const Substitution&)>& visit);

  // Complete exchanges whose requests are equal: the raw material of noise learning. Compared are method, target and
  // body, and what `key_of` adds. It is called with what may change the state of the server and with requests that
  // occur more than once, in the order of time; what it gives for the end of a request puts it into a group, nothing
  // leaves it out. Visited are requests with two exchanges and more, those with the largest group first.
  [[nodiscard]] Result<void> for_each_duplicate(
      RowId recording_id, const DuplicateLimits& limits,
      const std::function<std::optional<EqualKey>(const RequestEvent&)>& key_of, const Visitor<Duplicate>& visit);

  // The captured bytes, piece by piece and in order.
  [[nodiscard]] Result<void> read_body(const StoredBody& body, const std::function<bool(std::string_view)>& visit);

  // For a caller that cannot take the pieces in one go: the first piece after `after_seq` (start with -1), with its
  // seq. A body inside its row is one piece with seq 0. Nothing after the last.
  struct BodyPiece {
    std::int64_t seq = 0;
    std::string bytes;
  };
  [[nodiscard]] Result<std::optional<BodyPiece>> next_body_piece(const StoredBody& body, std::int64_t after_seq);

  // The captured bytes in one string; an error when there are more than `limit_bytes`.
  [[nodiscard]] Result<std::string> load_body(const StoredBody& body, std::size_t limit_bytes);

 private:
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tracerec::schema
