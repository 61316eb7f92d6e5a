#include "record/ledger.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.h"

namespace tracerec::record {
namespace {

const char* loss_key(int reason) {
  switch (reason) {
    case TR_LOST_RING_FULL:
      return "lost.ring_full";
    case TR_LOST_FAULT:
      return "lost.fault";
    case TR_LOST_NO_BUFFER:
      return "lost.no_buffer";
    case TR_LOST_OVERLOAD:
      return "lost.overload";
    default:
      return "lost.iovec_limit";
  }
}

std::uint64_t stored_bytes(const Books& books) {
  return books.sink.stored.bytes + books.sink.opaque.bytes;
}
std::uint64_t written_bytes(const Books& books) {
  return books.written.message_bytes + books.written.opaque_bytes;
}

std::uint64_t skipped_bytes(const Books& books) {
  std::uint64_t sum = 0;
  for (const SinkCounts::Pair& pair : books.sink.skipped) sum += pair.bytes;
  return sum;
}

void add(schema::Ledger& ledger, std::string key, std::uint64_t count, std::uint64_t bytes) {
  if (count > 0 || bytes > 0) ledger.push_back({std::move(key), count, bytes});
}

// Missing by position, but not counted as lost by the kernel side: they passed by a way that is not hooked.
std::uint64_t unseen_bytes(const Books& books) {
  const std::uint64_t silent = books.source.silent_bytes;
  return books.sink.gap_bytes > silent ? books.sink.gap_bytes - silent : 0;
}

// What is recognised is passed over in the kernel from then on.
std::uint64_t passed_over_in_kernel(const Books& books, Skip why) {
  if (why == Skip::kCiphertext) return books.source.muted_bytes;
  return why == Skip::kOutgoing ? books.source.passed_bytes : 0;
}

// " (54 %)": rounded up, for nothing that is missing is 0 %.
std::string share_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {};
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return " (" + std::to_string(static_cast<unsigned>(std::ceil(std::min(percent, 100.0)))) + " %)";
}

std::string off_by(const char* what, std::uint64_t left, std::uint64_t right) {
  return std::string(what) + ": " + std::to_string(left) + " != " + std::to_string(right) + " bytes";
}

}  // namespace

schema::Ledger make_ledger(const Books& books) {
  schema::Ledger ledger;
  const std::uint64_t unwritten = books.sink.stored.count - books.written.exchanges;
  ledger.push_back({"seen", 0, books.source.seen_bytes});
  ledger.push_back({"stored.exchange", books.written.exchanges, books.written.message_bytes});
  add(ledger, "stored.incomplete", books.in_file.incomplete.count, books.in_file.incomplete.bytes);
  add(ledger, "stored.open_ended", books.in_file.open_ended.count, books.in_file.open_ended.bytes);
  add(ledger, "stored.opaque", books.in_file.opaque.count, books.written.opaque_bytes);
  for (int reason = 0; reason < TR_LOST_REASONS; ++reason) {
    add(ledger, loss_key(reason), books.source.lost_events[reason], books.source.lost_bytes[reason]);
  }
  add(ledger, "lost.file", books.fetched.refused_count, books.fetched.refused_bytes);
  add(ledger, "lost.splice", books.fetched.spliced_count, books.fetched.spliced_bytes);
  add(ledger, "lost.control", books.source.lost_control_events, 0);
  add(ledger, skip_key(Skip::kWriteError), unwritten, stored_bytes(books) - written_bytes(books));
  for (std::size_t i = 1; i < books.sink.skipped.size(); ++i) {
    const SinkCounts::Pair& pair = books.sink.skipped[i];
    add(ledger, skip_key(static_cast<Skip>(i)), pair.count,
        pair.bytes + passed_over_in_kernel(books, static_cast<Skip>(i)));
  }
  if (const std::uint64_t unseen = unseen_bytes(books); unseen > 0) ledger.push_back({"unseen.position", 0, unseen});
  add(ledger, "reencoded.before", books.sink.reencoded_before.count, books.sink.reencoded_before.bytes);
  add(ledger, "reencoded.after", books.sink.reencoded_after.count, books.sink.reencoded_after.bytes);
  add(ledger, "redacted", books.sink.redacted.count, books.sink.redacted.bytes);
  return ledger;
}

