// Field lines: heads, trailers, and what looks like them in bytes that are not HTTP. In place, line by line; any line
// end that somebody takes for one counts (CRLF, LF, a lone CR), and a folded value belongs to its field.
#pragma once

#include <string_view>

#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// What a head says about its body, as far as the rules asked for it. Views into the head.
struct BodyFields {
  std::string_view content_type;
  bool content_coded = false;
  bool chunked = false;
  bool other_transfer_coding = false;
};

// The query fields that rules name, of a URL or of a line that has one. Of a target without a query nothing is
// searched.
void redact_query(Bytes url, const RedactionRules& rules, Replacer& replacer);

// A start line and fields, or without `has_start_line` fields alone (trailers).
void redact_head(Bytes head, bool has_start_line, const RedactionRules& rules, Replacer& replacer, BodyFields& fields);

// Where a stream of lines stood when it was cut.
struct LinesState {
  bool at_line_start = true;
  bool in_secret = false;  // the field that the last line belongs to is a secret one
};

// The next bytes of a stream that is not HTTP, as far as anybody can tell. Lines that are field lines of a secret are
// treated as such, and with query rules every line as if it held a URL. Bytes that were cut inside a line may come in
// two calls.
void redact_lines(Bytes bytes, const RedactionRules& rules, Replacer& replacer, LinesState& state);

// How much of gathered bytes may be given to redact_lines() so that no line is cut, or all when they are one line.
[[nodiscard]] std::size_t whole_lines(std::string_view bytes);

}  // namespace tracerec::redact
