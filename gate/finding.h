// A class of differences, as it stands in reports and approvals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "diff/difference.h"

namespace tracerec::gate {

enum class Severity : std::uint8_t { kLow, kMedium, kHigh };

[[nodiscard]] std::string_view name_of(Severity severity);

// High: the status is of another class, something is missing, a type changed, a cookie lost or changed Secure, HttpOnly
// or SameSite, the trailer Grpc-Status differs. Low: other headers, version, order, representation.
// Medium: everything else.
[[nodiscard]] Severity severity_of(const diff::Difference& difference);

// One difference, kept as an example. Raw recorded data: escape before showing. Values are cut to kMaxSampleBytes.
struct Sample {
  std::int64_t exchange_id = 0;
  std::string path;
  std::string recorded;  // as written: strings of JSON with their quotes
  std::string replayed;
  std::string note;
};
constexpr std::size_t kMaxSampleBytes = 200;

// In the place of values that a rule hides (`redact`): nothing is known of them, not even that they are equal.
constexpr std::string_view kRedactedValue = "(redacted)";
[[nodiscard]] bool is_redacted(const Sample& sample);

// Values that are too long are cut around their first difference.
[[nodiscard]] Sample make_sample(std::int64_t exchange_id, const diff::Difference& difference);

// What a signature holds of a change of status, so that an approval of a mild one accepts no severe one: "2xx-5xx" when
// the class changed. Empty: it did not, or this is no change of status.
[[nodiscard]] std::string status_classes_of(const diff::Difference& difference);
[[nodiscard]] std::string status_classes_of(int before, int after);

// What is known of all differences of a finding, of which its samples are the first few.
struct AllValues {
  std::uint64_t moved = 0;  // of what is missing or was added: a sum over exchange, object and whole value
  std::uint64_t first_change = 0, first_types = 0;  // hashes of the first difference
  std::uint64_t first_part = 0;                     // likewise, of the words that differ in it
  bool change_varies = false;                       // another one has other values
  bool types_vary = false;                          // or values of other types
  bool part_varies = false;                         // or other words differ

  void add(std::int64_t exchange_id, const diff::Difference& difference);

 private:
  void add_part(const diff::Difference& difference);
};

// All differences of one kind at one location.
struct Finding {
  std::string endpoint;
  std::string location;
  diff::Kind kind = diff::Kind::kValue;
  std::string status_classes;          // status_classes_of() its differences
  Severity severity = Severity::kLow;  // the highest of its differences
  std::uint64_t exchanges = 0;         // how many exchanges have it: its count
  std::uint64_t differences = 0;       // how often in all; more when one response has it several times
  std::vector<Sample> samples;         // the first ones
  AllValues all;
  std::uint64_t last_pair = 0;            // the judge's number of the last pair that had it
  std::uint64_t dependent_exchanges = 0;  // of the exchanges: those that depend on a write that failed, or was not sent
  std::string cause;             // the signature of the finding that they depend on; "exchange 12": it has none
  std::uint64_t dependents = 0;  // findings that are only there because of this one
  std::uint64_t unsent = 0;      // exchanges that were not sent because its response lacks a value they need
  std::string approval;          // why somebody accepted it; empty: nobody did

  [[nodiscard]] std::string signature() const;
};

// A cause of which not every finding was kept.
struct NotKept {
  std::string endpoint;  // empty: any
  std::string name;      // the last name of the location, of a status the change ("200 → 500"); empty: any
  diff::Kind kind = diff::Kind::kValue;
  std::uint64_t differences = 0;  // of the findings that were not kept
};

// Names a finding for good, in approvals that live in git: the first 12 hexadecimal digits of SHA-256 over
// ENDPOINT NUL LOCATION NUL KIND, and NUL STATUS_CLASSES where there are any. Changing what goes in breaks every
// approval.
[[nodiscard]] std::string signature_of(std::string_view endpoint, std::string_view location, diff::Kind kind,
                                       std::string_view status_classes = {});

// At most `limit` bytes of `text`, not ending inside a UTF-8 sequence; "…" marks the cut.
[[nodiscard]] std::string cut(std::string_view text, std::size_t limit);

}  // namespace tracerec::gate