std::string imbalance(const Books& books) {
  std::uint64_t lost_in_kernel = 0;
  for (const std::uint64_t bytes : books.source.lost_bytes) lost_in_kernel += bytes;
  const std::uint64_t accounted = stored_bytes(books) + skipped_bytes(books) + books.sink.reencoded_before.bytes;
  const std::uint64_t produced = books.received_bytes + books.sink.reencoded_after.bytes;
  const std::uint64_t reported = books.source.sent_bytes + books.source.file_bytes;
  const std::uint64_t dropped = books.source.muted_bytes + books.source.passed_bytes + lost_in_kernel;
  const std::uint64_t received = books.received_bytes + books.fetched.refused_bytes + books.fetched.spliced_bytes;
  if (books.source.seen_bytes != reported + dropped) {
    return off_by("seen by the kernel side = sent + files + muted + passed + lost", books.source.seen_bytes,
                  reported + dropped);
  }
  if (reported != received) return off_by("sent by the kernel side = received + refused + spliced", reported, received);
  if (produced != accounted) {
    return off_by("received + reencoded.after = stored + skipped + reencoded.before", produced, accounted);
  }
  if (written_bytes(books) > stored_bytes(books)) {
    return off_by("in the file = handed to the store", written_bytes(books), stored_bytes(books));
  }
  return {};
}

schema::LedgerEntry total_lost(const schema::Ledger& ledger) {
  schema::LedgerEntry total{"lost", 0, 0};
  for (const schema::LedgerEntry& entry : ledger) {
    if (entry.key.rfind("lost.", 0) != 0) continue;
    total.count += entry.count;
    total.bytes += entry.bytes;
  }
  return total;
}

Closing closing_of(const schema::Ledger& ledger, const Books& books) {
  const schema::LedgerEntry lost = total_lost(ledger);
  const SinkCounts& counts = books.sink;
  const std::uint64_t unread = counts.unread_bytes + counts.skipped[static_cast<std::size_t>(Skip::kUnsynced)].bytes;
  std::uint64_t seen = 0, unseen = 0, stored = 0;
  for (const schema::LedgerEntry& entry : ledger) {
    if (entry.key == "stored.exchange") stored = entry.count;
    if (entry.key == "seen") seen = entry.bytes;
    if (entry.key == "unseen.position") unseen = entry.bytes;
  }
  const std::uint64_t streams = books.in_file.open_ended.count;
  const std::string open_ended = streams > 0 ? ", " + format_count(streams) + " open-ended" : std::string{};
  Closing closing;
  closing.is_whole = lost.bytes == 0 && lost.count == 0 && unread == 0 && unseen == 0;
  closing.line = "recorded " + format_count(stored) + " exchanges (" + format_count(books.in_file.incomplete.count) +
                 " incomplete" + open_ended + ") on " + format_count(books.in_file.connections) + " connections";
  // "0 bytes lost" is for a recording in which nothing is missing.
  if (lost.bytes > 0 || unread == 0) closing.line += ", " + format_count(lost.bytes) + " bytes lost";
  if (unread > 0)
    closing.line += ", " + format_count(unread) + " bytes" + share_of(unread, seen) + " not read as HTTP/1";
  if (unseen > 0) closing.line += ", " + format_count(unseen) + " bytes not seen";
  return closing;
}

std::string describe_spliced(const SinkCounts& counts) {
  const SinkCounts::Named& spliced = counts.spliced;
  if (spliced.count == 0) return {};
  std::string ids;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(spliced.count, spliced.first.size()); ++i) {
    ids += (i == 0 ? "" : ", ") + std::to_string(spliced.first[i]);
  }
  if (spliced.count > spliced.first.size()) ids += ", …";
  const bool one = spliced.count == 1;
  return format_count(spliced.count) + (one ? " exchange is" : " exchanges are") +
         " incomplete because splice(2) moved " + (one ? "its" : "their") +
         " bytes past the buffers of the process: " + ids +
         "; switch it off in the server (HAProxy: start it with -dS)";
}

std::string describe_ledger(const schema::Ledger& ledger) {
  std::string text;
  for (const schema::LedgerEntry& entry : ledger) {
    char line[160];
    if (entry.key == "redacted") {
      std::snprintf(line, sizeof line, "  %-22s %12s values\n", entry.key.c_str(), format_count(entry.count).c_str());
      text += line;
      continue;
    }
    std::snprintf(line, sizeof line, "  %-22s %12s %18s bytes\n", entry.key.c_str(),
                  entry.key == "seen" ? "" : format_count(entry.count).c_str(), format_count(entry.bytes).c_str());
    text += line;
  }
  return text;
}

}  // namespace tracerec::record
