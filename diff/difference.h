// One difference between two messages, as it is found; the judge turns differences into findings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "body/value.h"

namespace tracerec::diff {

enum class Kind : std::uint8_t {
  kStatus,          // another status code
  kMissing,         // was recorded, is not there
  kAdded,           // is there, was not recorded
  kType,            // another JSON type, or no longer JSON, or no longer decodable
  kValue,           // same type, another value
  kLength,          // an array with more or fewer elements, a binary body of another size
  kOrder,           // the same array elements in another order
  kRepresentation,  // the same value written differently: 1 and 1.0, CRLF and LF
  kShape,           // a noisy location whose value no longer has the shape that it always had
};
constexpr std::size_t kKindCount = 9;

// "status", "missing", … as in reports and signatures.
[[nodiscard]] std::string_view name_of(Kind kind);

// Views into the messages and into the comparison's buffers; valid during the call only.
struct Difference {
  Kind kind = Kind::kValue;
  std::string_view location;  // where, array indices as [*]: "$.items[*].name", "header:Server", "trailer:X", "status",
                              // "version", "body"
  std::string_view path;      // exactly where: "$.items[3].name", "line 7", "offset 120"
  body::Value recorded;
  body::Value replayed;
  std::string_view note;  // more for people, may be empty
  // A value that is another one in most responses (of a cookie): counts only where it is known how it varies on its
  // own, or where a rule asks for it. Reported elsewhere as NotCompared::kVolatileHeader.
  bool varies = false;
};

// Why something took no part in the comparison, or only in a weaker one. Nothing is left out without one of these.
enum class NotCompared : std::uint8_t {
  kRecordedIncomplete,    // the recorded exchange has a hole
  kReplayedIncomplete,    // the new body was not captured whole
  kAfterStatusChange,     // headers and body of a response whose status is of another class
  kUndecodable,           // neither body could be decoded, and their wire bytes differ
  kJsonStructure,         // labelled JSON, but neither parses, or one is nested too deep; compared as text
  kMemberOrder,           // members of a JSON object in another order (without meaning, RFC 8259 §4)
  kVolatileHeader,        // the value of a header that changes on its own; its presence was compared
  kFramingHeader,         // Content-Length, Transfer-Encoding: say how, not what
  kContentTypeParameter,  // the boundary in a Content-Type
  kStructure,             // labelled XML, a form, protobuf…, but not readable as such; compared as text or bytes
  kSpelling,              // XML, HTML, forms, multipart: white space, comments, quotes, escapes, boundaries
  kBaselineFailed,        // the response that this one is compared with is missing: the baseline gave none
  kBudget,                // the pair has more differences than are looked at one by one
  kReasonPhrase,          // another reason phrase: clients ignore it (RFC 9112 §4)
  kRedacted,              // the recorded value is a pseudonym: presence, characters and length were compared
  kInterimResponses,      // other 1xx responses before the final one: a client may ignore them (RFC 9110 §15.2)
};
constexpr std::size_t kNotComparedCount = 16;

// "recorded_incomplete", … as in reports and gates.
[[nodiscard]] std::string_view name_of(NotCompared reason);

// Takes what a comparison finds.
class DifferenceSink {
 public:
  virtual ~DifferenceSink() = default;
  virtual void on_difference(const Difference& difference) = 0;
  virtual void on_not_compared(NotCompared reason) = 0;
};

}  // namespace tracerec::diff
