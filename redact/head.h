// Field lines of heads and trailers. In place, line by line; any line
// end that somebody takes for one counts (CRLF, LF, a lone CR), and a folded value belongs to its field.
#pragma once

#include <string_view>
#include <vector>

#include "redact/replacer.h"
#include "redact/rules.h"

namespace tracerec::redact {

// What a head says about its body, as far as the rules asked for it. Views into the head.
struct BodyFields {
  std::string_view content_type;
  std::vector<std::string_view> other_types{};  // of further Content-Type lines: readers differ in which one counts
  bool content_coded = false;
  bool chunked = false;
  bool other_transfer_coding = false;
};

// The query fields that rules name, of a URL or of a line that has one. Of a target without a query nothing is
// searched.
void redact_query(Bytes url, const RedactionRules& rules, Replacer& replacer);

// A start line and fields, or without `has_start_line` fields alone (trailers).
void redact_head(Bytes head, bool has_start_line, const RedactionRules& rules, Replacer& replacer, BodyFields& fields);

struct FieldContext {
  const RedactionRules& rules;
  Replacer& replacer;
  BodyFields& fields;
};

// One value, white space around it allowed, by what its field is.
void redact_field(FieldKind kind, Bytes value, const FieldContext& context);

// The kind of the field whose line this is, nullptr for one that nobody asked for; `colon` is from the line's start.
// A name with bytes that HTTP forbids in one (RFC 9110 §5.1) is taken for what it is without them, or with `-` in their
// place, as lenient servers do.
[[nodiscard]] const FieldKind* find_kind(const FieldNames& names, std::string_view line, std::size_t& colon);

}  // namespace tracerec::redact
