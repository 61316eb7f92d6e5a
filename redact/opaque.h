// Bytes that are not HTTP/1 as far as anybody can tell: what the parser refused, and what came after it.
#pragma once

#include <cstddef>
#include <string_view>

#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// Where a stream of lines stood when it was cut.
struct LinesState {
  bool at_line_start = true;
  bool in_secret = false;    // the field that the last line belongs to is a secret one
  bool hides_body = false;   // a body that cannot be searched comes after the next empty line
  bool is_withheld = false;  // nothing more of the stream is to be stored
};

// The next bytes of such a stream. Lines that are field lines of a secret are treated as such, any line as if it held a
// URL, or were a form. Bytes that were cut inside a line may come in two calls. Gives how many bytes may be stored,
// from the first on; the others, and the rest of the stream, may hold secrets that cannot be found: JSON whose end
// nobody knows, a body with a content coding, parts of a multipart body.
[[nodiscard]] std::size_t redact_lines(Bytes bytes, const RedactionRules& rules, Replacer& replacer, LinesState& state);

// How much of gathered bytes may be given to redact_lines() so that no line is cut, or all when they are one line.
[[nodiscard]] std::size_t whole_lines(std::string_view bytes);

}  // namespace tracerec::redact
