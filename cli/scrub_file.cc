#include "cli/scrub_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/same_file.h"
#include "cli/new_file.h"
#include "schema/batch_writer.h"
#include "schema/reader.h"

// How this works. Nothing is changed in place, where an index, a free page or the log could keep an old byte: each row
// is read, goes through the same replacement as while recording, and is written into a new file. Ids stay as they
// are. Tests: tests/e2e/scrub_test.cc.

namespace tracerec::cli {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

// What a message became.
struct Scrubbed {
  std::string head;
  schema::BodyIn body;
  redact::BodyGuard::Outcome outcome;
};

Error interrupted() {
  return Error{"interrupted: nothing was written"};
}

// A note at the end of a list, once.
void add_note(std::string& notes, const char* word) {
  if (schema::has_note(notes, word)) return;
  notes += (notes.empty() ? "" : ",") + std::string(word);
}

// Digests of recorded credentials would let somebody try them.
std::string without_digests(const std::string& options) {
  auto json = nlohmann::json::parse(options, nullptr, false);
  if (!json.is_object() || !json.contains("identities") || !json["identities"].is_array()) return options;
  for (auto& identity : json["identities"]) {
    if (identity.is_object()) identity.erase("recorded_sha256");
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// A replay of the new file has to know what was replaced in it.
std::string with_rules(const std::string& options, const redact::RedactionRules& rules) {
  auto json = nlohmann::json::parse(options, nullptr, false);
  if (rules.source.empty() || !json.is_object()) return options;
  json["redaction"] = nlohmann::json::parse(rules.source, nullptr, false);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// What an exchange and a response of a run have in common but for the messages.
template <class From, class To>
void copy_outcome(const From& from, To& to) {
  to.ttfb_ns = from.ttfb_ns;
  to.duration_ns = from.duration_ns;
  to.status = from.status;
  to.interim = from.interim;
}

schema::Exchange row_of(const schema::StoredExchange& from) {
  schema::Exchange row;
  row.id = from.id;
  row.recording_id = from.recording_id;
  row.connection_id = from.connection_id;
  row.seq = from.seq;
  row.started_unix_ns = from.started_unix_ns;
  row.method = from.method;
  row.target = from.target;
  row.complete = from.complete;
  row.notes = from.notes;
  copy_outcome(from, row);
  return row;
}

schema::Response row_of(const schema::StoredResponse& from) {
  schema::Response row;
  row.run_id = from.run_id;
  row.exchange_id = from.exchange_id;
  row.failure = from.failure;
  row.intended_ns = from.intended_ns;
  row.sent_ns = from.sent_ns;
  copy_outcome(from, row);
  return row;
}

schema::LedgerEntry& entry_of(schema::Ledger& ledger, const char* key) {
  const auto found = std::find_if(ledger.begin(), ledger.end(), [&](const auto& entry) { return entry.key == key; });
  return found != ledger.end() ? *found : ledger.emplace_back(schema::LedgerEntry{key, 0, 0});
}

class Scrubber {
 public:
  Scrubber(schema::Reader& rows, schema::Reader& bodies, schema::BatchWriter& writer, redact::Redactor& redactor,
           const std::atomic<bool>& stop, ScrubCounts& counts)
      : rows_(rows), bodies_(bodies), writer_(writer), redactor_(redactor), stop_(stop), counts_(counts) {}

  Result<void> copy_recording(schema::Recording recording) {
    recording.secrets = schema::Secrets::kReplaced;
    recording.uid.clear();  // it is another one
    recording.options = with_rules(recording.options, redactor_.rules());
    auto ledger = rows_.recording_ledger(recording.id);
    if (!ledger) return ledger.error();
    ledger_ = std::move(*ledger);
    const auto id = writer_.begin_recording(recording);
    if (!id) return id.error();
    if (auto copied = copy_connections(recording.id); !copied) return copied;
    const auto copied = each([&](const auto& outcome) {
      return rows_.for_each_exchange(
          recording.id, [&](const schema::StoredExchange& exchange) { return outcome(copy_exchange(exchange)); });
    });
    if (!copied) return copied;
    leave_out_opaque();
    ++counts_.recordings;
    return writer_.end_recording(recording.id, recording.ended_unix_ns, ledger_);
  }

  Result<void> copy_run(schema::Run run) {
    run.secrets = schema::Secrets::kReplaced;
    run.options = without_digests(run.options);
    const auto ledger = rows_.run_ledger(run.id);
    if (!ledger) return ledger.error();
    const auto id = writer_.begin_run(run);
    if (!id) return id.error();
    const auto copied = each([&](const auto& outcome) {
      return rows_.for_each_response(run.id,
                                     [&](const schema::StoredExchange&, const schema::StoredResponse& response) {
                                       return outcome(copy_response(response));
                                     });
    });
    if (!copied) return copied;
    ++counts_.runs;
    return writer_.end_run({run.id, run.ended_unix_ns, *ledger});
  }

 private:
  // Runs an iteration whose visitor can fail.
  template <class Iterate>
  Result<void> each(const Iterate& iterate) {
    Result<void> failed;
    const Result<void> done = iterate([&](Result<void> one) {
      failed = stop_.load() ? Result<void>(interrupted()) : std::move(one);
      return failed.has_value();
    });
    return done ? failed : done;
  }

  Result<void> submit(schema::Command command) {
    while (!writer_.submit(std::move(command))) {  // NOLINT(bugprone-use-after-move): a refused one stays here
      if (auto flushed = writer_.flush(); !flushed) return flushed;
    }
    return {};
  }

  Result<void> copy_connections(schema::RowId recording_id) {
    return each([&](const auto& outcome) {
      return rows_.for_each_connection(recording_id, [&](const schema::ConnectionSpan& span) {
        const auto connection = bodies_.connection(span.connection_id);
        if (!connection) return outcome(connection.error());
        return outcome(*connection ? submit(**connection) : Result<void>());
      });
    });
  }

  // The body's pieces through the guard, and on to the writer as far as it lets them.
  Result<void> copy_body(const schema::StoredBody& stored, redact::BodyGuard* guard, schema::BodyIn& body) {
    body.wire_bytes = stored.wire_bytes;
    return each([&](const auto& outcome) {
      return bodies_.read_body(stored, [&](std::string_view piece) {
        guard != nullptr ? guard->append(piece, body.bytes) : static_cast<void>(body.bytes.append(piece));
        const bool enough = body.bytes.size() >= kPieceBytes && (guard == nullptr || !guard->holding());
        return outcome(enough ? hand_over(body) : Result<void>());
      });
    });
  }

  Result<void> hand_over(schema::BodyIn& body) {
    if (body.stream_key == 0) body.stream_key = ++last_key_;
    return submit(schema::BodyPart{body.stream_key, std::exchange(body.bytes, {})});
  }

  Result<void> scrub(const schema::StoredBody& stored, bool is_request, std::unique_ptr<redact::BodyGuard> guard,
                     Scrubbed& message) {
    if (auto copied = copy_body(stored, guard.get(), message.body); !copied) return copied;
    if (guard != nullptr) {
      message.outcome =
          guard->finish(stored.whole(), message.head, is_request, {message.body.bytes, message.body.wire_bytes});
    }
    counts_.replaced += redactor_.take_replaced();
    counts_.reencoded += message.outcome.reencoded_before > 0 ? 1U : 0U;
    counts_.unsearched += message.outcome.unsearched ? 1U : 0U;
    counts_.withheld += message.outcome.withheld_bytes > 0 ? 1U : 0U;
    if (message.body.stream_key == 0 || message.body.bytes.empty()) return {};
    return hand_over(message.body);
  }

  void note(const Scrubbed& message, schema::Exchange& row) {
    const redact::BodyGuard::Outcome& outcome = message.outcome;
    schema::LedgerEntry& stored = entry_of(ledger_, "stored.exchange");
    stored.bytes += outcome.reencoded_after - outcome.reencoded_before - outcome.withheld_bytes;
    if (outcome.reencoded_before > 0) {
      add_note(row.notes, "reencoded");
      add(ledger_, "reencoded.before", outcome.reencoded_before);
      add(ledger_, "reencoded.after", outcome.reencoded_after);
    }
    if (outcome.withheld_bytes > 0) {
      add_note(row.notes, "withheld");
      row.complete = false;
      add(ledger_, "skipped.withheld", outcome.withheld_bytes);
    }
  }

  static void add(schema::Ledger& ledger, const char* key, std::uint64_t bytes) {
    schema::LedgerEntry& entry = entry_of(ledger, key);
    ++entry.count;
    entry.bytes += bytes;
  }

  Result<void> copy_exchange(const schema::StoredExchange& from) {
    schema::Exchange row = row_of(from);
    const redact::Replaced before = counts_.replaced;
    Scrubbed request{from.request_head, {}, {}}, response{from.response_head, {}, {}};
    auto request_guard = redactor_.redact_request_head(request.head, row.target);
    auto response_guard = redactor_.redact_response_head(response.head);
    redactor_.redact_interim_head(row.interim);
    if (auto done = scrub(from.request_body, true, std::move(request_guard), request); !done) return done;
    if (auto done = scrub(from.response_body, false, std::move(response_guard), response); !done) return done;
    note(request, row);
    note(response, row);
    const std::uint64_t values = counts_.replaced.values - before.values;
    if (values > 0) add_note(row.notes, "redacted");
    schema::LedgerEntry& redacted = entry_of(ledger_, "redacted");
    redacted.count += values;
    redacted.bytes += counts_.replaced.bytes - before.bytes;
    row.request_head = std::move(request.head);
    row.request_body = std::move(request.body);
    row.response_head = std::move(response.head);
    row.response_body = std::move(response.body);
    ++counts_.exchanges;
    return submit(std::move(row));
  }

  Result<void> copy_response(const schema::StoredResponse& from) {
    schema::Response row = row_of(from);
    Scrubbed response{from.response_head, {}, {}};
    auto guard = redactor_.redact_response_head(response.head);
    if (auto done = scrub(from.response_body, false, std::move(guard), response); !done) return done;
    row.response_head = std::move(response.head);
    row.response_body = std::move(response.body);
    ++counts_.responses;
    if (auto done = submit(std::move(row)); !done) return done;
    auto values = bodies_.substitutions_in(from.run_id, from.exchange_id);
    if (!values) return values.error();
    if (values->empty()) return {};
    return submit(schema::Substitutions{from.run_id, from.exchange_id, std::move(*values)});
  }

  // What cannot be read as HTTP/1 cannot be searched, either.
  void leave_out_opaque() {
    const schema::LedgerEntry opaque = entry_of(ledger_, "stored.opaque");
    if (opaque.bytes == 0) return;
    counts_.opaque_bytes += opaque.bytes;
    entry_of(ledger_, "stored.opaque") = {"stored.opaque", 0, 0};
    schema::LedgerEntry& withheld = entry_of(ledger_, "skipped.withheld");
    withheld.count += opaque.count;
    withheld.bytes += opaque.bytes;
  }

  schema::Reader& rows_;
  schema::Reader& bodies_;
  schema::BatchWriter& writer_;
  redact::Redactor& redactor_;
  const std::atomic<bool>& stop_;
  ScrubCounts& counts_;
  schema::Ledger ledger_;  // of the recording that is copied
  std::uint64_t last_key_ = 0;
};

Result<void> copy_all(Scrubber& scrubber, schema::Reader& rows, const std::atomic<bool>& stop) {
  const auto recordings = rows.recordings();
  if (!recordings) return recordings.error();
  const auto runs = rows.runs();
  if (!runs) return runs.error();
  for (const schema::RecordingSummary& one : *recordings) {
    if (stop.load()) return interrupted();
    if (auto copied = scrubber.copy_recording(one.recording); !copied) return copied;
  }
  for (const schema::RunSummary& one : *runs) {
    if (stop.load()) return interrupted();
    if (auto copied = scrubber.copy_run(one.run); !copied) return copied;
  }
  return {};
}

// The writer is closed again: then all of it is in the file.
Result<void> copy_into(const std::string& path, schema::Reader& rows, schema::Reader& bodies,
                       redact::Redactor& redactor, const std::atomic<bool>& stop, ScrubCounts& counts) {
  const auto writer = schema::BatchWriter::open(path, {});
  if (!writer) return writer.error();
  Scrubber scrubber(rows, bodies, **writer, redactor, stop, counts);
  if (auto copied = copy_all(scrubber, rows, stop); !copied) return copied;
  return (*writer)->finish();
}

std::vector<std::string> used_files(const std::string& from, const std::string& rules_file) {
  std::vector<std::string> used = trace_files(from);
  used.push_back(rules_file);
  return used;
}

}  // namespace

Result<ScrubCounts> scrub_file(const std::string& from, const std::string& to, const std::string& rules_file,
                               redact::Redactor& redactor, const std::atomic<bool>& stop) {
  for (const std::string& made : trace_files(to + ".part")) {
    if (auto unused = check_unused("writing " + to, made, used_files(from, rules_file)); !unused) return unused.error();
  }
  // One reader walks, another fetches bodies: a cursor is not disturbed by other queries.
  const auto rows = schema::Reader::open(from);
  if (!rows) return rows.error();
  const auto bodies = schema::Reader::open(from);
  if (!bodies) return bodies.error();
  (*rows)->stop_when(&stop);
  (*bodies)->stop_when(&stop);
  NewFile part(to);
  if (auto made = part.make(); !made) return made.error();
  ScrubCounts counts;
  if (auto copied = copy_into(part.path(), **rows, **bodies, redactor, stop, counts); !copied) return copied.error();
  if (stop.load()) return interrupted();
  if (auto kept = part.keep(); !kept) return kept.error();
  return counts;
}

}  // namespace tracerec::cli
