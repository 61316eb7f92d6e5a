// An exchange that is being put together.
#pragma once

#include <cstdint>
#include <memory>

#include "record/exchange_notes.h"
#include "record/sink_counts.h"
#include "redact/body_guard.h"
#include "redact/replacer.h"
#include "schema/rows.h"

namespace tracerec::record {

// What the replacement of secrets did to an exchange.
struct RedactionCounts {
  redact::Replaced replaced;
  std::uint64_t withheld_bytes = 0;
  std::uint64_t reencoded = 0;  // messages
  std::uint64_t reencoded_before_bytes = 0;
  std::uint64_t reencoded_after_bytes = 0;
};

struct PendingExchange {
  schema::Exchange row;  // its notes are set from `notes` when it is finished
  ExchangeNotes notes;
  std::unique_ptr<redact::BodyGuard> request_guard, response_guard;  // of bodies that may hold secrets
  RedactionCounts redaction;
  std::int64_t started_boot_ns = 0;
  std::uint64_t held_bytes = 0;    // of bodies, in memory (BodyBudget)
  std::uint64_t taken_bytes = 0;   // captured so far: heads, interim heads and bodies
  std::uint64_t parted_bytes = 0;  // of bodies, handed to the store as parts
  Skip dropped = Skip::kNone;
  bool request_done = false;
  bool response_done = false;
  bool cut = false;               // a body is longer than what is kept of one
  bool request_starved = false;   // the queue had no room for all of the request's body: it ends there
  bool response_starved = false;  // likewise

  // What of it the store gets: measured, not added up on the way.
  [[nodiscard]] std::uint64_t stored_bytes() const {
    return row.request_head.size() + row.interim.size() + row.response_head.size() + row.request_body.bytes.size() +
           row.response_body.bytes.size() + parted_bytes;
  }

  // Its response is a stream of events that was still running, and nothing of what came is missing: its beginning can
  // be compared. One with a coding cannot be read without its end.
  [[nodiscard]] bool is_open_ended() const;

  [[nodiscard]] bool& starved(const schema::BodyIn& body) {
    return &body == &row.request_body ? request_starved : response_starved;
  }

  [[nodiscard]] redact::BodyGuard* guard_of(const schema::BodyIn& body) const {
    return (&body == &row.request_body ? request_guard : response_guard).get();
  }
};

}  // namespace tracerec::record
