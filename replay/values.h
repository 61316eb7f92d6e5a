// The values in a message that could have come from a server, or go back to one: each with its location, and with the
// bytes to replace when it becomes another. docs/replay.md, Values. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "replay/json_leaves.h"
#include "replay/value_text.h"

namespace tracerec::replay {

enum class LocationKind : std::uint8_t {
  kPathSegment,  // of the target, or of a URL inside another value
  kQuery,        // likewise
  kHeader,       // the value, or what is left of it without "Bearer" or the quotes of an entity tag; a date whole
  kCookie,
  kJson,  // a string or number
  kForm,  // application/x-www-form-urlencoded
  kHtml,  // value of an input, content of a meta element
  kBody   // the whole body is one word
};

// Views are valid during the call only.
struct Value {
  LocationKind kind = LocationKind::kHeader;
  std::string_view name;         // of the field, cookie, header, element; JSON: of the member; a segment has none
  std::string_view text;         // what it means: decoded
  bool in_head = true;           // else in the content
  std::size_t begin = 0;         // the bytes that stand for it, in head or content
  std::size_t end = 0;           // begin == end: they is not known, because they are written with escapes
  Coding coding;                 // how another text is written there
  std::size_t number = 0;        // of a segment, or of an element among those of its name; from 1
  std::string_view path_before;  // of a segment: "/orders" for the 17 of /orders/17
  std::string_view parent;       // JSON: the name of the object it is in
  const Value* whole = nullptr;  // what it is a part of: the URL in a header or in JSON
  const std::vector<JsonStep>* path = nullptr;

  // Names the location for people, and for finding it again in another message of the kind: "path segment 2",
  // "header Location query cursor", "cookie sid", "$.items[3].id", "form csrf", "html csrf", "html csrf 2" of
  // the page's second form, "body".
  [[nodiscard]] std::string location() const;
};

// Whether it takes the place of an earlier one at the same location of a response: of several Set-Cookie of one name
// the last wins (RFC 6265 §5.3); of other fields, elements and members of one name the first counts.
[[nodiscard]] bool replaces_earlier(const Value& value);

class ValueSink {
 public:
  virtual ~ValueSink() = default;
  virtual void on_value(const Value& value) = 0;
};

// `head` as stored, `content` without transfer and content coding (content_of). What says nothing about a session
// (Host, Accept, Date…) is passed over, and so is a Set-Cookie that ends a cookie.
void for_each_request_value(std::string_view head, std::string_view content, ValueSink& sink);
void for_each_response_value(std::string_view head, std::string_view content, ValueSink& sink);

// A header whose value is the time of a change, or may be (RFC 9110 §8.8.2, §13.1.3 to §13.1.5). A request repeats what
// a response said.
[[nodiscard]] bool is_modification_time(std::string_view header);

// A header that tells of the message, the program or the moment, never of a session: Host, Accept, Date, Expires…
[[nodiscard]] bool says_nothing_of_session(std::string_view header);

// Each field of a head, with its trimmed value, which is a part of `head`. One that is folded (RFC 9112 §5.2) is passed
// over.
void for_each_header(std::string_view head,
                     const std::function<void(std::string_view name, std::string_view value)>& visit);

// The value of a header as it stands there; empty when there is none or it is folded.
[[nodiscard]] std::string_view header_of(std::string_view head, std::string_view name);

// "GET /a?b HTTP/1.1" → "/a", without authority, query and trailing slash.
[[nodiscard]] std::string_view path_of(std::string_view target);

// Longer contents are not looked at.
constexpr std::size_t kMaxContentBytes = std::size_t{1} << 20;

// What a body means: `wire` itself when nothing codes it, else decoded into `buffer`. Error: it cannot be decoded, or
// is longer than kMaxContentBytes.
[[nodiscard]] Result<std::string_view> content_of(std::string_view head, std::string_view wire, bool is_request,
                                                  std::string& buffer);

// Bytes of a message that become others.
struct Replacement {
  bool in_head = true;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string bytes;
};

// `text` (head or content) with those replacements that belong to it; they come by `begin`.
[[nodiscard]] std::string spliced(std::string_view text, const std::vector<Replacement>& replacements, bool in_head);

struct Message {
  std::string head;
  std::string body;  // as on the wire
};

// The request with its replacements (in any order, not overlapping); its body is coded again as its head says, and
// Content-Length follows. Everything else stays byte for byte. Error: a body that cannot be coded.
[[nodiscard]] Result<Message> with_replacements(std::string_view head, std::string_view wire_body,
                                                std::string_view content, std::vector<Replacement> replacements);

}  // namespace tracerec::replay
