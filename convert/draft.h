// One entry of a file of another tool, as we understand it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "schema/rows.h"

namespace tracerec::convert {

// An exchange that is to be stored. Ids and `seq` are given later; `row.complete` and `row.notes` say what the file
// did not have.
struct Draft {
  std::string connection;  // of equal ones each begins after the one before it has ended; empty: it has one of its own
  std::string server;      // "203.0.113.7:443"; a name where the file has no address
  bool tls = false;
  std::string host;      // what the request calls the server: "shop.example.com"
  schema::Exchange row;  // of the bodies the whole is in `bytes`
};

// An entry that is none.
struct Skipped {
  std::string reason;  // of the ledger: "cache" for skipped.cache
  std::string detail;  // why, for people; may be empty
};

using Entry = std::variant<Draft, Skipped>;

// Times beyond it are none: 2255. Sums with durations stay in range.
inline constexpr std::int64_t kMostUnixNs = 9'000'000'000'000'000'000;

// Reasons that several formats have.
inline constexpr const char* kUnreadable = "unreadable";
inline constexpr const char* kFiltered = "filtered";

// Words of notes. docs/formats.md and evaluate/notes.cc say what each means.
inline constexpr const char* kRequestBodyUnknown = "request_body_unknown";
inline constexpr const char* kResponseBodyUnknown = "response_body_unknown";
inline constexpr const char* kAsHttp1 = "as_http1";
inline constexpr const char* kNoTime = "no_time";

// Appends a word to the notes, once.
void add_note(schema::Exchange& row, const char* word);

}  // namespace tracerec::convert
