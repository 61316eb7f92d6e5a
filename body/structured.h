// Bodies with a structure that is not JSON, read as JSON, so that paths, alignment, noise, shapes and rules are the
// same for all of them. docs/diff.md says what each form becomes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tracerec::body {

// What a Content-Type says.
struct MediaType {
  std::string type;      // "text/html", lower case
  std::string charset;   // lower case, may be empty
  std::string boundary;  // of multipart bodies, as written
};
[[nodiscard]] MediaType parse_media_type(std::string_view content_type);

// RFC 6839 §3.1 for +json.
[[nodiscard]] bool is_json_type(std::string_view type);

// `text` as UTF-8, when the charset is one of ISO-8859-1, Windows-1252 and UTF-16, or a byte order mark says UTF-16;
// otherwise as it is.
[[nodiscard]] std::string to_utf8(std::string_view text, std::string_view charset);

// The body as JSON text when it is NDJSON (also without its label), server-sent events, a form, multipart, XML, HTML or
// protobuf. `name` is what it was read as. Nothing when it is none of these, or does not keep to its form.
struct Structured {
  std::string json;
  std::string_view name;
};
[[nodiscard]] std::optional<Structured> read_structured(const MediaType& type, std::string_view content);

// Whether the label promises one of these forms.
[[nodiscard]] bool promises_structure(const MediaType& type);

// A name or value of a form as it is meant: "a%20b+c" is "a b c". Broken escapes stay as they are.
[[nodiscard]] std::string form_decoded(std::string_view text);

// `text` as a JSON string, quotes included; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& json, std::string_view text);

// XML (XML 1.0 without DTDs) and HTML, the latter as forgiving as it is written. An element is its text, when it has
// nothing else; otherwise an object of "@attribute", "#text" and, by name, arrays of child elements. Nothing when it is
// nested more than kMaxMarkupDepth deep, or XML that is not well-formed.
[[nodiscard]] std::optional<std::string> markup_as_json(std::string_view text, bool html);
constexpr std::size_t kMaxMarkupDepth = 200;

// Protobuf without its schema: an object of field numbers, each an array. Length-delimited fields are read as text, as
// a message or as bytes, the first that fits. Nothing when it is none.
[[nodiscard]] std::optional<std::string> protobuf_as_json(std::string_view bytes);

}  // namespace tracerec::body
