// The books of a recording: every byte that a recorded process moved over a socket is stored or counted, by reason.
#pragma once

#include <cstdint>
#include <string>

#include "record/event_source.h"
#include "record/trace_sink.h"
#include "schema/batch_writer.h"
#include "schema/rows.h"

namespace tracerec::record {

// What sendfile and splice moved, by whether it could be fetched from files.
struct FetchCounts {
  std::uint64_t bytes = 0;
  std::uint64_t refused_bytes = 0;  // the file could not be had, or was another one by then
  std::uint64_t refused_count = 0;
  std::uint64_t spliced_bytes = 0;  // through a pipe into which they did not come from a file
  std::uint64_t spliced_count = 0;
};

// The counts at the end of a recording, each from where it is known first-hand.
struct Books {
  SourceCounters source{};           // the kernel side
  std::uint64_t received_bytes = 0;  // payload that came out of the ring, and bytes of files
  FetchCounts fetched;
  SinkCounts sink;                       // what became of it
  schema::BatchWriter::Written written;  // what the file holds
  WrittenRows::InFile in_file{};         // likewise
};

// "seen", "stored.exchange", "stored.incomplete" and "stored.open_ended" (parts of the former), "stored.opaque",
// "lost.<reason>", "skipped.<reason>", "redacted" (values, part of what is stored), "reencoded.before",
// "reencoded.after". Entries that are zero are left out, except seen and stored.exchange. What was handed to the store
// but is not in the file becomes lost.write_error.
[[nodiscard]] schema::Ledger make_ledger(const Books& books);

// Empty when seen + reencoded.after = stored + lost + skipped + reencoded.before in bytes and each stage passed on what
// it received; else what is off.
[[nodiscard]] std::string imbalance(const Books& books);

// One or a few lines for people.
[[nodiscard]] std::string describe_ledger(const schema::Ledger& ledger);

// What the closing line says of a recording: its exchanges, what was lost, and what was not read as exchanges although
// it may have been some (opaque streams, what came before a boundary or after a hole), with its share of what was seen.
struct Closing {
  std::string line;
  bool is_whole = true;  // nothing was lost, unread or unseen
};
[[nodiscard]] Closing closing_of(const schema::Ledger& ledger, const Books& books);

// A line that names the exchanges of which splice(2) moved bytes past every buffer, and what to do; empty: none.
[[nodiscard]] std::string describe_spliced(const SinkCounts& counts);

// Bytes and events that were wanted and are not in the file: the sum of the lost entries.
[[nodiscard]] schema::LedgerEntry total_lost(const schema::Ledger& ledger);

}  // namespace tracerec::record
