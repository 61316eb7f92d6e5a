// JSON text as a flat array of nodes that point into it.
//
// Numbers stay as written (2^63+1, 1.0, 1e400 and -0 keep their digits), members keep their order, and a name that
// occurs twice is there twice. A DOM library gives up at least one of these; docs/diff.md has the figures that led
// here.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "body/json_scanner.h"
#include "body/value.h"

namespace tracerec::body {

struct JsonError {
  JsonFault fault = JsonFault::kSyntax;  // never kNone
  std::size_t offset = 0;                // of the byte that does not fit
};

// One value. The children of a container follow it; those of an object alternate between name and value.
struct JsonNode {
  ValueType type = ValueType::kNull;
  bool unescaped = false;       // text lies in the document's buffer instead of the source
  std::uint32_t raw_begin = 0;  // as written, quotes and brackets included
  std::uint32_t raw_end = 0;
  std::uint32_t text_begin = 0;  // strings only: without quotes, escapes resolved
  std::uint32_t text_end = 0;
  std::uint32_t children = 0;  // elements, or members
  std::uint32_t next = 0;      // the node after this one and everything in it
};

using JsonNodeId = std::uint32_t;

// Of one document: values and names. Each takes 28 bytes, and comparing two documents several times that.
constexpr std::size_t kMaxJsonNodes = 4'000'000;

// Immutable once parsed. Any thread may read it.
class JsonDocument {
 public:
  // `source` is borrowed and must outlive the document. A byte order mark is skipped (RFC 8259 §8.1). Escaped
  // surrogates without their other half are kept as three bytes each. Time and memory are linear; the stack does not
  // grow. A document of more than kMaxJsonNodes is kTooLarge.
  [[nodiscard]] static boost::system::result<JsonDocument, JsonError> parse(std::string_view source);

  [[nodiscard]] static constexpr JsonNodeId root() { return 0; }
  [[nodiscard]] const JsonNode& node(JsonNodeId id) const { return nodes_[id]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  [[nodiscard]] std::string_view raw(JsonNodeId id) const {
    const JsonNode& at = nodes_[id];
    return source_.substr(at.raw_begin, at.raw_end - at.raw_begin);
  }

  // What a string means; for everything else what is written.
  [[nodiscard]] std::string_view text(JsonNodeId id) const {
    const JsonNode& at = nodes_[id];
    if (at.type != ValueType::kString) return raw(id);
    const std::string_view from = at.unescaped ? std::string_view(unescaped_) : source_;
    return from.substr(at.text_begin, at.text_end - at.text_begin);
  }

  [[nodiscard]] Value value(JsonNodeId id) const { return {nodes_[id].type, text(id), raw(id)}; }

 private:
  friend class JsonNodeBuilder;
  std::string_view source_;
  std::vector<JsonNode> nodes_;
  std::string unescaped_;
};

// Needed by boost::system::result; calling value() on an error is a bug of the caller.
[[noreturn]] void throw_exception_from_error(const JsonError& error, const boost::source_location& where);

// Appends `text` as it is when it is an object or an array, everything else as a string.
void append_json_or_string(std::string& json, std::string_view text);

}  // namespace tracerec::body
